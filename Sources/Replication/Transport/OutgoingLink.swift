import Storage

/// A connection that this node dials, again and again.
final class OutgoingLink {
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
    var state: State
    var reader = PeerReader()
    /// Attempts in a row that led to no welcome.
    var failures = 0
    /// Why the last one failed; said once, not at every attempt.
    var lastReason: String?

    init(_ dial: Dial, at now: Instant) {
        self.dial = dial
        state = .waiting(until: now)
    }

    var connection: Connection? {
        switch state {
        case .waiting, .resolving: nil
        case .shaking(let connection, _), .ready(let connection): connection
        }
    }

    /// When ``PeerLinks/timer(at:)`` has something to do here.
    var deadline: Instant? {
        switch state {
        case .waiting(let until), .shaking(_, let until): until
        case .resolving, .ready: nil
        }
    }
}
