public import Storage

/// What a simulated cluster is like, and what goes wrong in it.
public struct SimulationConfiguration: Sendable {
    /// How many hosts there are at first.
    public var nodes = 3
    /// Everything that is drawn comes from this: the same seed replays exactly.
    public var seed: UInt64
    /// What goes wrong until the simulation is healed.
    public var faults = Faults()
    /// How many clients there are in a ``SimulationRun``.
    public var clients = 6
    /// How many calls each of them makes.
    public var calls = 50
    /// For how long faults come in a ``SimulationRun``, in virtual time.
    public var faultyFor = Duration.seconds(20)
    /// The nodes' journals; small segments, so that they roll.
    public var journal = JournalConfiguration(
        segmentBytes: 16 << 10,
        fillBytes: 4 << 10,
        indexBytes: 1 << 10,
        reserveBytes: 4_096
    )
    /// Whether the invariants of Raft are checked, or only what clients see.
    package var checksInvariants = true
    /// Whether all hosts start by themselves; if not, each waits for ``Simulation/start(_:)``.
    package var startsHosts = true
    /// Whether a host that was told to die at a packet or at a call of its disk loses its power.
    package var diesByPowerLoss = false
    /// Changes each node's configuration before it starts.
    package var adjust: @Sendable (inout NodeConfiguration) -> Void = { _ in }

    /// Creates the configuration of a cluster in which nothing goes wrong.
    public init(seed: UInt64) { self.seed = seed }

    /// What a seed stands for when nothing else is said: 3 to 7 nodes, about half of the kinds of
    /// fault, each as often as the seed says, and in half of the seeds nodes that write snapshots
    /// all the time.
    public static func drawn(from seed: UInt64) -> SimulationConfiguration {
        var generator = SeededGenerator(seed: seed ^ 0x636C_7573_7465_72)
        var configuration = SimulationConfiguration(seed: seed)
        configuration.nodes = [3, 3, 3, 4, 5, 5, 6, 7][Int.random(in: 0..<8, using: &generator)]
        configuration.faults = .drawn(from: seed)
        if Bool.random(using: &generator) { configuration.snapshotOften() }
        return configuration
    }

    /// Lets nodes snapshot and compact all the time, so that who is away for a moment is behind, and
    /// do little in a turn.
    public mutating func snapshotOften() {
        journal = JournalConfiguration(
            segmentBytes: 4 << 10,
            fillBytes: 2 << 10,
            indexBytes: 1 << 10,
            reserveBytes: 512
        )
        let adjust = adjust
        self.adjust = { node in
            node.snapshots.entries = 12
            node.snapshots.trailingEntries = 5
            node.snapshots.trailingBytes = 0
            node.snapshots.retryInterval = .milliseconds(200)
            node.limits.events = 20
            // So small that several are on their way.
            node.snapshots.window.pieceBytes = 500
            node.snapshots.window.bytes = 4_000
            // So small that much waits for the next turn.
            node.turn.requests = 3
            node.turn.entries = 2
            node.turn.routes = 2
            // So small that followers are sent what the journal holds.
            node.cacheBytes = 2_000
            adjust(&node)
        }
    }
}
