package import Replication
package import Storage

extension OldCopy {
    /// What came of a node that was told what it acknowledged.
    package struct Told {
        /// The cluster; the leader's process has ended, and two of five lack what is committed.
        package let cluster: ScriptedCluster
        /// The host with the old copy.
        package let old: Int
        /// The only one that is up and holds all.
        package let witness: Int
        /// The hosts that were away when the last entries were committed.
        package let behind: [Int]
        /// The last entry that was committed.
        package let last: LogPosition
    }

    /// Copies a disk, commits entries by three of five nodes, ends the leader's process, puts the
    /// copy back, and lets the two that were away reach only the node with the copy: with its vote
    /// they would be a majority that knows nothing of those entries.
    ///
    /// One node that holds them reaches the one with the copy, before those two do, and nobody from
    /// then on.
    ///
    /// - Parameters:
    ///   - configuration: The cluster, but for the number of nodes.
    ///   - goesOn: Whether that one goes on reaching the one with the copy, and can give it what it
    ///     lacks.
    /// - Returns: The cluster, five seconds later.
    /// - Throws: ``Violation`` of the invariants if they elect a leader; of the promise
    ///   `convergence` if the schedule could not be played.
    package static func playTold(
        _ configuration: SimulationConfiguration,
        goesOn: Bool = false
    ) throws(Violation) -> Told {
        var configuration = configuration
        configuration.nodes = 5
        let cluster = try ScriptedCluster(configuration)
        let simulation = cluster.simulation
        let leader = cluster.leader
        let (old, witness) = (cluster.followers[0], cluster.followers[1])
        let behind = Array(cluster.followers[2...])
        for number in 0..<3 { _ = try cluster.appended("a\(number)", at: leader) }
        try cluster.reach("one log") { $0.isConverged }
        simulation.partition { behind.contains($0) != behind.contains($1) }
        try simulation.crash(old, powerLoss: false)
        let copy = simulation.copyDisk(of: old)
        try simulation.start(old)
        for number in 0..<10 { _ = try cluster.appended("b\(number)", at: leader) }
        try cluster.wait(.seconds(1))
        let last = simulation.last(of: leader)
        try simulation.crash(old, powerLoss: false)
        try simulation.crash(leader, powerLoss: false)
        try simulation.putBack(old, copy)
        try cluster.wait(.milliseconds(250))
        simulation.partition { from, to in
            guard from == witness || to == witness else { return false }
            return !goesOn || behind.contains(from) || behind.contains(to)
        }
        try cluster.wait(.seconds(5))
        return Told(cluster: cluster, old: old, witness: witness, behind: behind, last: last)
    }
}

extension Hunt {
    /// A node on an old copy of its disk is asked for its vote by those that lack what it
    /// acknowledged.
    package static let toldBack = Hunt("an old copy that was told") { (seed) throws(Violation) in
        let told = try OldCopy.playTold(SimulationConfiguration(seed: seed))
        told.cluster.rejoin()
        try told.cluster.reach("the acknowledged entries at all that are up") { simulation in
            ([told.old, told.witness] + told.behind).allSatisfy {
                simulation.applied(of: $0) >= told.last.index
            }
        }
    }
}
