import Replication
import Storage
import TestSupport
import Testing

/// Handing the lead over, with requests under way at every node.
@Suite struct SimulationTransferTests {
    /// A few requests at each host; each gets a true answer, and takes effect once.
    private func requests(_ name: String, _ cluster: ScriptedCluster) throws -> [Ticket] {
        try (0..<12).map { try cluster.append("\(name)\($0)", lane: UInt64($0 + 1), at: $0 % 3) }
    }

    private func check(_ tickets: [Ticket], _ cluster: ScriptedCluster) throws {
        for ticket in tickets {
            let reply = try cluster.answer(to: ticket)
            guard case .output = reply else {
                Issue.record("\(reply)")
                return
            }
        }
        let values = cluster.values
        #expect(Set(values).count == values.count)
    }

    private func order(_ target: NodeIdentity?, _ cluster: ScriptedCluster) throws -> OrderOutcome?
    {
        let ticket = try cluster.simulation.submit(.transfer(to: target), at: cluster.leader)
        guard case .ordered(let outcome) = try cluster.answer(to: ticket) else { return nil }
        return outcome
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    @Aside func `requests wait for the next leader, and none fails`(seed: UInt64) throws {
        let cluster = try ScriptedCluster(seed: seed)
        var tickets = try requests("before", cluster)
        for round in 0..<4 {
            let (old, term) = (cluster.leader, cluster.simulation.term(of: cluster.leader))
            let next = cluster.followers[round % 2]
            let target = try #require(cluster.simulation.identity(of: next))
            let ticket = try cluster.simulation.submit(.transfer(to: target), at: old)
            tickets += try requests("during\(round)-", cluster)
            let outcome = try cluster.answer(to: ticket)
            #expect(outcome == .ordered(.transfer(.moved(to: target))))
            try cluster.change(from: old)
            #expect(cluster.leader == next)
            #expect(
                cluster.simulation.term(of: next) == term.next,
                "one election, that of the order"
            )
            tickets += try requests("after\(round)-", cluster)
        }
        try check(tickets, cluster)
        #expect(cluster.values.count == 12 * 9)
    }

    @Test @Aside func `if nobody takes over, what waited goes on here`() throws {
        let cluster = try ScriptedCluster()
        let (leader, dead) = (cluster.leader, cluster.followers[0])
        let target = try #require(cluster.simulation.identity(of: dead))
        let term = cluster.simulation.term(of: leader)
        cluster.isolate(dead)
        // The target does not get this one, so it is never asked to lead.
        var tickets = [try cluster.append("before", at: leader)]
        let ticket = try cluster.simulation.submit(.transfer(to: target), at: leader)
        for number in 0..<5 { tickets.append(try cluster.append("v\(number)", at: leader)) }
        tickets.append(try cluster.append("forwarded", at: cluster.followers[1]))
        #expect(try cluster.answer(to: ticket) == .ordered(.transfer(.timedOut(target))))
        try check(tickets, cluster)
        #expect(cluster.leader == leader && cluster.simulation.term(of: leader) == term)
        cluster.rejoin()
        #expect(try order(target, cluster) == .transfer(.moved(to: target)))
    }

    @Test @Aside func `orders that are refused and orders that run get each their own answer`()
        throws
    {
        let cluster = try ScriptedCluster()
        let (leader, followers) = (cluster.leader, cluster.followers)
        let targets = try followers.map { try #require(cluster.simulation.identity(of: $0)) }
        cluster.isolate(followers[0])
        _ = try cluster.append("a", at: leader)
        let tickets = try [targets[0], targets[1], targets[0], nil].map {
            try cluster.simulation.submit(.transfer(to: $0), at: leader)
        }
        let replies = try tickets.map { try cluster.answer(to: $0) }
        let timedOut = Reply.ordered(.transfer(.timedOut(targets[0])))
        #expect([replies[0], replies[2], replies[3]] == [timedOut, timedOut, timedOut])
        guard case .ordered(.transfer(.refused)) = replies[1] else {
            Issue.record("\(replies[1])")
            return
        }
        let follower = try cluster.simulation.submit(.transfer(), at: followers[1])
        let leaderIdentity = cluster.simulation.identity(of: leader)
        #expect(try cluster.answer(to: follower) == .ordered(.notLeader(leaderIdentity)))
    }

    @Test @Aside func `a leader that is about to stop hands over first`() throws {
        let cluster = try ScriptedCluster()
        let old = cluster.leader
        let term = cluster.simulation.term(of: old)
        let tickets = try requests("v", cluster)
        try cluster.simulation.announceStop(of: old)
        #expect(cluster.simulation.isHandingOver(old))
        try cluster.change(from: old)
        try check(tickets, cluster)
        #expect(!cluster.simulation.isHandingOver(old))
        #expect(cluster.simulation.term(of: cluster.leader) == term.next)
    }

    @Test @Aside func `the preferred node gets the lead back under load`() throws {
        let cluster = try ScriptedCluster {
            $0.policy = PriorityElection(order: ["n2", "n1"])
            $0.consensus.failbackStableTime = .milliseconds(500)
        }
        try cluster.reach("n2 leads") { $0.leader == 1 }
        var tickets = try requests("a", cluster)
        try check(tickets, cluster)
        try cluster.simulation.crash(1, powerLoss: false)
        try cluster.change(from: 1)
        try cluster.wait(.seconds(2))
        #expect(cluster.leader == 0)
        try cluster.simulation.start(1)
        try cluster.wait(.milliseconds(400))
        for number in 0..<200 {
            tickets.append(try cluster.append("b\(number)", at: number % 3))
            try cluster.wait(.milliseconds(10))
        }
        #expect(cluster.leader == 1)
        try check(tickets, cluster)
    }

    @Test @Aside func `what moves the lead is told`() throws {
        var configuration = SimulationConfiguration(seed: 1)
        configuration.adjust = { $0.policy = LowestIDElection() }
        let cluster = try ScriptedCluster(configuration)
        let log = Lock<[String]>([])
        cluster.simulation.onLog = { _, _, text in log.withLock { $0.append(text) } }
        try cluster.reach("n1 leads") { $0.leader == 0 }
        let target = try #require(cluster.simulation.identity(of: 2))
        _ = try order(target, cluster)
        try cluster.change(from: 0)
        try cluster.change(from: 2)
        let said = log.withLock { $0 }
        #expect(said.contains { $0.contains("handing the lead over to \(target), as ordered") })
        #expect(said.contains { $0.contains("prefers") })
    }
}
