package import Replication
import Storage

/// A follower's answer to an append of an earlier term, which its leader's next process takes for one
/// to a round of its own (pitfall 53).
package enum StaleReply {
    /// Plays the schedule on three whole nodes.
    ///
    /// - Throws: ``Violation`` of linearizability if a deposed leader answers a read; of the promise
    ///   `convergence` if the schedule could not be played.
    package static func play(seed: UInt64) throws(Violation) {
        let cluster = try ScriptedCluster(seed: seed)
        let simulation = cluster.simulation
        let (leader, stalled) = (cluster.leader, cluster.followers[0])

        // Appends gather unread at one follower; then the leader's process ends.
        simulation.withhold(from: leader, to: stalled)
        try cluster.wait(.seconds(2))
        // If the stalled one led it could not hand over to a node that it does not hear.
        simulation.pause(stalled, for: .seconds(2))
        try simulation.crash(leader, powerLoss: false)
        try simulation.start(leader)
        try cluster.reach("a leader") { $0.leader != nil }
        try lead(leader, cluster)
        // From the third node it hears of the term, and not yet from its leader.
        try cluster.reach("the follower in that term") {
            $0.term(of: stalled) == $0.term(of: leader)
        }

        // The follower reads them in the next term, and its answers are on their way for long.
        simulation.withhold(from: stalled, to: leader)
        try simulation.release(from: leader, to: stalled)

        // The others go on with another leader, of which this one has not heard when it is asked.
        let before = simulation.role(of: leader)
        let end = simulation.now + .seconds(3)
        simulation.pause(leader, for: .seconds(3))
        cluster.isolate(leader)
        try cluster.reach("another leader") { simulation in
            cluster.followers(than: leader).contains { simulation.role(of: $0) == .leader }
        }
        let next = cluster.followers(than: leader).first { simulation.role(of: $0) == .leader }
        let written = try cluster.appended("w", at: next ?? stalled)
        guard before == .leader, case .output = written else { throw unplayed(seed, "a write") }
        try cluster.wait(end - simulation.now + .milliseconds(10))
        guard simulation.role(of: leader) == .leader else { throw unplayed(seed, "an old leader") }
        let ticket = try simulation.query(Register.Read().lineBytes, .linearizable, at: leader)
        try simulation.run(for: .milliseconds(60))
        try simulation.release(from: stalled, to: leader)
        guard cluster.replies[ticket] == nil else {
            throw Violation(
                promise: .linearizability,
                detail: "a leader that was deposed answers a read",
                seed: seed
            )
        }
    }

    private static func lead(_ host: Int, _ cluster: ScriptedCluster) throws(Violation) {
        let simulation = cluster.simulation
        for _ in 0..<10 where simulation.leader != host {
            guard let identity = simulation.status(of: host)?.node,
                let leader = simulation.leader
            else { continue }
            try simulation.order(.transfer(to: identity), at: leader)
            try simulation.run(for: .milliseconds(300))
        }
        try cluster.reach("its first entry") {
            $0.role(of: host) == .leader && $0.last(of: host).term == $0.term(of: host)
                && $0.applied(of: host) == $0.last(of: host).index
        }
    }

    private static func unplayed(_ seed: UInt64, _ place: String) -> Violation {
        Violation(
            promise: .convergence,
            detail: "the schedule does not come to \(place)",
            seed: seed
        )
    }
}

extension ScriptedCluster {
    fileprivate func followers(than host: Int) -> [Int] {
        (0..<simulation.configuration.nodes).filter { $0 != host }
    }
}
