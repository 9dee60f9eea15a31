import Storage
import TestSupport
import Testing

@testable import Replication

/// Changes of members by order.
@Suite struct SimulationChangeTests {
    @Test @Aside func `a removed follower is told, keeps still, and the others go on`() throws {
        let script = try MembersScript(nodes: 4)
        try script.write(5)
        let host = script.cluster.followers[0]
        try script.change(.remove(try script.identity(host)))
        try script.cluster.reach("the word") { $0.status(of: host)?.isRemoved == true }
        #expect(script.members.count == 3)
        let reply = try script.cluster.appended("late", at: host)
        #expect(reply == .failed(.removed, key: "late"))
        try script.write(3)
    }

    @Test(arguments: 1...3 as ClosedRange<UInt64>)
    @Aside func `who is removed while its first snapshot is on the way hears of it`(
        seed: UInt64
    ) throws {
        let script = try MembersScript(seed: seed, isSnapshotting: true)
        try script.write(60)
        let host = try script.simulation.addHost()
        try script.cluster.reach("a snapshot on its way") { _ in
            script.said("it is sent a snapshot", by: script.leader) > 0
        }
        script.simulation.network.slow(script.leader, host, by: .milliseconds(100))
        try script.change(.remove(try script.identity(host)))
        #expect(script.simulation.last(of: host).index == .zero)
        try script.cluster.reach("the word") { $0.status(of: host)?.isRemoved == true }
        try script.write(3)
    }

