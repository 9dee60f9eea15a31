import Replication
import Storage
import TestSupport
import Testing

/// A policy that answers what a test wants.
struct ScriptedPolicy: ElectionPolicy {
    var campaign: Duration = .zero
    var vote: Duration = .zero
    var preferred: NodeIdentity?

    func campaignDelay(_ view: ElectionView) -> Duration { campaign }
    func voteDelay(for candidate: NodeIdentity, _ view: ElectionView) -> Duration { vote }
    func preferredLeader(_ view: ElectionView) -> NodeIdentity? { preferred }
}

/// What a policy may do, and what it may not.
@Suite struct ConsensusPolicyTests {
    typealias Bench = ConsensusBench

    static let durations: [Duration] = [
        .zero, .milliseconds(100), .seconds(-1), .seconds(Int64.max), .seconds(Int64.min),
        Duration(secondsComponent: .max, attosecondsComponent: 999_999_999_999_999_999),
        Duration(secondsComponent: .min, attosecondsComponent: -1),
    ]

    private static func clamp(_ delay: Duration) -> Duration {
        min(max(delay, .zero), Consensus.Configuration().electionTimeout)
    }

    @Test(arguments: durations)
    @Aside func `a campaign waits for the policy, for an election timeout at the most`(
        delay: Duration
    ) {
        var plain = Bench()
        plain.wait()
        var bench = Bench(policy: ScriptedPolicy(campaign: delay))
        while bench.core.role == .follower { bench.wait() }
        #expect(bench.now == plain.now + Self.clamp(delay))
        // When the leader's connection ends as well.
        bench = Bench(policy: ScriptedPolicy(campaign: delay))
        bench.receive(Bench.append(term: 1, after: (1, 1)))
        let start = bench.now
        bench.step(.disconnected(Bench.b))
        while bench.core.role == .follower { bench.wait() }
        #expect(bench.now == start + Self.clamp(delay))
    }

    @Test(arguments: durations)
    @Aside func `a pre-vote is withheld for an election timeout at the most`(delay: Duration) {
        let policy = ScriptedPolicy(vote: delay)
        let preVote = Message.preVote(Bench.request(term: 2, last: (1, 1)))
        var bench = Bench(policy: policy)
        let start = bench.now
        // From the start, and then from when the leader was lost.
        for _ in 0..<2 {
            bench.now = start + Self.clamp(delay) + .nanoseconds(-1)
            if delay > .zero { #expect(bench.receive(preVote, from: Bench.c) == []) }
            // A vote is never withheld, nor is the answer that a term is over.
            var other = bench
            let late = Message.preVote(Bench.request(term: 1, last: (1, 1)))
            #expect(other.receive(late, from: Bench.c).voteReply?.isGranted == false)
            #expect(other.isGranted(2, (1, 1)) == true)
            bench.now = start + Self.clamp(delay)
            #expect(bench.receive(preVote, from: Bench.c).voteReply?.isGranted == true)
            bench = Bench(policy: policy)
            bench.receive(Bench.append(term: 1, after: (1, 1)))
            bench.step(.disconnected(Bench.b))
        }
    }

    @Test @Aside func `a leader hands over to whom the policy prefers, after a stable time`() {
        var bench = ConsensusTransferTests.leader(policy: ScriptedPolicy(preferred: Bench.c))
        let start = bench.now
        var begun: [NodeIdentity] = []
        while begun.isEmpty, bench.now - start < .seconds(9) {
            begun = ConsensusTransferTests.beat(&bench).begunTransfers
        }
        #expect(begun == [Bench.c])
        let wait = bench.now - start
        #expect(wait >= .seconds(3) && wait <= .seconds(3) + .milliseconds(200))
    }

    @Test @Aside func `not to one that is dead, behind, no voter, or itself`() {
        let stranger = NodeIdentity(id: "x", incarnation: "00")
        for preferred in [Bench.a, Bench.wiped, stranger, Bench.c] {
            var bench = ConsensusTransferTests.leader(policy: ScriptedPolicy(preferred: preferred))
            let start = bench.now
            while bench.now - start < .seconds(5) {
                let effects = ConsensusTransferTests.beat(&bench, from: [Bench.b])
                #expect(effects.begunTransfers.isEmpty)
            }
            #expect(bench.core.role == .leader)
        }
        var behind = ConsensusTransferTests.leader(policy: ScriptedPolicy(preferred: Bench.c)) {
            $0.failbackLag = 3
        }
        for _ in 0..<4 { behind.step(.propose(bytes: [1])) }
        behind.persist()
        let start = behind.now
        while behind.now - start < .seconds(5) {
            let effects = behind.wait()
            #expect(effects.begunTransfers.isEmpty)
            let round = effects.appends.map(\.round).max()
            behind.acknowledge(6, round: round)
            behind.acknowledge(2, from: Bench.c, round: round)
        }
        #expect(behind.core.commitIndex == LogIndex(6))
        var learner = Bench(
            members: Bench.members(voters: [Bench.a, Bench.b], learners: [Bench.c]),
            policy: ScriptedPolicy(preferred: Bench.c)
        )
        learner.lead()
        learner.persist()
        let began = learner.now
        while learner.now - began < .seconds(5) {
            #expect(ConsensusTransferTests.beat(&learner).begunTransfers.isEmpty)
        }
        #expect(learner.core.role == .leader)
    }

    @Test @Aside func `each hand-over doubles the wait for the next, until it is forgotten`() {
        let configuration = Consensus.Configuration()
        var handOvers = HandOvers()
        var now = Instant(nanoseconds: 0)
        var waits: [Int64] = []
        for _ in 0..<10 {
            let wait = handOvers.wait(configuration, now)
            waits.append(wait.milliseconds / 1000)
            now = now + wait
            handOvers.note(configuration, now)
        }
        #expect(waits == [3, 6, 12, 24, 48, 96, 192, 300, 300, 300])
        now = now + .seconds(600)
        #expect(handOvers.wait(configuration, now) == .seconds(3))
    }

    @Test @Aside func `a policy cannot bounce the lead`() throws {
        // Each names another one, always.
        var cluster = ConsensusCluster(voters: 3, seed: 5) { own in
            let next = ["n1": "n2", "n2": "n3", "n3": "n1"][own.id] ?? ""
            let digit = next.last.map(String.init) ?? ""
            return ScriptedPolicy(
                preferred: NodeIdentity(id: next, incarnation: "000000000000000\(digit)")
            )
        }
        try cluster.settle(.seconds(10))
        // Waits of 40 ms to 1 s: six that double, then one a second, for each of three.
        #expect((20...40).contains(cluster.history.elections), "\(cluster.history.elections)")
        #expect(cluster.events[.began(.policy), default: 0] <= cluster.history.elections)
        try cluster.write(20)
    }
}

@Suite struct ElectionPoliciesTests {
    private let nodes = ["n1", "n2", "n3"].map { NodeIdentity(id: $0, incarnation: "aa") }

