import Storage

/// The connections that this node dials.
extension PeerLinks {
    /// Keeps connections to these, and ends others.
    func dial(_ dials: [Dial], at now: Instant) {
        for link in dialled where !dials.contains(link.dial) {
            drop(link)
            outgoing[link.name] = nil
        }
        for dial in dials where outgoing[OutgoingLink.Name(address: dial.address)] == nil {
            keep(OutgoingLink(dial, limits, at: now))
        }
    }

    private func keep(_ link: OutgoingLink) { outgoing[link.name] = link }

    /// Ends all connections that this node dialled; ``dial(_:at:)`` follows.
    func endOutgoing() {
        for link in dialled { drop(link) }
        outgoing.removeAll()
    }

    /// Sends over what was dialled; without a welcome there what is sent is lost.
    func send(_ line: [UInt8], _ entries: [[UInt8]], to address: String) {
        let link = outgoing[OutgoingLink.Name(address: address)]
        guard case .ready(let connection) = link?.state else { return }
        markDirty(connection)
        connection.output.append(contentsOf: line)
        for entry in entries { connection.output.append(contentsOf: entry) }
    }

    /// Sends over a connection of its own, which is dialled when it is needed.
    ///
    /// Until it is welcome there the newest message waits: a transfer has one on its way then. While
    /// a whole window goes out, the next is dropped: it is one that was asked for again too soon.
    func sendBulk(
        _ line: [UInt8],
        _ entries: [[UInt8]],
        to address: String,
        at now: Instant
    ) {
        guard let main = outgoing[OutgoingLink.Name(address: address)] else { return }
        let name = OutgoingLink.Name(address: address, isBulk: true)
        let link = outgoing[name] ?? OutgoingLink(main.dial, isBulk: true, limits, at: now)
        outgoing[name] = link
        link.idleAt = now + limits.bulkIdle
        if case .ready(let connection) = link.state, connection.pendingBytes >= limits.bulkBytes {
            return
        }
        link.held = entries.reduce(into: line) { $0 += $1 }
        sendHeld(link)
    }

    private func sendHeld(_ link: OutgoingLink) {
        guard case .ready(let connection) = link.state, !link.held.isEmpty else { return }
        markDirty(connection)
        connection.output.append(contentsOf: link.held)
        link.held = []
    }

    func timer(_ link: OutgoingLink, at now: Instant) {
        if let idleAt = link.idleAt, idleAt <= now {
            drop(link)
            outgoing[link.name] = nil
            return
        }
        guard let deadline = link.deadline, deadline <= now else { return }
        switch link.state {
        case .shaking(let connection, _):
            guard connection.sentBytes > 0 else {
                return fail(link, "no connection", at: now, limits.firstPause)
            }
            fail(link, "no welcome", at: now)
        case .waiting:
            // Only names are looked up elsewhere: it may take long.
            if let target = Address(link.dial.address)?.numeric {
                connect(link, to: target, at: now)
            } else {
                link.state = .resolving
                resolve(link.dial.address)
            }
        case .ready(let connection): check(link, connection, at: now)
        case .resolving: break
        }
    }

    /// Dials anew if what was sent is no longer acknowledged.
    private func check(_ link: OutgoingLink, _ connection: Connection, at now: Instant) {
        let waiting = connection.unacknowledgedBytes
        let isStalled = link.watch.check(
            acknowledged: connection.sentBytes + connection.pendingBytes - waiting,
            isWaiting: waiting > 0,
            at: now
        )
        if isStalled {
            fail(link, "nothing that is sent is acknowledged", at: now, limits.firstPause)
        }
    }

    /// A name was looked up.
    func resolved(_ address: String, _ found: [SocketAddress], at now: Instant) {
        // Asked for by a link that was dropped meanwhile, the answer is as good for the next one.
        for link in dialled where link.dial.address == address {
            if case .resolving = link.state { resolved(link, found, at: now) }
        }
    }

    private func resolved(_ link: OutgoingLink, _ found: [SocketAddress], at now: Instant) {
        guard !found.isEmpty else {
            return fail(link, "the name is not known, or too many are looked up", at: now)
        }
        // A name may have an address where nobody listens: each attempt takes the next one.
        connect(link, to: found[link.failures % found.count], at: now)
    }

