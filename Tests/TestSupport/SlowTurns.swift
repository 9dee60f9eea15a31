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

    /// Pauses a follower again and again, for longer than it waits for its leader, with a request of
    /// its own on the way; heartbeats and the answer lie in its inputs when it goes on.
    ///
    /// - Throws: ``Violation`` of the promise `convergence` if it asks for votes, or forwards what the
    ///   leader has a second time.
    package static func playFollower(seed: UInt64) throws(Violation) {
        let cluster = try ScriptedCluster(seed: seed)
        let simulation = cluster.simulation
        let slow = cluster.followers[simulation.draw(2)]
        var (asked, forwarded) = (0, 0)
        simulation.onSend = { from, _, message in
            guard from == slow else { return }
            switch message {
            case .consensus(.preVote, _): asked += 1
            case .forward: forwarded += 1
            default: break
            }
        }
        for round in 1...10 {
            let ticket = try cluster.append("v\(round)", at: slow)
            simulation.pause(slow, for: .milliseconds(Int64(650 + simulation.draw(300))))
            _ = try cluster.answer(to: ticket)
            try cluster.wait(.microseconds(Int64(1_000 + simulation.draw(100_000))))
            guard asked == 0, forwarded == round else {
                throw Violation(
                    promise: .convergence,
                    detail: "a follower dropped a leader whose heartbeats it held: it asked for"
                        + " votes \(asked) times, and forwarded \(forwarded) times for \(round)",
                    seed: seed
                )
            }
        }
    }
}
