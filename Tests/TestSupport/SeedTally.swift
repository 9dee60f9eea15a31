package import Replication
import Storage

/// What many seeds of the simulation gave.
package struct SeedTally: Sendable {
    /// How many seeds were run.
    package var seeds = 0
    /// Those in which too few calls succeeded.
    package var void: [UInt64] = []
    /// Promises that were broken.
    package var broken: [Violation] = []
    /// Seeds that went another way when they were run a second time.
    package var unlike: [UInt64] = []
    /// How often which fault came.
    package var counts = FaultCounts()
    /// How many calls there were.
    package var calls = 0
    /// How many had an answer.
    package var answered = 0
    /// How many of those were refused by the state machine.
    package var refused = 0
    /// How many had an answer while faults came.
    package var answeredUnderFaults = 0
    /// How many tries were not the first of their call.
    package var retries = 0
    /// How long all took, in virtual time.
    package var duration = Duration.zero

    /// Runs seeds, one after the other on each thread.
    ///
    /// - Parameters:
    ///   - seeds: Which ones, at the most.
    ///   - threads: How many threads of their own they are run on.
    ///   - replayEvery: Each so many seeds one is run twice.
    ///   - goesOn: Asked before each seed.
    ///   - configure: Changes what a seed stands for.
    /// - Returns: What they gave.
    package static func run(
        _ seeds: ClosedRange<UInt64>,
        onThreads threads: Int = 2,
        replayEvery: UInt64 = 50,
        while goesOn: @escaping @Sendable () -> Bool = { true },
        configure: @escaping @Sendable (inout SimulationConfiguration) -> Void = { _ in }
    ) -> SeedTally {
        let tally = Lock(SeedTally())
        let next = Lock(seeds.lowerBound)
        let threads = (0..<threads).map { _ in
            spawnThread {
                while goesOn() {
                    let seed = next.withLock { next in
                        defer { next += 1 }
                        return next
                    }
                    guard seed <= seeds.upperBound else { return }
                    var configuration = SimulationConfiguration.drawn(from: seed)
                    configure(&configuration)
                    let one = SeedTally(configuration, isReplayed: seed % replayEvery == 0)
                    tally.withLock { $0.add(one) }
                }
            }
        }
        for thread in threads { thread.join() }
        return tally.withLock { $0 }
    }

    private init() {}

    private init(_ configuration: SimulationConfiguration, isReplayed: Bool) {
        do throws(Violation) {
            let run = try SimulationRun(ofSeed: configuration)
            self.init(of: run, seed: configuration.seed)
            if isReplayed, try SimulationRun(ofSeed: configuration) != run {
                unlike = [configuration.seed]
            }
        } catch {
            self.init()
            seeds = 1
            broken = [error]
            print("BROKEN | \(error)")
        }
    }

    /// What one seed gave.
    package init(of run: SimulationRun, seed: UInt64) {
        seeds = 1
        if run.isVoid { void = [seed] }
        counts = run.counts
        calls = run.calls
        answered = run.answered
        refused = run.refused
        answeredUnderFaults = run.answeredUnderFaults
        retries = run.retries
        duration = run.duration
    }

    /// Adds what others gave.
    package mutating func add(_ other: SeedTally) {
        seeds += other.seeds
        void += other.void
        broken += other.broken
        unlike += other.unlike
        counts += other.counts
        calls += other.calls
        answered += other.answered
        refused += other.refused
        answeredUnderFaults += other.answeredUnderFaults
        retries += other.retries
        duration += other.duration
    }

    /// All of it, for people.
    package var table: [(name: String, count: Int)] {
        [
            ("seeds", seeds), ("virtual seconds", Int(duration.components.seconds)),
            ("calls", calls), ("answered", answered), ("refused", refused),
            ("answered under faults", answeredUnderFaults), ("tries again", retries),
        ] + counts.table.map { ($0.kind.rawValue, $0.count) } + [
            ("void", void.count), ("not replayed alike", unlike.count),
            ("promises broken", broken.count),
        ]
    }
}

extension SimulationRun {
    /// Runs a seed of a campaign: each third over a machine that refuses.
    package init(
        ofSeed configuration: SimulationConfiguration,
        onLog: ((Instant, _ host: Int, LogLevel, String) -> Void)? = nil
    ) throws(Violation) {
        if configuration.seed % 3 == 0 {
            try self.init(configuration, PurseCalls(), onLog: onLog)
        } else {
            try self.init(configuration, RegisterCalls(), onLog: onLog)
        }
    }
}