    @Test @Aside func `a removed leader finishes its own removal, and another one leads`() throws {
        let script = try MembersScript(nodes: 4)
        try script.write(5)
        let old = script.leader
        try script.change(.remove(try script.identity(old)))
        try script.cluster.change(from: old)
        try script.cluster.reach("the word") { $0.status(of: old)?.isRemoved == true }
        try script.write(5)
        #expect(script.members.count == 3)
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    @Aside func `pitfall 23: who missed its removal raises no term and deposes nobody`(
        seed: UInt64
    ) throws {
        let script = try MembersScript(nodes: 4, seed: seed)
        let host = script.cluster.followers[Int(seed % 3)]
        let identity = try script.identity(host)
        script.cluster.isolate(host)
        try script.cluster.wait(.seconds(1))
        try script.change(.remove(identity))
        try script.write(3)
        let (leader, term) = (script.leader, script.simulation.term(of: script.leader))
        script.cluster.rejoin()
        for _ in 0..<50 {
            try script.cluster.wait(.milliseconds(100))
            #expect(script.leader == leader && script.simulation.term(of: leader) == term)
        }
        #expect(script.simulation.status(of: host)?.isRemoved == true)
        #expect(script.simulation.status(of: host)?.role == "follower")
        #expect(script.said("was removed", by: host) == 1)
        // Also after a start, when it has forgotten that it was told.
        try script.simulation.crash(host, powerLoss: false)
        try script.simulation.start(host)
        try script.cluster.wait(.seconds(3))
        #expect(script.leader == leader && script.simulation.term(of: leader) == term)
        #expect(script.simulation.status(of: host)?.isRemoved == true)
    }

    @Test @Aside func `pitfall 25: who was removed comes back with an empty disk alone`() throws {
        let script = try MembersScript(nodes: 4)
        let host = script.cluster.followers[0]
        let old = try #require(script.members.first { $0.identity.id == "n\(host + 1)" })
        try script.change(.remove(old.identity))
        var again = old
        again.role = .joining
        guard case .invalid(let reason)? = try script.refusal(of: .add(again)) else {
            Issue.record("it was added again")
            return
        }
        #expect(reason.contains("was removed"))
        #expect(try script.refusal(of: .add(again), isDryRun: true) == .invalid(reason))
        try script.simulation.loseDisk(of: host)
        try script.simulation.start(host)
        try script.becomes(.voter, host)
        try script.write(3)
        try script.agree(0, 1, 2, 3)
    }

    @Test @Aside func `a learner takes a voter's place in one change`() throws {
        let script = try MembersScript { $0.joinsAsLearner = $0.peerAddress == "n4:7401" }
        let host = try script.simulation.addHost()
        try script.becomes(.learner, host)
        let old = script.cluster.followers[0]
        let change = MembershipChange.replace(
            try script.identity(old),
            with: try script.identity(host)
        )
        let behind = try script.refusal(of: change, isDryRun: true)
        guard case .invalid(let reason)? = behind else {
            Issue.record("\(String(describing: behind))")
            return
        }
        #expect(reason.contains("behind"), "it has only just come")
        try script.cluster.wait(.seconds(1))
        guard case .planned(let plan) = try script.order(change, isDryRun: true) else {
            Issue.record("no plan")
            return
        }
        #expect(plan.quorum == 2 && plan.live.count == 3)
        #expect(plan.lag[try script.identity(host)] == 0)
        try script.change(change)
        #expect(script.role(of: host) == .voter && script.role(of: old) == nil)
        #expect(script.members.map(\.identity) == plan.membership.incoming.map(\.identity))
        try script.write(3)
    }

    @Test @Aside func `a voter becomes a learner and a voter again`() throws {
        let script = try MembersScript()
        let host = script.cluster.followers[0]
        let identity = try script.identity(host)
        try script.change(.demote(identity))
        #expect(script.role(of: host) == .learner)
        try script.write(3)
        try script.change(.promote(identity))
        #expect(script.role(of: host) == .voter)
        try script.agree(0, 1, 2)
    }

    @Test @Aside
    func `a member moves to another address, and is connected all the time until then`()
        throws
    {
        let script = try MembersScript()
        let host = script.cluster.followers[0]
        let identity = try script.identity(host)
        try script.change(.readdress(identity, peer: "moved:7401", client: "moved:7400"))
        try script.write(3)
        try script.agree(0, 1, 2)
        try script.simulation.crash(host, powerLoss: false)
        script.simulation.move(host, to: "moved:7401")
        try script.simulation.start(host)
        try script.write(3)
        try script.agree(0, 1, 2)
        #expect(script.members.first { $0.identity == identity }?.peerAddress == "moved:7401")
    }

    @Test @Aside func `a member that moves before it is ordered is followed`() throws {
        let script = try MembersScript()
        let host = script.cluster.followers[0]
        let identity = try script.identity(host)
        try script.simulation.crash(host, powerLoss: false)
        script.simulation.move(host, to: "moved:7401")
        try script.simulation.start(host)
        try script.write(3)
        try script.agree(0, 1, 2)
        try script.change(.readdress(identity, peer: "moved:7401", client: "moved:7400"))
        try script.write(3)
        try script.agree(0, 1, 2)
    }

    @Test @Aside func `what is refused says why, also in a dry run`() throws {
        let script = try MembersScript(nodes: 4)
        let identities = try (0..<4).map { try script.identity($0) }
        let status = try #require(script.simulation.status(of: script.leader))
        let change = MembershipChange.demote(identities[script.cluster.followers[0]])
        for isDryRun in [true, false] {
            let follower = script.cluster.followers[0]
            let outcome = try script.order(change, isDryRun: isDryRun, at: follower)
            #expect(outcome == .notLeader(identities[script.leader]))
            let stale = status.membershipIndex.previous
            #expect(
                try script.refusal(of: change, expecting: stale, isDryRun: isDryRun)
                    == .changed(status.membershipIndex)
            )
        }
        // The first of two is begun, and the second finds it.
        var outcomes: [OrderOutcome] = []
        for node in script.cluster.followers.prefix(2) {
            try script.simulation.order(.change(.demote(identities[node])), at: script.leader) {
                outcomes.append($0)
            }
        }
        guard case .changeRefused(.inProgress) = outcomes.first else {
            Issue.record("\(outcomes)")
            return
        }
        try script.cluster.reach("the end of the first") { _ in outcomes.count == 2 }
        guard case .changed(let index, let members) = outcomes.last else {
            Issue.record("\(outcomes)")
            return
        }
        #expect(index == script.simulation.status(of: script.leader)?.membershipIndex)
        #expect(members.incoming == script.members)
    }

    @Test @Aside func `pitfall 24: a change that would leave no live majority is refused`() throws {
        let script = try MembersScript()
        let (host, other) = (script.cluster.followers[0], script.cluster.followers[1])
        let identity = try script.identity(other)
        try script.simulation.crash(host, powerLoss: false)
        try script.cluster.wait(.seconds(2))
        for isDryRun in [true, false] {
            let refusal = try script.refusal(of: .remove(identity), isDryRun: isDryRun)
            #expect(refusal == .noLiveMajority(live: 1, needed: 2))
        }
        #expect(script.members.count == 3)
    }

    @Test @Aside func `whoever stops leading during a change says that it is unknown`() throws {
        let script = try MembersScript()
        let (leader, host) = (script.leader, script.cluster.followers[0])
        var outcome: OrderOutcome?
        script.cluster.isolate(leader)
        try script.simulation.order(
            .change(.demote(try script.identity(host))),
            at: leader
        ) { outcome = $0 }
        #expect(outcome == nil)
        try script.cluster.reach("an outcome") { _ in outcome != nil }
        #expect(outcome == .changeUnknown)
        script.cluster.rejoin()
        try script.cluster.reach("agreement") { $0.isConverged }
    }
}
