package import Storage

/// What a simulated cluster is like, and what goes wrong in it.
package struct SimulationConfiguration: Sendable {
    /// How many nodes there are.
    package var nodes = 3
    /// Everything that is drawn comes from this: the same seed replays exactly.
    package var seed: UInt64
    /// What goes wrong until ``Simulation/heal()``.
    package var faults = Faults()
    /// The nodes' journals; small segments, so that they roll.
    package var journal = JournalConfiguration(
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

    /// Creates a configuration.
    package init(seed: UInt64) { self.seed = seed }

    /// How often what goes wrong; chances are per thousand.
    package struct Faults: Sendable {
        /// Messages that are lost.
        package var lost = 0
        /// Messages that arrive twice.
        package var doubled = 0
        /// Messages that take up to 100 ms and are overtaken by later ones.
        package var delayed = 0
        /// Answers to clients that are lost.
        package var lostReplies = 0
        /// Syncs that take up to 70 ms.
        package var slowSyncs = 20
        /// The mean time between two crashes of a node, or nil for none.
        package var crashEvery: Duration?
        /// How many of a hundred crashes are power cuts; the others leave the page cache.
        package var powerLoss = 50
        /// The mean time between two power cuts of all nodes at once, or nil for none.
        package var blackoutEvery: Duration?
        /// The mean time between two partitions, or nil for none.
        package var partitionEvery: Duration?
        /// How many of a thousand partitions cut one direction alone.
        package var oneWay = 300
        /// The mean time between two pauses of a node, or nil for none.
        package var pauseEvery: Duration?
        /// Snapshots in the middle of whose file-system calls the node crashes.
        package var snapshotCrashes = 0
        /// Starts before which the disk loses a snapshot, or a bit flips on it; one disk at a time,
        /// until its node has healed.
        package var rot = 0
        /// How far apart the nodes' wall clocks are at the most.
        package var clockSkew = Duration.seconds(2)

        /// Nothing goes wrong but for a slow sync now and then.
        package init() {}

        /// A bit of everything.
        package static var all: Faults {
            var faults = Faults()
            faults.lost = 20
            faults.doubled = 20
            faults.delayed = 50
            faults.lostReplies = 30
            faults.crashEvery = .milliseconds(1_500)
            faults.blackoutEvery = .seconds(6)
            faults.partitionEvery = .seconds(2)
            faults.pauseEvery = .seconds(3)
            faults.snapshotCrashes = 200
            return faults
        }
    }
}

/// How often each fault came; a run in which a fault never came shows nothing about it.
package struct FaultCounts: Hashable, Sendable {
    /// Messages lost.
    package var lost = 0
    /// Messages that arrived twice.
    package var doubled = 0
    /// Messages delayed.
    package var delayed = 0
    /// Answers to clients lost.
    package var lostReplies = 0
    /// Processes killed.
    package var processCrashes = 0
    /// Power cuts of one node.
    package var powerLosses = 0
    /// Power cuts of all nodes at once.
    package var blackouts = 0
    /// Snapshots written.
    package var snapshots = 0
    /// Crashes in the middle of a snapshot's file-system calls.
    package var tornSnapshots = 0
    /// Compactions after which the log began later.
    package var compactions = 0
    /// Starts from a snapshot.
    package var restores = 0
    /// Bits that flipped on disks at rest.
    package var flippedBits = 0
    /// Snapshots that were lost as a whole.
    package var lostSnapshots = 0
    /// Nodes that held again what their disks had lost.
    package var healed = 0
    /// Logs that were begun anew behind a snapshot of the leader.
    package var installs = 0
    /// Crashes in the middle of a batch's file-system calls.
    package var tornBatches = 0
    /// Partitions.
    package var partitions = 0
    /// Partitions that cut one direction alone.
    package var oneWayCuts = 0
    /// Pauses.
    package var pauses = 0
    /// Leaders elected.
    package var elections = 0

    /// Counts nothing yet.
    package init() {}

    /// Adds up, for a table over many seeds.
    package static func += (left: inout FaultCounts, right: FaultCounts) {
        left.lost += right.lost
        left.doubled += right.doubled
        left.delayed += right.delayed
        left.lostReplies += right.lostReplies
        left.processCrashes += right.processCrashes
        left.powerLosses += right.powerLosses
        left.blackouts += right.blackouts
        left.tornBatches += right.tornBatches
        left.snapshots += right.snapshots
        left.tornSnapshots += right.tornSnapshots
        left.compactions += right.compactions
        left.restores += right.restores
        left.installs += right.installs
        left.healed += right.healed
        left.flippedBits += right.flippedBits
        left.lostSnapshots += right.lostSnapshots
        left.partitions += right.partitions
        left.oneWayCuts += right.oneWayCuts
        left.pauses += right.pauses
        left.elections += right.elections
    }
}
