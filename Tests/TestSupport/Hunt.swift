package import Replication

/// Many seeds of one kind of run, until one breaks a promise that is looked for.
package struct Hunt: Sendable, CustomStringConvertible {
    /// Says what the runs are like.
    package var description: String
    /// Breaks of other promises are counted and passed over; nil takes any.
    package var promises: Set<Violation.Promise>?
    /// How many seeds are tried at the most.
    package var seeds: UInt64 = 600
    /// One run.
    package var run: @Sendable (_ seed: UInt64) throws(Violation) -> Void

    /// Creates a hunt.
    package init(
        _ description: String,
        for promises: Set<Violation.Promise>? = nil,
        seeds: UInt64 = 600,
        run: @escaping @Sendable (_ seed: UInt64) throws(Violation) -> Void
    ) {
        self.description = description
        self.promises = promises
        self.seeds = seeds
        self.run = run
    }

    /// A hunt through random faults.
    package init(
        _ description: String,
        for promises: Set<Violation.Promise>? = nil,
        faultyFor duration: Duration = .seconds(6),
        _ configure: @escaping @Sendable (inout SimulationConfiguration) -> Void
    ) {
        self.init(description, for: promises) { (seed) throws(Violation) in
            var configuration = SimulationConfiguration(seed: seed)
            configure(&configuration)
            _ = try SimulatedRun(configuration, faultyFor: duration)
        }
    }

    /// What a hunt found.
    package struct Catch: Sendable {
        /// The violation, with its seed; nil if there was none.
        package var violation: Violation?
        /// How many seeds were run.
        package var runs: UInt64 = 0
        /// How many broke another promise.
        package var others = 0
    }

    /// Runs seed after seed.
    package func go() -> Catch {
        var found = Catch()
        for seed in 1...seeds {
            found.runs = seed
            do throws(Violation) {
                try run(seed)
            } catch {
                if promises?.contains(error.promise) ?? true {
                    found.violation = error
                    return found
                }
                found.others += 1
            }
        }
        return found
    }
}

extension Hunt {
    /// A bit of everything, all invariants.
    package static let everything = Hunt("all faults") { configuration in
        configuration.nodes = [3, 5, 4][Int(configuration.seed % 3)]
        configuration.faults = .all
    }

    /// A bit of everything, and only what clients see counts.
    package static func clients(of promises: Set<Violation.Promise>) -> Hunt {
        Hunt("all faults, seen by clients alone", for: promises) { configuration in
            configuration.nodes = [3, 5, 4][Int(configuration.seed % 3)]
            configuration.faults = .all
            configuration.checksInvariants = false
        }
    }

    /// The power of all nodes goes again and again, and only what clients see counts.
    package static let blackouts = Hunt(
        "power cuts of all nodes, seen by clients alone",
        for: [.acknowledgedIsKept]
    ) { configuration in
        configuration.faults.blackoutEvery = .milliseconds(700)
        configuration.checksInvariants = false
    }

    /// The power goes while slow disks are behind with their syncs.
    package static let slowDisks = Hunt("power cuts and slow disks") { configuration in
        configuration.faults.slowSyncs = 400
        configuration.faults.crashEvery = .milliseconds(500)
        configuration.faults.powerLoss = 100
        configuration.faults.blackoutEvery = .milliseconds(900)
    }

    /// Leaders are cut off, and only what clients see counts.
    package static let partitions = Hunt(
        "partitions and pauses, seen by clients alone",
        for: [.linearizability]
    ) { configuration in
        configuration.faults.partitionEvery = .milliseconds(800)
        configuration.faults.pauseEvery = .milliseconds(800)
        configuration.checksInvariants = false
    }

    /// The schedule of Figure 8.
    package static let figure8 = Hunt("the schedule of Figure 8") { (seed) throws(Violation) in
        try Figure8.play(seed: seed)
    }

    /// A member forwards what no node can apply.
    package static let hostileForwarder = Hunt("a hostile forwarder", seeds: 10) {
        (seed) throws(Violation) in
        try HostileForwarder.play(seed: seed)
    }

    /// Answers to a leader's earlier process.
    package static let staleReply = Hunt(
        "answers to the leader's earlier process",
        for: [.linearizability]
    ) { (seed) throws(Violation) in try StaleReply.play(seed: seed) }

    /// A disk is damaged in the middle, and another one lost for good.
    package static let damagedEntry = Hunt("a damaged entry and a node lost", seeds: 10) {
        (seed) throws(Violation) in
        try DamagedEntry.play(seed: seed)
    }

    /// A disk is damaged where nobody else has what was there, until the one that has it comes back.
    package static let unfillableEntry = Hunt("a damaged entry that nobody has", seeds: 10) {
        (seed) throws(Violation) in
        try DamagedEntry.playUnfillable(seed: seed)
    }

    /// A disk is damaged where the log was truncated.
    package static let damagedTruncation = Hunt("a damaged truncation", seeds: 10) {
        (seed) throws(Violation) in
        try DamagedEntry.playTruncated(seed: seed)
    }

    /// A voter crashes after its vote.
    package static let forgottenVote = Hunt("a voter that crashes") { (seed) throws(Violation) in
        try ForgottenVote.play(seed: seed)
    }

    /// Leaders and followers whose turns are slow.
    package static let slowTurns = Hunt("slow turns", seeds: 20) { (seed) throws(Violation) in
        try SlowTurns.playFollower(seed: seed)
        try SlowTurns.play(seed: seed)
    }
}

extension Hunt {
    /// A leader's state goes wrong while a member needs a snapshot.
    package static let contestedState = Hunt("a contested leader", for: [.determinism]) {
        (seed) throws(Violation) in
        for order in ContestedState.Order.allCases {
            try ContestedState.play(order, seed: seed)
        }
    }
}
