import Storage

/// What the journal's thread is asked to do, in order.
enum JournalJob {
    /// Without a token nobody waits for it.
    case persist([JournalRecord], PersistToken?)
    case adopt(String)
    case load(after: LogIndex, through: LogIndex, maximumBytes: Int)
    case loadKept(KeptEntries, after: LogIndex, maximumBytes: Int)
    case compact(through: LogIndex)
    case reset(to: LogPosition, membership: LogIndex)

    /// Whether it writes; what only reads is done at once even if there is no space.
    var needsSpace: Bool {
        switch self {
        case .persist, .adopt, .reset: true
        case .load, .loadKept, .compact: false
        }
    }

    var isPersist: Bool { if case .persist = self { true } else { false } }
}

/// What the snapshot's thread is asked to do.
enum SnapshotJob {
    case write(
        SnapshotHead,
        @Sendable (inout SnapshotWriter) throws(SnapshotError) -> Void
    )
    case transfer(SnapshotOrder)
}

/// A connection that this host dialled.
struct SimulatedLink {
    var id: LinkID
    var dial: Dial
    var isReady = false
    /// When the newest message arrives that keeps its place: a connection reorders nothing but
    /// what a fault delays.
    var lastArrival = Instant(nanoseconds: 0)
}

/// A disk that does not hold all that it acknowledged.
struct DiskDamage {
    /// What the node must hold again before another disk may be damaged.
    var healsWith: LogIndex
    /// Who had the disk; a loss heals when another incarnation votes in this one's place.
    var identity: NodeIdentity?
    /// Whether the whole disk was lost.
    var isLoss = false
    /// The entries that cannot be read, if that is all; nil if more may be damaged.
    var entries: Set<LogIndex>?

    /// Whether this entry is good here, and so are those beside it, by which another node proves
    /// that what it is given in its place is what it held.
    func spares(_ index: LogIndex) -> Bool {
        guard let entries else { return false }
        return [index.previous, index, index.next].allSatisfy { !entries.contains($0) }
    }
}
