/// How often each fault came, and what the nodes did; a run in which a fault never came shows
/// nothing about it.
public struct FaultCounts: Hashable, Sendable {
    /// What is counted; the raw values are for tables.
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        /// A leader was elected.
        case elections = "leaders elected"
        /// A message was lost.
        case lost = "messages lost"
        /// A message arrived twice.
        case doubled = "messages doubled"
        /// A message was delayed, and may have been overtaken.
        case delayed = "messages delayed"
        /// A message came again over another connection than it was sent over.
        case strays = "messages of earlier connections"
        /// The network was cut into groups.
        case groups = "partitions into groups"
        /// One group of hosts could send to another, which could not answer.
        case oneWay = "partitions in one direction"
        /// Single links were cut, each in one direction.
        case links = "links cut in one direction"
        /// Each host saw its two neighbours alone.
        case rings = "rings"
        /// Two halves were joined by one host.
        case bridges = "bridges"
        /// Hosts were clogged one after the other, and let go in another order.
        case swizzles = "swizzled clogs"
        /// Some links were slow in one direction.
        case slowLinks = "slow links"
        /// A process was killed.
        case processCrashes = "processes killed"
        /// The power of one host was cut.
        case powerLosses = "power cuts of one host"
        /// A process died within a step, after one of its effects.
        case effectCrashes = "crashes after an effect"
        /// A process died while it started.
        case startCrashes = "crashes within a start"
        /// A process died in the middle of a batch's file-system calls.
        case tornBatches = "batches torn"
        /// A process died in the middle of a snapshot's file-system calls.
        case tornSnapshots = "crashes within a snapshot"
        /// The power of all hosts was cut at once.
        case blackouts = "power cuts of all hosts"
        /// All hosts were started anew, one after the other.
        case rolls = "rolling restarts"
        /// A process was stopped for a while.
        case pauses = "pauses"
        /// A turn took 50 to 600 ms.
        case slowTurns = "slow turns"
        /// A wall clock jumped.
        case clockJumps = "jumps of a clock"
        /// A sync took 5 to 70 ms.
        case slowSyncs = "slow syncs"
        /// A sync took 0.2 to 2 s.
        case stalls = "stalled disks"
        /// A call of the journal failed, and its node ended.
        case diskFailures = "disks failed"
        /// A disk was full, and a write found no space.
        case fullDisks = "disks full"
        /// A bit flipped on a disk at rest.
        case flippedBits = "bits flipped at rest"
        /// A bit flipped in the head of a batch.
        case flippedHeads = "heads of batches damaged"
        /// A bit flipped in the last batch of a file that holds any records.
        case flippedLastBatches = "last batches damaged"
        /// Several entries of one disk were damaged at once.
        case severalEntries = "disks with several damaged entries"
        /// An entry was damaged on a second disk, before the first one had healed.
        case secondDisks = "second disks damaged"
        /// A bit was read wrong, once.
        case misreads = "bits read wrong"
        /// A snapshot was lost as a whole.
        case lostSnapshots = "snapshots lost"
        /// A disk was lost as a whole.
        case lostDisks = "disks lost"
        /// A disk was put back to an earlier copy of itself.
        case oldCopies = "disks put back to a copy"
        /// A node held again what its disk had lost.
        case healed = "disks healed"
        /// A snapshot was written.
        case snapshots = "snapshots written"
        /// A log was compacted, and began later.
        case compactions = "logs compacted"
        /// A node started from a snapshot.
        case restores = "starts from a snapshot"
        /// A log was begun anew behind a snapshot of the leader.
        case installs = "snapshots installed"
        /// An answer to a client was lost.
        case lostReplies = "answers lost"
        /// A client asked several nodes at once, several times.
        case storms = "retry storms"
        /// A client gave up early and came back late.
        case slowClients = "slow clients"
        /// A host was added to the simulation.
        case addedHosts = "hosts added"
        /// A change of members was done.
        case changes = "changes of members"
        /// A change of members was refused, or its outcome unknown.
        case refusedChanges = "changes refused or unknown"
        /// The lead was handed over.
        case transfers = "leads handed over"
        /// The lead was not handed over.
        case refusedTransfers = "hand-overs refused or too late"
    }

    private var counts: [Kind: Int] = [:]

    /// Counts nothing yet.
    public init() {}

    /// How often this came.
    public subscript(kind: Kind) -> Int {
        get { counts[kind, default: 0] }
        set { counts[kind] = newValue }
    }

    /// Everything with its count, also what never came, in the order of ``Kind``.
    public var table: [(kind: Kind, count: Int)] { Kind.allCases.map { ($0, self[$0]) } }

    /// Adds up, for a table over many seeds.
    public static func += (left: inout FaultCounts, right: FaultCounts) {
        left.counts.merge(right.counts, uniquingKeysWith: +)
    }
}
