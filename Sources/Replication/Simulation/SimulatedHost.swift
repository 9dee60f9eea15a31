import Storage

/// One machine: a disk that outlives its processes, and a process that may be down.
struct SimulatedHost<Machine: Service> {
    /// What the journal's thread is asked to do, in order.
    enum Job {
        case persist([JournalRecord], PersistToken)
        case adopt(String)
        case load(after: LogIndex, through: LogIndex, maximumBytes: Int)
        case compact(through: LogIndex)
        case reset(to: LogPosition, membership: LogIndex)
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
    struct Link {
        var id: LinkID
        var dial: Dial
        var isReady = false
        /// When the newest message arrives that keeps its place: a connection reorders nothing but
        /// what a fault delays.
        var lastArrival = Instant(nanoseconds: 0)
    }

    let name: String
    var address: String
    var disk = MemoryFileSystem() {
        didSet { snapshots = SnapshotStore(directory: Self.directory, fileSystem: disk) }
    }
    /// What it pins goes with the process.
    private(set) var snapshots: SnapshotStore
    let wallOffset: Duration

    var node: Node<Machine>?
    var journal: Journal?
    /// Counts starts: what was planned for an earlier process no longer happens.
    var generation = 0
    var jobs: [Job] = []
    /// How many of `jobs` are being done, as one batch.
    var busy = 0
    var snapshotJobs: [SnapshotJob] = []
    var pins: [SnapshotPin] = []
    var links: [String: Link] = [:]
    var dials: [Dial] = []
    var pausedUntil: Instant?
    var nextTimer: Instant?
    /// What the clients' tickets are called in this process: it counts from 1, as every process
    /// does, and an answer meant for an earlier one must not be taken for its own.
    var tickets: [Ticket: Ticket] = [:]
    var lastTicket: UInt64 = 0
    /// After how many packets sent it dies, before the next one.
    var packetsToLive: Int?

    /// The log as its leader and the wire gave it to this node, whether durable or not.
    var log: [[UInt8]] = []
    /// Where the journal begins.
    var logBefore = LogIndex.zero
    var checkedApplied = LogIndex.zero
    /// Whether its last process may have left a batch half written.
    var isTorn = false
    /// What it must hold again before another disk may be damaged, or nil if its disk is good.
    var healsWith: LogIndex?

    init(name: String, wallOffset: Duration) {
        self.name = name
        address = "\(name):7401"
        self.wallOffset = wallOffset
        snapshots = SnapshotStore(directory: Self.directory, fileSystem: disk)
    }

    static var directory: String { "data" }

    var isUp: Bool { node != nil }
    /// Whether it dies before anything else happens.
    var isDying: Bool { packetsToLive.map { $0 < 0 } ?? false }
}
