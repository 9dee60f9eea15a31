package import Replication
import Storage

/// Nodes whose turns take 250 ms now and then, in a cluster in which nothing else goes wrong.
package enum SlowTurns {
    /// Pauses the leader again and again; what the others have sent meanwhile lies in its inputs.
    ///
    /// - Throws: ``Violation`` of the promise `convergence` if somebody else leads, or a new term
    ///   began, though acknowledgements had arrived in time.
    package static func play(seed: UInt64) throws(Violation) {
        // The others wait for longer than a turn: only the leader's own rule is tried.
        let cluster = try ScriptedCluster(seed: seed) {
            $0.consensus.electionTimeout = .milliseconds(600)
        }
        let simulation = cluster.simulation
        let (leader, term) = (cluster.leader, simulation.term(of: cluster.leader))
        for _ in 0..<20 {
            try cluster.wait(.microseconds(Int64(100_000 + simulation.draw(700_000))))
            simulation.pause(leader, for: .milliseconds(540))
            try cluster.wait(.milliseconds(545))
            guard simulation.role(of: leader) == .leader, simulation.term(of: leader) == term else {
                throw Violation(
                    promise: .convergence,
                    detail: "a leader stepped down that held acknowledgements",
                    seed: seed
                )
            }
        }
    }
}