    private func connect(_ link: OutgoingLink, to target: SocketAddress, at now: Instant) {
        do throws(SocketError) {
            let connection = Connection(
                try Socket.connecting(to: target),
                key: nextKey(),
                on: loop,
                at: now,
                isConnecting: true,
                highWaterBytes: .max
            )
            connection.giveUp(after: limits.silence)
            link.state = .shaking(connection, until: now + limits.connecting)
            link.reader = PeerReader(allowance: .small)
            link.watch.begin(at: now)
            outgoingKeys[connection.key] = link.name
        } catch {
            fail(link, "\(error)", at: now)
        }
    }

    func handle(_ link: OutgoingLink, _ ready: Readiness, at now: Instant) {
        guard let connection = link.connection else { return }
        if ready.interest.contains(.write) {
            do throws(SocketError) { try goOn(link, connection, at: now) } catch {
                return fail(link, "\(error)", at: now)
            }
        }
        guard ready.interest.contains(.read) else { return }
        switch connection.receive(into: &scratch, at: now, { link.reader.receive($0) }) {
        case .open: readWelcome(link, connection, at: now)
        case .ended: fail(link, "the other side ended the connection", at: now)
        case .failed(let error): fail(link, "\(error)", at: now)
        }
    }

    /// Says hello once connected, and sends what could not be sent before.
    private func goOn(
        _ link: OutgoingLink,
        _ connection: Connection,
        at now: Instant
    ) throws(SocketError) {
        if case .shaking = link.state {
            try connection.finishConnecting()
            if connection.sentBytes == 0, connection.pendingBytes == 0 {
                connection.output.append(contentsOf: PeerMessage.hello(link.hello).line)
                link.state = .shaking(connection, until: now + limits.handshake)
            }
        }
        if case .failed(let error) = connection.flush() { throw error }
    }

    /// Over what it dialled a node hears only whether it is welcome.
    private func readWelcome(_ link: OutgoingLink, _ connection: Connection, at now: Instant) {
        do throws(LineError) {
            while let item = try link.reader.next() {
                switch (item.message, link.state) {
                case (.welcome(let hello), .shaking):
                    link.state = .ready(connection)
                    link.failures = 0
                    link.lastReason = nil
                    if link.isBulk {
                        sendHeld(link)
                    } else {
                        events.append(.linked(address: link.dial.address, hello))
                    }
                case (.refused(let refusal), .shaking):
                    return fail(link, "refused: \(refusal)", .warning, at: now, limits.refusedPause)
                case (.ping(let number), .ready): answer(number, over: connection)
                default: return fail(link, "an unexpected answer", .warning, at: now)
                }
            }
        } catch {
            fail(link, "\(error)", .warning, at: now)
        }
    }

    /// Says that this node is still there; who asks without end and reads nothing is not answered.
    private func answer(_ number: UInt64, over connection: Connection) {
        guard connection.pendingBytes < 1 << 20 else { return }
        markDirty(connection)
        connection.output.append(contentsOf: PeerMessage.pong(number).line)
    }

    /// Ends a connection that this node dialled, and dials again in a while.
    func fail(
        _ link: OutgoingLink,
        _ reason: String,
        _ level: LogLevel = .info,
        at now: Instant,
        _ pause: Duration? = nil
    ) {
        let isNews = reason != link.lastReason
        messages.append((isNews ? level : .debug, "connection to \(link.dial.address): \(reason)"))
        link.lastReason = reason
        drop(link)
        let doubled = limits.firstPause * (1 << min(link.failures, 16))
        link.state = .waiting(until: now + (pause ?? min(doubled, limits.longestPause)))
        link.failures += 1
    }

    private func drop(_ link: OutgoingLink) {
        if let connection = link.connection {
            outgoingKeys[connection.key] = nil
            connection.close()
        }
        guard case .ready = link.state, !link.isBulk else { return }
        events.append(.unlinked(address: link.dial.address))
    }
}
