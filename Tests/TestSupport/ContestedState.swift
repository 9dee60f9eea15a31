package import Replication
import Storage

/// A leader whose state goes wrong, and a member that needs a snapshot (pitfall 54).
package enum ContestedState {
    /// When the member gets its snapshot.
    package enum Order: String, CaseIterable, Sendable {
        /// The good node has contradicted the leader by then.
        case contradictedFirst
        /// The good node is cut off, and contradicts later.
        case copiedFirst
    }

    /// Plays the schedule on three whole nodes: a bad leader, a good one, one that is behind.
    ///
    /// - Returns: The cluster, and who is the leader, the good node and the one that was behind.
    /// - Throws: ``Violation`` of the promise `determinism` if the good node gives its state up; of
    ///   `convergence` if the schedule could not be played.
    @discardableResult
    package static func play(_ order: Order, seed: UInt64) throws(Violation) -> (
        cluster: ScriptedCluster, bad: Int, good: Int, behind: Int
    ) {
        var configuration = SimulationConfiguration.snapshotting(seed: seed)
        if order == .copiedFirst {
            let base = configuration.adjust
            // The next question comes when the copy is made.
            configuration.adjust = { node in
                base(&node)
                node.digestInterval = .seconds(10)
            }
        }
        let cluster = try ScriptedCluster(configuration)
        let simulation = cluster.simulation
        let (bad, good, behind) = (cluster.leader, cluster.followers[0], cluster.followers[1])
        for number in 0..<5 { _ = try cluster.appended("a\(number)", at: bad) }
        cluster.isolate(behind)
        // Before the snapshot that the member needs is written.
        simulation.corrupt(bad) { $0.goWrong() }
        try cluster.outrun(by: 80)
        switch order {
        case .contradictedFirst:
            cluster.rejoin()
            try cluster.wait(.seconds(8))
        case .copiedFirst:
            cluster.isolate(good)
            let before = simulation.counts[.installs]
            try cluster.reach("a copy") { $0.counts[.installs] > before }
            cluster.rejoin()
        }
        for number in 0..<20 {
            guard let leader = simulation.leader else { break }
            _ = try cluster.appended("d\(number)", at: leader)
            try cluster.wait(.seconds(1))
            guard !simulation.isDiverged(good) else {
                throw Violation(
                    promise: .determinism,
                    detail: "a copy of a contested state outvotes the good one",
                    seed: seed
                )
            }
        }
        return (cluster, bad, good, behind)
    }
}

extension ScriptedCluster {
    /// Appends so much at the leader that who is cut off needs a snapshot.
    package func outrun(by number: Int) throws(Violation) {
        for place in 0..<number {
            _ = try appended("b\(place)", at: leader)
            // Snapshots take their time.
            if place % 20 == 19 { try wait(.milliseconds(250)) }
        }
    }
}
