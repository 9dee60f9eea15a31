import Storage

/// The snapshots that a leader sends, a window of pieces on its way to each member.
///
/// All of it goes when the node leads no more.
struct SnapshotsSent: Sendable {
    /// Where a transfer is.
    enum Phase: Hashable, Sendable {
        /// Waits for a snapshot to be written.
        case unwritten
        /// Pieces are read and sent; without an answer what is not there is sent again then.
        case sending(again: Instant)
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
        /// What is on its way.
        var window = SnapshotWindow()
        /// Where the piece begins that is being read; one at a time.
        var reading: Int?
        /// How often nothing was answered since the member was last heard.
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

    /// How often an answer to a piece of this length is waited for: it may take its time, and who
    /// is given up begins with another snapshot.
    static func tries(bytes: Int) -> Int { 10 + bytes / (64 << 10) }
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

    /// Has what is put off tried again at once.
    mutating func endPauses(at now: Instant) {
        for peer in transfers.keys {
            guard case .failed = transfers[peer]?.phase else { continue }
            transfers[peer]?.phase = .failed(until: now)
        }
    }

    private func deadline(of peer: NodeIdentity) -> Instant? {
        switch transfers[peer]?.phase {
        // A read ends by itself, and what it brings is waited for from then on.
        case .sending(let again): transfers[peer]?.reading == nil ? again : nil
        case .failed(let until): until
        case .unwritten, nil: nil
        }
    }
}
