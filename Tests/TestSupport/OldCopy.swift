package import Replication
package import Storage

/// A directory that is put back to an old copy while nobody who knows better is up (pitfall 58).
package enum OldCopy {
    /// What came of it.
    package struct Outcome {
        /// The cluster; it goes on.
        package let cluster: ScriptedCluster
        /// The host with the old copy, the one that holds what was acknowledged, and the third.
        package let old: Int
        /// The host that holds what was acknowledged.
        package let truth: Int
        /// Where the log of the true host ended.
        package let last: LogPosition
    }

    /// Copies one disk, goes on with two of three nodes, puts the copy back while the second one is
    /// down, goes on with the other two, and starts the second one.
    ///
    /// - Throws: ``Violation`` of the promise `acknowledgedIsKept` if anything that was acknowledged
    ///   is thrown away; of `convergence` if the schedule could not be played.
    package static func play(
        _ configuration: SimulationConfiguration,
        appending count: Int
    ) throws(Violation) -> Outcome {
        var configuration = configuration
        // Two leaders of one term are what this is about.
        configuration.checksInvariants = false
        let cluster = try ScriptedCluster(configuration)
        let simulation = cluster.simulation
        simulation.allowsTwoHistories = true
        let (truth, old, away) = (cluster.leader, cluster.followers[0], cluster.followers[1])
        for number in 0..<3 { _ = try cluster.appended("a\(number)", at: truth) }
        try simulation.crash(away, powerLoss: false)
        try simulation.crash(old, powerLoss: false)
        let copy = simulation.copyDisk(of: old)
        try simulation.start(old)
        try serve(cluster, old, truth)
        try cluster.outrun(by: count)
        try cluster.wait(.seconds(2))
        let last = simulation.last(of: truth)
        try simulation.crash(old, powerLoss: false)
        try simulation.crash(truth, powerLoss: true)
        simulation.replaceDisk(of: old, copy)
        try simulation.start(old)
        try simulation.start(away)
        try serve(cluster, old, away)
        for number in 0..<5 { _ = try cluster.appended("z\(number)", at: cluster.leader) }
        try simulation.start(truth)
        let outcome = Outcome(cluster: cluster, old: old, truth: truth, last: last)
        _ = try simulation.run(for: .seconds(10)) { !simulation.contradictions(of: truth).isEmpty }
        guard try outcome.held(at: truth) else {
            throw Violation(
                promise: .acknowledgedIsKept,
                detail: "the only good history is thrown away",
                seed: configuration.seed
            )
        }
        return outcome
    }

    /// Waits until one of the two serves.
    private static func serve(
        _ cluster: ScriptedCluster,
        _ first: Int,
        _ second: Int
    ) throws(Violation) {
        try cluster.reach("a leader of two") { simulation in
            guard let leader = simulation.leader, [first, second].contains(leader) else {
                return false
            }
            return simulation.applied(of: leader) == simulation.last(of: leader).index
        }
    }
}

extension OldCopy.Outcome {
    /// Whether a host's journal holds the last entry of the true history.
    package func held(at host: Int) throws(Violation) -> Bool {
        do throws(JournalError) {
            let disk = cluster.simulation.copyDisk(of: host)
            disk.processCrash()
            let view = try JournalView.read(directory: "data", fileSystem: disk)
            return view?.terms.term(at: last.index) == last.term
        } catch {
            throw Violation(
                promise: .durability,
                detail: "\(error)",
                seed: cluster.simulation.configuration.seed
            )
        }
    }
}

extension Hunt {
    /// A disk is put back to an old copy, and who knows better comes later.
    package static let oldCopy = Hunt("an old copy of a disk") { (seed) throws(Violation) in
        _ = try OldCopy.play(SimulationConfiguration(seed: seed), appending: 10)
    }
}
