import Storage

/// The connections that other nodes dialled.
extension PeerLinks {
    /// Says whether a connection is taken; a refused one ends with that.
    func answer(_ link: LinkID, _ message: PeerMessage, thenEnd: Bool, at now: Instant) {
        guard let peer = incoming[PollKey(link.value)] else { return }
        markDirty(peer.connection)
        peer.connection.output.append(contentsOf: message.line)
        guard thenEnd else { return }
        peer.deadline = now + limits.handshake
        peer.connection.finish()
        release(peer)
    }

    /// Takes messages of any size over a connection from now on, or only small ones.
    func trust(_ link: LinkID, _ isTrusted: Bool) {
        guard let peer = incoming[PollKey(link.value)] else { return }
        peer.isTrusted = isTrusted
        peer.reader.allowance = isTrusted ? .all : .small
    }

    func take(_ socket: consuming Socket, at now: Instant) {
        // Beyond the limit a stranger makes room, so that strangers keep no member out; without one
        // the socket is closed as it goes out of scope.
        if incoming.count >= limits.incoming {
            let strangers = incoming.values.filter { !$0.isTrusted }
            guard let oldest = strangers.min(by: { $0.link.value < $1.link.value }) else { return }
            end(oldest)
        }
        let connection = Connection(
            socket,
            key: nextKey(),
            on: loop,
            at: now,
            highWaterBytes: .max
        )
        connection.giveUp(after: limits.silence)
        incoming[connection.key] = IncomingLink(connection, deadline: now + limits.handshake)
    }

    func handle(_ peer: IncomingLink, _ ready: Readiness, at now: Instant) {
        if ready.interest.contains(.write), case .failed = peer.connection.flush() {
            return end(peer)
        }
        guard ready.interest.contains(.read) else { return }
        switch receive(peer, at: now) {
        case .open: read(peer, at: now)
        case .ended, .failed: end(peer)
        }
    }

    /// Reads once, of a stranger less than of a member.
    private func receive(_ peer: IncomingLink, at now: Instant) -> Connection.Received {
        guard peer.isTrusted else {
            return peer.connection.receive(into: &smallScratch, at: now) { peer.reader.receive($0) }
        }
        return peer.connection.receive(into: &scratch, at: now) { peer.reader.receive($0) }
    }

    private func read(_ peer: IncomingLink, at now: Instant) {
        do throws(LineError) {
            // What stands behind the hello of a second connection waits with it.
            while peer.isAdmitted || peer.hello == nil, let item = try peer.reader.next() {
                try take(item, of: peer, at: now)
            }
        } catch {
            say(.warning, "a node sent what is no message: \(error)", kind: "no message", at: now)
            end(peer)
        }
    }

    private func take(
        _ item: PeerReader.Item,
        of peer: IncomingLink,
        at now: Instant
    ) throws(LineError) {
        if peer.hello != nil {
            if case .pong(let number) = item.message { return answered(peer, number, at: now) }
            events.append(.message(peer.link, item.message, lines: item.lines))
        } else if case .hello(let hello) = item.message {
            greet(peer, hello, at: now)
        } else {
            throw LineError(.expected("a hello first"))
        }
    }

    func end(_ peer: IncomingLink) {
        guard incoming.removeValue(forKey: peer.connection.key) != nil else { return }
        peer.connection.close()
        release(peer)
        if peer.isAdmitted { events.append(.linkEnded(peer.link)) }
    }
}
