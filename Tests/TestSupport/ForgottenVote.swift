package import Replication
import Storage

/// A voter that crashes right after it has made a leader, and is asked again in the same term.
package enum ForgottenVote {
    /// Plays the schedule on three whole nodes; the invariants are checked all along.
    ///
    /// - Throws: ``Violation`` if two nodes lead one term; of the promise `convergence` if the
    ///   schedule could not be played.
    package static func play(seed: UInt64) throws(Violation) {
        let cluster = try ScriptedCluster(seed: seed)
        let simulation = cluster.simulation
        let (old, rest) = (cluster.leader, cluster.followers)

        // The other two make one of them the leader of a term of which the old one knows nothing.
        cluster.isolate(old)
        try cluster.reach("a new leader") { _ in
            rest.contains { simulation.role(of: $0) == .leader }
        }
        let new = rest.first { simulation.role(of: $0) == .leader } ?? rest[0]
        let voter = rest.first { $0 != new } ?? rest[1]

        // The voter crashes, comes back, and hears from the old leader alone.
        simulation.partition([0, 1, 2])
        try simulation.crash(voter, powerLoss: true)
        try cluster.reach("the end of the old leader") { $0.role(of: old) != .leader }
        try simulation.start(voter)
        cluster.isolate(new)
        try cluster.reach("a third leader") { _ in
            [old, voter].contains {
                simulation.role(of: $0) == .leader
                    && simulation.last(of: $0).term == simulation.term(of: $0)
                    && simulation.applied(of: $0) == simulation.last(of: $0).index
            }
        }
        cluster.rejoin()
        try cluster.reach("one log") { $0.isConverged }
    }
}
