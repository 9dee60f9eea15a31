import Storage

extension SimulationConfiguration {
    /// How often what goes wrong: chances are per thousand, times are means between two of a kind.
    ///
    /// Nothing goes wrong by default but a slow sync now and then. ``drawn(from:)`` gives each seed a
    /// mix of its own. What destroys durable data keeps to a budget: no disk is damaged or lost
    /// before the one before holds again what it had, but for single entries of a second disk that are
    /// good on the first one. So each committed entry stays good on a voter that can be elected, or on
    /// one of two that fill each other's holes. Clocks jump on a minority alone.
    public struct Faults: Hashable, Sendable {
        /// Messages that are lost.
        public var lost = 0
        /// Messages that arrive twice.
        public var doubled = 0
        /// Messages that take up to 100 ms and are overtaken by later ones.
        public var delayed = 0
        /// Messages between cores that come a second time up to 3 s later, also to another process.
        public var strays = 0
        /// The network is cut, in one of ``shapes``, for 50 ms to 2 s.
        public var partitionEvery: Duration?
        /// How the network is cut.
        public var shapes = NetworkShape.allCases
        /// The traffic of one host after the other stops, and is let go in another order.
        public var swizzleEvery: Duration?
        /// Some links, each in one direction, take up to 150 ms more for a while.
        public var slowLinksEvery: Duration?

        /// A process dies, between two steps or within one.
        public var crashEvery: Duration?
        /// How many of a hundred crashes are power cuts; the others leave the page cache.
        public var powerLoss = 50
        /// How many of a hundred crashes come after one of the next effects of the node.
        public var crashAtEffect = 0
        /// Starts in the middle of whose file-system calls the process dies.
        public var startCrashes = 0
        /// The power of all hosts goes at once.
        public var blackoutEvery: Duration?
        /// All hosts are started anew, one after the other.
        public var rollEvery: Duration?
        /// A process stops for up to 1.5 s, and goes on with what has gathered.
        public var pauseEvery: Duration?
        /// A turn takes 50 to 600 ms, mostly less than an election timeout: what has gathered meanwhile is the next turn, with its timers.
        public var slowTurnEvery: Duration?
        /// Snapshots in the middle of whose file-system calls the process dies.
        public var snapshotCrashes = 0

        /// How far apart the wall clocks are at the most.
        public var clockSkew = Duration.seconds(2)
        /// A wall clock jumps up to 30 days forwards or back, or is set right.
        public var clockJumpEvery: Duration?
        /// How much faster or slower than the virtual time a host's clocks run at the most, in parts
        /// per million.
        public var clockDrift = 0

        /// Syncs that take up to 70 ms.
        public var slowSyncs = 20
        /// How long each sync takes that no other fault makes slow; nil for up to 2 ms.
        public var syncTime: Duration?
        /// A sync takes 0.2 to 2 s.
        public var stallEvery: Duration?
        /// A call of a disk fails; if it was one of the journal, its node ends and starts again.
        public var failEvery: Duration?
        /// A disk has no space for up to 3 s.
        public var fullEvery: Duration?
        /// Starts before which the disk loses a snapshot, or a bit flips on it.
        public var rot = 0
        /// Starts in which a bit is read wrong, once.
        public var misread = 0
        /// A disk is lost: its host starts with an empty one, under the same name.
        public var loseEvery: Duration?
        /// A disk is copied, and put back to the copy once all are well.
        public var oldCopies = false

        /// Answers to clients that are lost.
        public var lostReplies = 0
        /// Tries of a client that go to several nodes at once, several times.
        public var storms = 0
        /// Calls of a client that gives up early, comes back late, and asks again.
        public var slowClients = 0

        /// A member is added, removed, promoted, demoted, replaced or moved.
        public var changeEvery: Duration?
        /// The lead is handed over, to a random voter or to whom the leader chooses.
        public var transferEvery: Duration?

        /// Starts of nodes with another election policy than the others', maybe one that wants to harm.
        public var policies = 0

        /// Nothing goes wrong but for a slow sync now and then.
        public init() {}
    }
}

extension SimulationConfiguration.Faults {
    /// A bit of what processes and networks do.
    package static var all: Self {
        var faults = Self()
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

    /// The mix of a seed: about half of the kinds of fault, each as often as the seed says.
    public static func drawn(from seed: UInt64) -> Self {
        var generator = SeededGenerator(seed: seed ^ 0x6661_756C_7473)
        var faults = Self()
        faults.drawNetwork(&generator)
        faults.drawProcesses(&generator)
        faults.drawClocksAndDisks(&generator)
        faults.drawClientsAndMembers(&generator)
        return faults
    }

    private mutating func drawNetwork(_ generator: inout SeededGenerator) {
        lost = generator.chance(1...60)
        doubled = generator.chance(1...60)
        delayed = generator.chance(1...100)
        partitionEvery = generator.interval(2_000...8_000)
        shapes = NetworkShape.allCases.filter { _ in Bool.random(using: &generator) }
        if shapes.isEmpty { shapes = NetworkShape.allCases }
        swizzleEvery = generator.interval(4_000...12_000)
        slowLinksEvery = generator.interval(2_000...8_000)
    }

    private mutating func drawProcesses(_ generator: inout SeededGenerator) {
        crashEvery = generator.interval(1_500...6_000)
        powerLoss = [0, 50, 50, 100][Int.random(in: 0..<4, using: &generator)]
        crashAtEffect = generator.chance(20...100)
        startCrashes = generator.chance(20...200)
        blackoutEvery = generator.interval(6_000...20_000)
        rollEvery = generator.interval(6_000...20_000)
        pauseEvery = generator.interval(1_500...8_000)
        // Nodes may write a snapshot four times a second; more than this leaves no time to answer in.
        snapshotCrashes = generator.chance(5...40)
    }

    private mutating func drawClocksAndDisks(_ generator: inout SeededGenerator) {
        clockJumpEvery = generator.interval(1_000...8_000)
        clockDrift = generator.chance(100...5_000)
        slowSyncs = generator.chance(10...150)
        stallEvery = generator.interval(3_000...12_000)
        failEvery = generator.interval(2_000...10_000)
        fullEvery = generator.interval(4_000...12_000)
        rot = generator.chance(100...700)
        misread = generator.chance(100...500)
        loseEvery = generator.interval(6_000...18_000)
    }

    private mutating func drawClientsAndMembers(_ generator: inout SeededGenerator) {
        lostReplies = generator.chance(10...100)
        storms = generator.chance(20...300)
        slowClients = generator.chance(20...200)
        changeEvery = generator.interval(1_000...5_000)
        transferEvery = generator.interval(1_000...6_000)
        policies = generator.chance(200...1_000)
        strays = generator.chance(1...60)
        slowTurnEvery = generator.interval(800...5_000)
        oldCopies = Bool.random(using: &generator)
    }
}

extension SeededGenerator {
    /// A chance, or none in half of the cases.
    fileprivate mutating func chance(_ range: ClosedRange<Int>) -> Int {
        Bool.random(using: &self) ? Int.random(in: range, using: &self) : 0
    }

    /// A mean time, or never in half of the cases.
    fileprivate mutating func interval(_ milliseconds: ClosedRange<Int>) -> Duration? {
        Bool.random(using: &self)
            ? .milliseconds(Int.random(in: milliseconds, using: &self)) : nil
    }
}
