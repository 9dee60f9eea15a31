import Storage

/// Notices that what is sent over a connection is no longer acknowledged by the other machine.
///
/// The system would go on by itself, with ever longer pauses between its attempts: a path that works
/// again is then not noticed for seconds. A new connection is acknowledged within a round trip.
///
/// A slow connection is not stalled as long as some bytes are acknowledged within the patience, and
/// an idle one never is. The patience doubles with each stall, so that a path which loses everything
/// again and again costs little, and is back at its first value once a connection has lasted.
struct LinkWatch: Sendable {
    /// The patience with a connection that is the first to stall.
    private let first: Duration
    /// The longest patience.
    private let longest: Duration
    private var patience: Duration
    /// How many bytes were acknowledged at the last check.
    private var acknowledged = 0
    /// The last time at which the connection was seen to move, or had nothing to do.
    private var movedAt: Instant
    private var beganAt: Instant
    /// The time of the next ``check(acknowledged:isWaiting:at:)``; nil while nothing was sent.
    private(set) var nextCheck: Instant?

    init(first: Duration, longest: Duration, at now: Instant) {
        self.first = first
        self.longest = max(first, longest)
        patience = first
        movedAt = now
        beganAt = now
    }

    /// A new connection: nothing was sent over it.
    mutating func begin(at now: Instant) {
        acknowledged = 0
        nextCheck = nil
        movedAt = now
        beganAt = now
    }

    /// Something was sent.
    mutating func sent(at now: Instant) {
        guard nextCheck == nil else { return }
        movedAt = now
        nextCheck = now + interval
    }

    /// Looks whether the connection moves.
    ///
    /// - Parameters:
    ///   - acknowledged: How many bytes were acknowledged in all.
    ///   - isWaiting: Whether some bytes were not acknowledged yet.
    ///   - now: The time.
    /// - Returns: Whether the connection is to be given up.
    mutating func check(acknowledged: Int, isWaiting: Bool, at now: Instant) -> Bool {
        if acknowledged > self.acknowledged { movedAt = now }
        self.acknowledged = acknowledged
        guard isWaiting else {
            nextCheck = nil
            return false
        }
        guard now - movedAt >= patience else {
            nextCheck = now + interval
            return false
        }
        let hasLasted = movedAt - beganAt >= longest * 2
        patience = min(hasLasted ? first * 2 : patience * 2, longest)
        nextCheck = nil
        return true
    }

    private var interval: Duration { patience / 4 }
}
