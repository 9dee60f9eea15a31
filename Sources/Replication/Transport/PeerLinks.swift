import Storage

/// The connections to and from other nodes, on the loop's thread.
///
/// Each node dials each other one and speaks over what it dialled; answers come over what the other
/// side dialled. It decides nothing: what arrives becomes inputs of the node.
final class PeerLinks {
    /// A connection that this node dials.
    private final class Outgoing {
        let dial: Dial
        var connection: Connection?
        var reader = PeerReader()
        /// Whether the other side said welcome.
        var isReady = false
        var didHello = false
        var isResolving = false
        var retryAt: Instant
        var failures = 0
        /// What was said of it last: a node that is down for long is not told of again and again.
        var lastReason: String?
        /// When a welcome that has not come is too late.
        var welcomeDeadline: Instant?

        init(_ dial: Dial, retryAt: Instant) {
            self.dial = dial
            self.retryAt = retryAt
        }
    }

    /// A connection from another node.
    private final class Incoming {
        let link: LinkID
        let connection: Connection
        var reader = PeerReader()
        var didHello = false

        init(_ link: LinkID, _ connection: Connection) {
            self.link = link
            self.connection = connection
        }
    }

    /// What happened, for the node.
    var inputs: [NodeInput] = []
    /// What an operator may want to know.
    var messages: [(LogLevel, String)] = []

    private let loop: EventLoop
    private let acceptor: Acceptor
    private let nextKey: () -> PollKey
    /// Looks a name up on another thread, and comes back with ``resolved(_:_:at:)``.
    private let resolve: (String) -> Void
    private var outgoing: [String: Outgoing] = [:]
    private var outgoingKeys: [PollKey: String] = [:]
    private var incoming: [PollKey: Incoming] = [:]
    private var keyOf: [LinkID: PollKey] = [:]
    private var scratch = [UInt8](repeating: 0, count: 256 << 10)
    private var dirty: [Connection] = []

    /// A peer that takes less than it is sent is cut off at this: the core sends it again.
    private static let maximumPendingBytes = 64 << 20
    private static let handshakeTimeout = Duration.seconds(2)

    init(
        _ listener: consuming Listener,
        on loop: EventLoop,
        nextKey: @escaping () -> PollKey,
        resolve: @escaping (String) -> Void
    ) {
        self.loop = loop
        self.nextKey = nextKey
        self.resolve = resolve
        acceptor = Acceptor(listener, key: nextKey(), on: loop)
    }

    /// Keeps connections to these, and ends others.
    func dial(_ dials: [Dial], at now: Instant) {
        for (address, link) in outgoing where !dials.contains(link.dial) {
            drop(link)
            outgoing[address] = nil
        }
        for dial in dials where outgoing[dial.address] == nil {
            outgoing[dial.address] = Outgoing(dial, retryAt: now)
        }
    }

    /// Ends all connections that this node dialled; ``dial(_:at:)`` follows.
    func endOutgoing() {
        for link in outgoing.values { drop(link) }
        outgoing.removeAll()
    }

    func send(_ line: [UInt8], _ entries: [[UInt8]], to address: String) {
        guard let link = outgoing[address], link.isReady, let connection = link.connection else {
            return
        }
        if connection.pendingBytes == 0 { dirty.append(connection) }
        connection.output.append(contentsOf: line)
        for entry in entries { connection.output.append(contentsOf: entry) }
    }

    func answer(_ link: LinkID, _ message: PeerMessage, thenEnd: Bool) {
        guard let key = keyOf[link], let peer = incoming[key] else { return }
        peer.connection.output.append(contentsOf: message.line)
        if thenEnd {
            peer.connection.finish()
        } else {
            dirty.append(peer.connection)
        }
    }

    /// Carries on with a socket that is ready; false if it is none of these.
    func handle(_ ready: Readiness, at now: Instant) -> Bool {
        if ready.key == acceptor.key {
            accept(at: now)
        } else if let address = outgoingKeys[ready.key], let link = outgoing[address] {
            handle(link, ready, at: now)
        } else if let peer = incoming[ready.key] {
            handle(peer, ready, at: now)
        } else {
            return false
        }
        return true
    }

    /// Sends what gathered in this turn, with one call for each connection.
    func flush(at now: Instant) {
        for connection in dirty where !connection.isClosed {
            if case .failed = connection.flush() { end(connection.key, at: now) }
            if connection.pendingBytes > Self.maximumPendingBytes { end(connection.key, at: now) }
        }
        dirty.removeAll(keepingCapacity: true)
    }

    /// Dials whom it is time to dial; gives when it wants to be called next.
    func timer(at now: Instant) -> Instant? {
        acceptor.resume(at: now)
        var next = acceptor.resumesAt
        for link in outgoing.values {
            if let late = link.welcomeDeadline, late <= now { fail(link, "no answer", at: now) }
            if link.connection == nil, !link.isResolving, link.retryAt <= now {
                link.isResolving = true
                resolve(link.dial.address)
            }
            let due =
                link.isResolving
                ? nil : link.connection == nil ? link.retryAt : link.welcomeDeadline
            if let due { next = min(next ?? due, due) }
        }
        return next
    }