    private func view(_ own: Int, live: [Int] = [0, 1, 2], lost: Int? = nil) -> ElectionView {
        ElectionView(
            own: nodes[own],
            voters: nodes,
            live: live.map { nodes[$0] },
            lost: lost.map { nodes[$0] },
            electionTimeout: .milliseconds(400)
        )
    }

    @Test @Aside func `priorities prefer the first that lives, and let the better ones ask first`()
    {
        let policy = PriorityElection(order: ["n3", "n1"])
        #expect(policy.preferredLeader(view(0)) == nodes[2])
        #expect(policy.preferredLeader(view(1, live: [0, 1])) == nodes[0])
        let delays = (0..<3).map { policy.campaignDelay(view($0)) }
        #expect(delays == [.milliseconds(100), .milliseconds(200), .zero])
        #expect(policy.campaignDelay(view(0, lost: 2)) == .zero)
        #expect(policy.campaignDelay(view(1, lost: 2)) == .milliseconds(100))
    }

    @Test @Aside func `the lowest id is preferred`() {
        let policy = LowestIDElection()
        #expect(policy.preferredLeader(view(2, live: [1, 2])) == nodes[1])
        #expect(policy.campaignDelay(view(0)) == .zero)
        #expect(policy.campaignDelay(view(2)) == .milliseconds(200))
    }

    @Test @Aside func `by hand nobody is preferred, and the dead are replaced late`() {
        let policy = ManualElection()
        #expect(policy.preferredLeader(view(1)) == nil)
        #expect(policy.campaignDelay(view(1)) == .milliseconds(400))
        #expect(policy.voteDelay(for: nodes[0], view(1)) == .zero)
    }

    @Test @Aside func `by chance nobody waits`() {
        let policy = RandomizedElection()
        #expect(policy.preferredLeader(view(1)) == nil && policy.campaignDelay(view(2)) == .zero)
        #expect(policy.voteDelay(for: nodes[0], view(1)) == .zero)
    }
}
