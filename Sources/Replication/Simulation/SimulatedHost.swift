import Storage

/// One machine: a disk that outlives its processes, and a process that may be down.
///
/// A class: its many fields would be copied with each look at one.
final class SimulatedHost {
    let name: String
    var address: String
    var disk: MemoryFileSystem {
        didSet {
            snapshots = SnapshotStore(directory: dataDirectory, fileSystem: disk)
            isRotten = false
            (durable, underWay) = (nil, [])
        }
    }
    /// What it pins goes with the process.
    private(set) var snapshots: SnapshotStore
    var clock: SimulatedClock
    /// When its wall clock was last set right, if it was wrong.
    var clockSetRight: Instant?
    /// Whether it waits to be admitted to a cluster, rather than form one.
    var joins = false
    /// Whether it is to become a learner alone.
    var joinsAsLearner = false
    /// Whether its disk was lost once; a second time an operator would have to help.
    var hadLoss = false
    /// Whether it is out of the play for good.
    var isAway = false

    var node: Node?
    var journal: Journal?
    /// Who the last process was.
    var identity: NodeIdentity?
    /// Counts starts: what was planned for an earlier process no longer happens.
    var generation = 0
    var jobs: [JournalJob] = []
    /// How many of `jobs` are being done, as one batch.
    var busy = 0
    /// Counts the batches of this process.
    var batch = 0
    /// What found no space, and what must come after it.
    var waiting: [JournalJob] = []
    /// Whether the node was told that there is no space.
    var isShort = false
    /// How long the next sync takes, if the disk is stalled.
    var stall: Duration?
    var snapshotJobs: [SnapshotJob] = []
    var pins: [SnapshotPin] = []
    var links: [String: SimulatedLink] = [:]
    var dials: [Dial] = []
    var pausedUntil: Instant?
    var nextTimer: Instant?
    /// What the clients' tickets are called in this process: it counts from 1, as every process
    /// does, and an answer meant for an earlier one must not be taken for its own.
    var tickets: [Ticket: Ticket] = [:]
    var lastTicket: UInt64 = 0
    /// After how many packets sent it dies, before the next one.
    var packetsToLive: Int?
    /// After how many effects carried out it dies.
    var effectsToLive: Int?
    /// Why it stopped because of another history, as often as it did.
    var contradictions: [String] = []

    /// The log as its leader and the wire gave it to this node, whether durable or not.
    var log: [EntryMark] = []
    /// Where the journal begins.
    var logBefore = LogIndex.zero
    var checkedApplied = LogIndex.zero
    /// Whether its process could not read back an entry.
    var isUnreadable = false
    /// Whether its last process may have left a batch half written.
    var isTorn = false
    /// Where it is told that a cluster is; nil for where the first hosts are.
    var known: [String]?
    /// Whether bits of its disk may have flipped, healed or not.
    var isRotten = false
    /// What is wrong with its disk, or nil if that is good.
    var diskDamage: DiskDamage?
    /// Whether its disk may hold less than was durable: it was damaged, or a script has got at it.
    var isMarred = false
    /// What was durable; nil for a disk that no process has read yet.
    var durable: DurablePicture?
    /// What was being made durable when the process ended.
    var underWay: [JournalRecord] = []

    init(name: String, clock: SimulatedClock) {
        self.name = name
        address = "\(name):7401"
        self.clock = clock
        disk = MemoryFileSystem()
        snapshots = SnapshotStore(directory: dataDirectory, fileSystem: disk)
    }

    /// Whether there is a node.
    var isUp = false
    /// Whether it dies before anything else happens.
    var isDying: Bool { packetsToLive.map { $0 < 0 } ?? false || effectsToLive == 0 }
}

/// Stands for an entry: its term, and the length and the checksum of its line.
struct EntryMark: Hashable {
    let term: Term
    private let bytes: Int
    private let seal: UInt64

    init(_ line: [UInt8], term: Term) {
        self.term = term
        bytes = line.count
        // `"crc":"9a0b1c2d"}` and a line feed.
        let end = line.last == UInt8(ascii: "\n") ? line.count - 3 : line.count - 2
        seal = line[max(0, end - 8)..<max(0, end)].reduce(0) { $0 << 8 | UInt64($1) }
    }
}

/// Where each host keeps its files.
let dataDirectory = "data"