    /// A name was looked up.
    func resolved(_ address: String, _ found: [SocketAddress], at now: Instant) {
        guard let link = outgoing[address], link.isResolving else { return }
        link.isResolving = false
        guard let target = found.first else {
            fail(link, "the name is not known", at: now)
            return
        }
        do throws(SocketError) {
            let key = nextKey()
            let connection = Connection(
                try Socket.connecting(to: target),
                key: key,
                on: loop,
                at: now,
                isConnecting: true,
                highWaterBytes: .max
            )
            link.connection = connection
            link.reader = PeerReader()
            link.welcomeDeadline = now + Self.handshakeTimeout
            outgoingKeys[key] = address
        } catch {
            fail(link, "\(error)", at: now)
        }
    }

    func stop() {
        acceptor.stop()
        for link in outgoing.values { link.connection?.close() }
        for peer in incoming.values { peer.connection.close() }
    }

    private func accept(at now: Instant) {
        acceptor.accept(at: now) { socket in
            let key = nextKey()
            let link = LinkID(key.value)
            let connection = Connection(
                socket,
                key: key,
                on: loop,
                at: now,
                highWaterBytes: .max
            )
            incoming[key] = Incoming(link, connection)
            keyOf[link] = key
        }
    }

    private func handle(_ link: Outgoing, _ ready: Readiness, at now: Instant) {
        guard let connection = link.connection else { return }
        do throws(SocketError) {
            if !link.isReady, ready.interest.contains(.write) {
                try connection.finishConnecting()
                sayHello(link, connection)
            }
        } catch {
            fail(link, "\(error)", at: now)
            return
        }
        if ready.interest.contains(.write), case .failed(let error) = connection.flush() {
            fail(link, "\(error)", at: now)
            return
        }
        guard ready.interest.contains(.read) else { return }
        switch connection.receive(into: &scratch, at: now, { link.reader.receive($0) }) {
        case .open: readWelcome(link, at: now)
        case .ended:
            readWelcome(link, at: now)
            // A refusal has ended the connection already, and says when to dial again.
            guard link.connection === connection else { return }
            fail(link, "the other side ended the connection", at: now)
        case .failed(let error): fail(link, "\(error)", at: now)
        }
    }

    private func sayHello(_ link: Outgoing, _ connection: Connection) {
        guard !link.didHello else { return }
        link.didHello = true
        connection.output.append(contentsOf: PeerMessage.hello(link.dial.hello).line)
    }

    /// Over what it dialled a node hears only whether it is welcome.
    private func readWelcome(_ link: Outgoing, at now: Instant) {
        do throws(LineError) {
            guard let item = try link.reader.next() else { return }
            switch item.message {
            case .welcome(let hello) where !link.isReady:
                link.isReady = true
                link.failures = 0
                link.lastReason = nil
                link.welcomeDeadline = nil
                inputs.append(.linked(address: link.dial.address, hello))
            case .refused(let refusal):
                fail(link, "refused: \(refusal)", .warning, at: now, after: .seconds(1))
            default: fail(link, "an unexpected answer", at: now)
            }
        } catch {
            fail(link, "\(error)", at: now)
        }
    }

    private func handle(_ peer: Incoming, _ ready: Readiness, at now: Instant) {
        if ready.interest.contains(.write), case .failed = peer.connection.flush() {
            end(peer.connection.key, at: now)
            return
        }
        guard ready.interest.contains(.read) else { return }
        switch peer.connection.receive(into: &scratch, at: now, { peer.reader.receive($0) }) {
        case .open: read(peer, at: now)
        case .ended, .failed:
            read(peer, at: now)
            end(peer.connection.key, at: now)
        }
    }

    private func read(_ peer: Incoming, at now: Instant) {
        do throws(LineError) {
            while let item = try peer.reader.next() {
                if peer.didHello {
                    inputs.append(.message(peer.link, item.message, lines: item.lines))
                } else if case .hello(let hello) = item.message {
                    peer.didHello = true
                    inputs.append(.hello(peer.link, hello))
                } else {
                    throw LineError(.expected("a hello first"))
                }
            }
        } catch {
            messages.append((.warning, "a node sent what is no message: \(error)"))
            end(peer.connection.key, at: now)
        }
    }

    private func end(_ key: PollKey, at now: Instant) {
        if let address = outgoingKeys[key], let link = outgoing[address] {
            fail(link, "the connection broke", at: now)
        } else if let peer = incoming.removeValue(forKey: key) {
            keyOf[peer.link] = nil
            peer.connection.close()
            if peer.didHello { inputs.append(.linkEnded(peer.link)) }
        }
    }

    /// Ends a connection that this node dialled, and dials again in a while.
    private func fail(
        _ link: Outgoing,
        _ reason: String,
        _ level: LogLevel = .info,
        at now: Instant,
        after pause: Duration? = nil
    ) {
        let level = reason == link.lastReason ? .debug : level
        messages.append((level, "connection to \(link.dial.address): \(reason)"))
        link.lastReason = reason
        drop(link)
        link.failures += 1
        link.retryAt = now + (pause ?? .milliseconds(min(20 << min(link.failures, 5), 500)))
    }

    private func drop(_ link: Outgoing) {
        if let connection = link.connection {
            outgoingKeys[connection.key] = nil
            connection.close()
        }
        if link.isReady { inputs.append(.unlinked(address: link.dial.address)) }
        link.connection = nil
        link.isReady = false
        link.didHello = false
        link.welcomeDeadline = nil
        link.isResolving = false
    }
}
