/// What a node makes durable, in one order.
public enum JournalRecord: Hashable, Sendable {
    /// An entry: its position, and its sealed line with the line feed, copied verbatim.
    case entry(LogPosition, line: [UInt8])
    /// The node's term and vote from here on: `{"vote":{"term":4,"for":"n2/8f3a"},"crc":"…"}`.
    case vote(Vote)
    /// The log ends after this entry: `{"truncate":{"after":41},"crc":"…"}`.
    case truncate(after: LogIndex)
    /// All up to this entry is known to be committed; no line of its own, the batch's head says it.
    ///
    /// What is committed is never taken away again: a later truncation of it is refused.
    case commit(LogIndex)
    /// The node has acknowledged all up to this entry, and does not hold it: its directory was put
    /// back. No line of its own, the head of a new file says it; see ``RecoveredJournal/lost``.
    case lost(LogPosition)
}

extension JournalRecord {
    /// The entry up to which something is lost, if this record says so.
    var lost: LogPosition? { if case .lost(let position) = self { position } else { nil } }
}

/// Whose journal it is.
public struct JournalIdentity: Hashable, Sendable, CustomStringConvertible {
    /// The cluster's id, or nil while the node is blank.
    public var cluster: String?
    /// The node and the incarnation of its directory.
    public var node: NodeIdentity

    /// Creates an identity.
    public init(cluster: String? = nil, node: NodeIdentity) {
        self.cluster = cluster
        self.node = node
    }

    /// The node, and the cluster if it has one.
    public var description: String { cluster.map { "\(node) of cluster \($0)" } ?? "\(node)" }
}

/// The sizes of a journal's files.
public struct JournalConfiguration: Hashable, Sendable {
    /// How long a segment may get before the next one begins; 16 MiB.
    ///
    /// A batch is never parted: one that is larger than this makes its segment as long.
    public var segmentBytes: Int
    /// How much is filled with line feeds at a time, ahead of what is written; 1 MiB.
    ///
    /// An append into filled space changes no metadata, which makes its sync a third faster. Smaller
    /// steps mean more slow syncs, larger ones mean longer stalls at each step.
    public var fillBytes: Int
    /// How far apart the places are that the journal remembers of its entries; 64 KiB.
    public var indexBytes: Int
    /// How much space is set aside for votes and what is under way when the disk is full; 16 MiB.
    ///
    /// Wanted is at least what may be under way at once. With 0 nothing is set aside: then a node
    /// with a full disk cannot even vote.
    public var reserveBytes: Int

    /// Creates a configuration.
    public init(
        segmentBytes: Int = 16 << 20,
        fillBytes: Int = 1 << 20,
        indexBytes: Int = 64 << 10,
        reserveBytes: Int = 16 << 20
    ) {
        self.segmentBytes = segmentBytes
        self.fillBytes = fillBytes
        self.indexBytes = indexBytes
        self.reserveBytes = reserveBytes
    }
}

/// What a journal held when it was opened.
public struct RecoveredJournal: Hashable, Sendable {
    /// Whose journal it is.
    public var identity: JournalIdentity
    /// The last term and vote.
    public var vote: Vote
    /// The positions of the entries; it begins where a snapshot ends, or before.
    public var terms: LogTerms
    /// The membership entries that may matter, in order: the one at the log's beginning, which may
    /// be in the snapshot alone, and all behind it.
    public var memberships: [LogIndex]
    /// The last membership entry, if there is one.
    public var membershipIndex: LogIndex? { memberships.last }
    /// The snapshot that the log goes on from, or nil if there is none.
    public var snapshot: SnapshotHead?
    /// The last entry that is there and that the node knew to be committed.
    public var commit: LogIndex
    /// The last entry that the node may have acknowledged before its disk was damaged, if the log
    /// is not as up to date again: it is *repairing*.
    ///
    /// Until then it votes as if its log ended there, and never campaigns.
    public var lost: LogPosition?
    /// The good entries behind the damage that lead to ``lost``, in order; see
    /// ``Journal/entries(of:after:maximumBytes:)``.
    public var kept: [KeptEntries] = []
    /// What of the log must come from others: neither in ``terms`` nor ``kept``.
    public var holes: [ClosedRange<LogIndex>] {
        KeptEntries.holes(after: terms.last, through: lost, kept)
    }
    /// What was found damaged at this start; the files were left as they are.
    public var damages: [JournalDamage]
    /// What was dropped and why, for the operator's log; empty for a clean start.
    public var notes: [String]
    /// Whether there was no journal before.
    public var isNew: Bool
}
