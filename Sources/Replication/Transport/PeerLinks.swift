import Storage

/// The connections to and from other nodes, on the loop's thread.
///
/// Each node dials each other one and speaks over what it dialled; answers come over what the other
/// side dialled. It decides nothing: what arrives becomes events.
final class PeerLinks {
    /// What happened, for the node.
    var events: [LinkEvent] = []
    /// What an operator may want to know.
    var messages: [(LogLevel, String)] = []

    let loop: EventLoop
    let limits: PeerLimits
    let nextKey: () -> PollKey
    /// Looks a name up on another thread, and comes back with ``resolved(_:_:at:)``.
    let resolve: (String) -> Void
    var outgoing: [OutgoingLink.Name: OutgoingLink] = [:]
    /// The names of those that have a connection.
    var outgoingKeys: [PollKey: OutgoingLink.Name] = [:]
    var incoming: [PollKey: IncomingLink] = [:]
    /// Who speaks in whose name, and who wants to.
    var speakers: [IncomingLink.Speaker: PollKey] = [:]
    var contests: [IncomingLink.Speaker: Contest] = [:]
    var lastPing: UInt64 = 0
    var scratch = [UInt8](repeating: 0, count: 256 << 10)
    /// For what strangers send.
    var smallScratch = [UInt8](repeating: 0, count: 8 << 10)
    private var repeated = RepeatedLines()
    private let acceptor: Acceptor
    /// What has output and is not known to be blocked.
    private var dirty: [Connection] = []

    init(
        _ listener: consuming Listener,
        on loop: EventLoop,
        limits: PeerLimits = PeerLimits(),
        nextKey: @escaping () -> PollKey,
        resolve: @escaping (String) -> Void
    ) {
        self.loop = loop
        self.limits = limits
        self.nextKey = nextKey
        self.resolve = resolve
        acceptor = Acceptor(listener, key: nextKey(), on: loop)
    }

    /// The dialled links, in an order that does not differ from run to run.
    var dialled: [OutgoingLink] {
        outgoing.values.sorted { $0.name < $1.name }
    }

    /// Takes connections from now on.
    func begin() { acceptor.begin() }

    /// Carries on with a socket that is ready; false if it is none of these.
    func handle(_ ready: Readiness, at now: Instant) -> Bool {
        if ready.key == acceptor.key {
            acceptor.accept(at: now) { socket in take(socket, at: now) }
        } else if let name = outgoingKeys[ready.key], let link = outgoing[name] {
            handle(link, ready, at: now)
        } else if let link = incoming[ready.key] {
            handle(link, ready, at: now)
        } else {
            return false
        }
        return true
    }

    /// Has a connection sent at the end of the turn; call before output is appended.
    ///
    /// One that has output already is either in the list, or blocked and waits for the poller; one
    /// that has too much comes into the list to be cut off.
    func markDirty(_ connection: Connection) {
        let pending = connection.pendingBytes
        if pending == 0 || pending > limits.pendingBytes { dirty.append(connection) }
    }

    /// Sends what gathered in this turn, with one call for each connection.
    func flush(at now: Instant) {
        for connection in dirty where !connection.isClosed {
            if let name = outgoingKeys[connection.key] { outgoing[name]?.watch.sent(at: now) }
            if case .failed(let error) = connection.flush() {
                end(connection.key, "\(error)", at: now)
            } else if connection.pendingBytes > limits.pendingBytes {
                end(connection.key, "it takes less than it is sent", at: now)
            }
        }
        dirty.removeAll(keepingCapacity: true)
    }

    /// Dials whom it is time to dial, and gives up what is late.
    func timer(at now: Instant) {
        acceptor.resume(at: now)
        for link in dialled { timer(link, at: now) }
        settleContests(at: now)
        let late = incoming.values.filter { $0.deadline.map { $0 <= now } ?? false }
        for link in late.sorted(by: { $0.link.value < $1.link.value }) { end(link) }
    }

    /// When ``timer(at:)`` wants to be called next.
    var nextDeadline: Instant? {
        let dials = outgoing.values.compactMap(\.deadline).min()
        let handshakes = incoming.values.compactMap(\.deadline).min()
        let probes = contests.values.map(\.until).min()
        return [dials, handshakes, probes, acceptor.resumesAt].compactMap(\.self).min()
    }

    /// Tells an operator what anybody can bring about: one line a minute of each kind.
    func say(_ level: LogLevel, _ text: String, kind: StaticString, at now: Instant) {
        guard let line = repeated.line(text, kind: kind, at: now) else { return }
        messages.append((level, line))
    }

    /// Closes everything.
    func stop() {
        acceptor.stop()
        for link in outgoing.values { link.connection?.close() }
        for link in incoming.values { link.connection.close() }
        outgoing.removeAll()
        outgoingKeys.removeAll()
        incoming.removeAll()
        speakers.removeAll()
        contests.removeAll()
        dirty.removeAll()
    }

    private func end(_ key: PollKey, _ reason: String, at now: Instant) {
        if let name = outgoingKeys[key], let link = outgoing[name] {
            fail(link, reason, at: now)
        } else if let link = incoming[key] {
            end(link)
        }
    }
}
