import Replication
import Storage
import TestSupport
import Testing

/// A policy that wants to harm: the same one on all nodes, or on each another.
struct AdversarialPolicy: ElectionPolicy {
    enum Kind: CaseIterable, Sendable {
        case random, largest, smallest, others, itself, dead, learner, nobodyElse
    }

    let kind: Kind
    /// What cannot be told from chance; a policy has no state of its own.
    let seed: UInt64

    private func draw(_ view: ElectionView, _ salt: Int) -> UInt64 {
        var generator = SeededGenerator(seed: seed &+ UInt64(salt) &+ UInt64(view.live.count))
        return generator.next()
    }

    private func delay(_ view: ElectionView, _ salt: Int) -> Duration {
        switch kind {
        case .random, .others, .dead, .learner:
            .nanoseconds(Int64(truncatingIfNeeded: draw(view, salt)))
        case .largest, .itself: .seconds(Int64.max)
        case .smallest: .seconds(Int64.min)
        case .nobodyElse: .zero
        }
    }

    func campaignDelay(_ view: ElectionView) -> Duration { delay(view, 1) }

    func voteDelay(for candidate: NodeIdentity, _ view: ElectionView) -> Duration {
        kind == .nobodyElse ? .seconds(Int64.max) : delay(view, candidate.id.utf8.count + 2)
    }

    func preferredLeader(_ view: ElectionView) -> NodeIdentity? {
        switch kind {
        case .random: view.voters[Int(draw(view, 3) % UInt64(view.voters.count))]
        case .largest, .others: view.voters.last { $0 != view.own }
        case .smallest: view.voters.first { $0 != view.own }
        case .itself, .nobodyElse: view.own
        case .dead: NodeIdentity(id: "n1", incarnation: "00000000000000ff")
        case .learner: NodeIdentity(id: "n\(view.voters.count + 1)", incarnation: "0")
        }
    }
}

/// No policy breaks a promise of Raft or stops elections.
@Suite struct ConsensusAdversaryTests {
    /// One kind on all nodes, or on each another.
    static func cluster(_ seed: UInt64) -> ConsensusCluster {
        let kinds = AdversarialPolicy.Kind.allCases
        let isMixed = seed % 3 == 0
        return ConsensusCluster(
            voters: [3, 5][Int(seed % 2)],
            learners: Int(seed % 2),
            seed: seed
        ) { own in
            let place = isMixed ? own.id.utf8.reduce(0) { $0 + Int($1) } : 0
            let kind = kinds[(Int(seed) + place) % kinds.count]
            return AdversarialPolicy(kind: kind, seed: seed &+ UInt64(place))
        }
    }

    @Test(arguments: 0..<24)
    @Aside func `promises hold under any policy, and work goes on after faults`(seed: UInt64) throws
    {
        var cluster = Self.cluster(seed)
        for _ in 0..<3000 { try cluster.happen(faulty: true) }
        let before = cluster.history.commitIndex
        let isHealed = try cluster.run(steps: 10_000) { cluster in
            cluster.history.answeredReads > 0
                && cluster.transferOrders.values.allSatisfy { $0 == 0 }
                && cluster.identities.allSatisfy {
                    cluster.node($0).core.commitIndex.value > before.value + 5
                }
        }
        #expect(isHealed, "seed \(seed) stands still at \(before): \(cluster.description)")
    }

    @Test @Aside func `under any policy a leader is found within a few election timeouts`() throws {
        var longest = Duration.zero
        for seed in 0..<60 as Range<UInt64> {
            var cluster = Self.cluster(seed)
            // The first election, then those after the loss of a minority of leaders.
            for _ in 0...cluster.voters.count / 2 {
                let start = cluster.now
                while cluster.liveLeader == nil, cluster.now - start < .seconds(3) {
                    try cluster.settle(.milliseconds(1))
                }
                longest = max(longest, cluster.now - start)
                guard let leader = cluster.liveLeader else { break }
                try cluster.step(leader, .propose(bytes: [10]))
                try cluster.settle(.milliseconds(2))
                cluster.cut.insert(leader)
                cluster.now = cluster.now + .milliseconds(31)
            }
        }
        // Timeouts are 30 ms here. One try takes up to three of them, and some tries collide.
        #expect(longest < .milliseconds(600), "\(longest)")
    }
}

extension ConsensusCluster {
    /// The leader of the latest term, unless it is cut off.
    fileprivate var liveLeader: NodeIdentity? { leader.flatMap { cut.contains($0) ? nil : $0 } }
}

@Suite struct ConsensusPriorityTests {
    @Test @Aside
    func `pitfall 8: a node that only comes last leads if it alone has the newest log`()
        throws
    {
        var cluster = ConsensusCluster(voters: 3, seed: 1) { _ in
            PriorityElection(order: ["n1", "n2", "n3"])
        }
        try cluster.settle(.milliseconds(500))
        let (first, second, last) = (
            cluster.identities[0], cluster.identities[1], cluster.identities[2]
        )
        // n2 misses what n1 and n3 commit; then n1 is gone.
        cluster.cut = [second]
        try cluster.settle(.milliseconds(200))
        try cluster.write(3)
        #expect(cluster.commit(of: last) > cluster.commit(of: second))
        cluster.cut = [first]
        try cluster.settle(.milliseconds(500))
        // The preferred one of the two has caught up by then, and was handed the lead.
        #expect(cluster.history.succession.suffix(3) == [first, last, second])
        #expect(cluster.leader == second)
        try cluster.write(1)
    }
}
