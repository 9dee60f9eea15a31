package import Storage

/// What a leader knows of one other member, and how it sends to it (Raft §5.3).
///
/// Invariant: `match < next` and `first <= next`, so there always is a position to compare at. In
/// snapshot mode `next` is `first`: heartbeats compare where the leader's log begins.
package struct Progress: Hashable, Sendable {
    /// How entries are sent.
    package enum Mode: Hashable, Sendable {
        /// One append, then none until an answer says where the logs part.
        case probe(isPaused: Bool)
        /// One after the other without waiting, within limits.
        case replicate
        /// None: a snapshot is on its way, for what is missing there has been compacted here.
        case snapshot
    }

    /// Who it is.
    package let identity: NodeIdentity
    /// The last entry that is known to be durable there; goes back only with a new session.
    package internal(set) var match: LogIndex = .zero
    /// The first entry that has not been sent.
    package internal(set) var next: LogIndex
    /// The first entry that can be sent: the leader's log begins with it.
    private var first: LogIndex
    /// How entries are sent.
    package internal(set) var mode: Mode = .probe(isPaused: false)
    /// What is on its way; empty in a probe.
    package internal(set) var inflights = Inflights()
    /// Replies of other sessions say nothing about `match`.
    package internal(set) var session: ReplicationSession
    /// The newest round that it has answered.
    package internal(set) var ackedRound: AppendRound = .zero
    /// The commit index that was last sent to it.
    package internal(set) var toldCommit: LogIndex = .zero

    /// Creates what a new leader knows of a member; its log begins with `first`.
    init(
        identity: NodeIdentity,
        next: LogIndex,
        first: LogIndex,
        session: ReplicationSession
    ) {
        self.identity = identity
        self.next = next
        self.first = first
        self.session = session
    }

    /// Whether entries may be sent now.
    func canSend(_ limits: Consensus.Configuration) -> Bool {
        switch mode {
        case .probe(let isPaused): !isPaused
        case .replicate:
            inflights.count < limits.maximumInflightAppends
                && inflights.bytes < limits.maximumInflightBytes
        case .snapshot: false
        }
    }

    /// Notes that entries were sent.
    mutating func sent(through last: LogIndex, bytes: Int) {
        switch mode {
        case .probe: mode = .probe(isPaused: true)
        case .replicate:
            next = last.next
            inflights.add(last: last, bytes: bytes)
        case .snapshot: return
        }
    }

    /// Takes in that the log there is ours up to `index`; a late answer changes nothing.
    mutating func matched(through index: LogIndex) {
        match = max(match, index)
        guard !lacksFirst else { return }
        next = max(next, match.next)
        inflights.free(through: index)
        mode = .replicate
    }

    /// Takes in that the log there is ours up to `index`, and that nothing more is stored: what is
    /// on its way is lost, and only heartbeats are sent until one of them is answered otherwise.
    mutating func isFull(through index: LogIndex) {
        match = max(match, index)
        if !lacksFirst { probe(from: match.next, isPaused: true) }
    }

    /// Whether entries would be of no use because those before them are missing.
    private var lacksFirst: Bool { mode == .snapshot && match.next < first }

    /// Whether a conflict at `previous` is news, and not the late answer to an old append.
    func isNews(conflictAt previous: LogIndex) -> Bool {
        switch mode {
        case .probe: previous > match && previous == next.previous
        case .replicate: previous > match
        case .snapshot: false
        }
    }

    /// Goes back to sending one append at a time, the first one from `next` on.
    mutating func probe(from next: LogIndex, isPaused: Bool = false) {
        self.next = max(next, match.next, first)
        inflights = Inflights()
        mode = .probe(isPaused: isPaused)
    }

    /// Sends no more entries until a snapshot has brought it to where the log begins.
    mutating func awaitSnapshot() {
        next = first
        inflights = Inflights()
        mode = .snapshot
    }

    /// Takes in that the log now begins with `first`.
    ///
    /// - Returns: Whether entries that were to be sent next are gone.
    mutating func compacted(before first: LogIndex) -> Bool {
        self.first = first
        guard next < first else { return false }
        next = first
        return mode == .replicate
    }

    /// Begins anew: what was durable there may be so no longer.
    mutating func begin(_ session: ReplicationSession) {
        let start = mode == .replicate ? match.next : next
        self.session = session
        match = .zero
        toldCommit = .zero
        probe(from: start)
    }
}
