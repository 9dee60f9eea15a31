import Storage

/// The snapshots that a leader sends, one piece in flight to each member.
///
/// All of it goes when the node leads no more.
struct SnapshotsSent: Sendable {
    /// Where a transfer is.
    enum Phase: Hashable, Sendable {
        /// Waits for a snapshot to be written.
        case unwritten
        /// The next piece is being read.
        case reading
        /// A piece was sent; without an answer it is sent again then.
        case sent(again: Instant)
        /// It failed; the core is told then, which may order another.
        case failed(until: Instant)
    }

    /// A transfer to one member.
    struct Transfer: Hashable, Sendable {
        var phase = Phase.unwritten
        /// Which snapshot; a newer one does not take its place.
        var position = LogPosition.zero
        /// Its length.
        var whole = 0
        /// Where the piece under way begins.
        var offset = 0
        /// How often the piece was sent since the member was last heard.
        var tries = 0
        /// How many bytes of entries this node had applied when the transfer began.
        var start: UInt64 = 0
    }

    /// A member that has its snapshot, and needs the log behind it.
    struct Follower: Hashable, Sendable {
        /// Where it began, and the last entry of the log at that moment.
        var from: LogIndex
        var end: LogIndex
        /// The length of the snapshot, and ``Transfer/start``.
        var whole: Int
        var start: UInt64
    }

    /// How long an answer is waited for, and how often.
    static let patience = Duration.seconds(1)
    static let tries = 10
    /// How long after a failure the core is told: the next try would likely fail the same way.
    static let pause = Duration.seconds(5)

    var transfers: [NodeIdentity: Transfer] = [:]
    /// Who replays the log behind a snapshot.
    ///
    /// Without that log, one that takes longer than the next snapshot is sent the next one, and so
    /// on for as long as there is load.
    var followers: [NodeIdentity: Follower] = [:]

    /// The snapshots that must stay until they are sent, oldest first.
    var positions: [LogPosition] {
        Set(transfers.values.map(\.position)).subtracting([.zero]).sorted()
    }

    /// To whom something is due, in a fixed order.
    func due(at now: Instant) -> [NodeIdentity] {
        transfers.keys.sorted().filter { deadline(of: $0).map { $0 <= now } ?? false }
    }

    /// When the next transfer needs the timer.
    var nextDeadline: Instant? { transfers.keys.compactMap { deadline(of: $0) }.min() }

    private func deadline(of peer: NodeIdentity) -> Instant? {
        switch transfers[peer]?.phase {
        case .sent(let again): again
        case .failed(let until): until
        case .unwritten, .reading, nil: nil
        }
    }
}
