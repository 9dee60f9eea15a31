import Storage

/// A connection that this node dials, again and again.
final class OutgoingLink {
    /// Whom it leads to, and what for: to one address there are up to two.
    struct Name: Hashable, Comparable {
        var address: String
        /// Whether it is for snapshots alone.
        var isBulk = false

        static func < (left: Name, right: Name) -> Bool {
            left.address == right.address
                ? !left.isBulk && right.isBulk : left.address < right.address
        }
    }

    enum State {
        /// Is dialled when the time has come.
        case waiting(until: Instant)
        /// The name is being looked up on another thread.
        case resolving
        /// Connects, or has said hello and hears no welcome yet.
        case shaking(Connection, until: Instant)
        /// The other side said welcome.
        case ready(Connection)
    }

    let dial: Dial
    let isBulk: Bool
    var state: State
    var reader = PeerReader(allowance: .small)
    /// Whether what is sent is acknowledged.
    var watch: LinkWatch
    /// Attempts in a row that led to no welcome.
    var failures = 0
    /// Why the last one failed; said once, not at every attempt.
    var lastReason: String?
    /// What one for snapshots has to say first: the newest message that came before a welcome.
    var held: [UInt8] = []
    /// When one for snapshots is not needed any more, if nothing is sent until then.
    var idleAt: Instant?

    init(_ dial: Dial, isBulk: Bool = false, _ limits: PeerLimits, at now: Instant) {
        self.dial = dial
        self.isBulk = isBulk
        watch = LinkWatch(first: limits.stall, longest: limits.silence, at: now)
        state = .waiting(until: now)
    }

    var name: Name { Name(address: dial.address, isBulk: isBulk) }

    /// What is said first.
    var hello: Hello {
        var hello = dial.hello
        hello.isBulk = isBulk
        return hello
    }

    var connection: Connection? {
        switch state {
        case .waiting, .resolving: nil
        case .shaking(let connection, _), .ready(let connection): connection
        }
    }

    /// When ``PeerLinks/timer(at:)`` has something to do here.
    var deadline: Instant? {
        let next: Instant?
        switch state {
        case .waiting(let until), .shaking(_, let until): next = until
        case .ready: next = watch.nextCheck
        case .resolving: next = nil
        }
        return [next, idleAt].compactMap(\.self).min()
    }
}
