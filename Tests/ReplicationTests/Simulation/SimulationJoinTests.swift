import Replication
import Storage
import TestSupport
import Testing

/// Nodes that become members by asking: new ones, and those whose disk was lost.
@Suite struct SimulationJoinTests {
    @Test(arguments: [1, 2] as [UInt64])
    @Aside func `a new node joins under load, catches up and counts`(seed: UInt64) throws {
        let script = try MembersScript(seed: seed)
        try script.write(20)
        let host = try script.simulation.addHost()
        while script.role(of: host) != .voter {
            try script.write(1)
            try script.cluster.wait(.milliseconds(20))
        }
        try script.agree(0, 1, 2, 3)
        // Of four voters three must agree, and the new one is one of them.
        let victim = try #require((0..<3).first { $0 != script.leader })
        try script.simulation.crash(victim, powerLoss: false)
        try script.write(5)
        #expect(script.said("joining cluster", by: host) == 1)
    }

    @Test @Aside func `a new node gets a snapshot of what was compacted`() throws {
        let script = try MembersScript(isSnapshotting: true)
        try script.write(60)
        let host = try script.simulation.addHost()
        try script.becomes(.voter, host)
        try script.agree(0, 1, 2, 3)
        #expect(script.said("installed a snapshot", by: host) > 0)
    }

    @Test @Aside func `a learner stays one`() throws {
        let script = try MembersScript { $0.joinsAsLearner = $0.peerAddress == "n4:7401" }
        let host = try script.simulation.addHost()
        try script.becomes(.learner, host)
        try script.write(3)
        try script.agree(0, 1, 2, 3)
        try script.cluster.wait(.seconds(5))
        #expect(script.role(of: host) == .learner)
    }

    @Test @Aside func `a new node that dies before any packet comes in all the same`() throws {
        for packets in 0...14 {
            let script = try MembersScript(seed: UInt64(packets) + 1)
            let host = try script.simulation.addHost()
            script.simulation.crash(host, afterPackets: packets)
            _ = try script.simulation.run(for: .seconds(3)) { !script.simulation.isUp(host) }
            try script.simulation.start(host)
            try script.becomes(.voter, host)
        }
    }

    @Test @Aside func `a new node comes in although the leader that admits it dies`() throws {
        for packets in stride(from: 0, through: 45, by: 5) {
            let script = try MembersScript(seed: 3)
            let host = try script.simulation.addHost()
            try script.cluster.reach("a wish") { _ in
                script.said("asks to join", by: script.leader) > 0
            }
            let leader = script.leader
            script.simulation.crash(leader, afterPackets: packets)
            _ = try script.simulation.run(for: .seconds(2)) { !script.simulation.isUp(leader) }
            try script.cluster.wait(.seconds(1))
            if !script.simulation.isUp(leader) { try script.simulation.start(leader) }
            try script.becomes(.voter, host)
            try script.write(2)
            try script.agree(0, 1, 2, 3)
        }
    }

    @Test @Aside func `a new node comes in although the entry that admits it is lost`() throws {
        let script = try MembersScript(seed: 3)
        try script.write(3)
        let host = try script.simulation.addHost()
        try script.cluster.reach("a wish") { _ in
            script.said("asks to join", by: script.leader) > 0
        }
        // The entry gets to the new node, and to nobody else.
        let leader = script.leader
        let entry = script.simulation.last(of: leader).index
        script.simulation.partition((0...host).map { $0 == leader || $0 == host ? 1 : 0 })
        try script.cluster.reach("the entry") { $0.last(of: host).index >= entry }
        try script.cluster.reach("another leader") { simulation in
            (0..<3).contains { $0 != leader && simulation.status(of: $0)?.role == "leader" }
        }
        script.simulation.partition((0...host).map { _ in 0 })
        try script.becomes(.voter, host)
        try script.write(2)
        try script.agree(0, 1, 2, 3)
    }

    enum Lost: CaseIterable {
        case leader
        case follower
        case creator
    }

    @Test(arguments: Lost.allCases)
    @Aside func `pitfall 9: a lost disk is replaced from the others, in the old one's place`(
        lost: Lost
    ) throws {
        let script = try MembersScript(silence: .seconds(10))
        try script.write(20)
        let host =
            switch lost {
            case .leader: script.leader
            case .follower: try #require((1..<3).first { $0 != script.leader })
            case .creator: 0
            }
        let old = try script.identity(host)
        let start = script.simulation.now
        try script.simulation.loseDisk(of: host)
        try script.simulation.start(host)
        try script.write(10, at: (host + 1) % 3)
        #expect(script.role(of: host) == nil)
        try script.becomes(.voter, host)
        #expect(script.simulation.now - start > .seconds(10))
        #expect(script.said("id_in_use", by: host) == 1)
        #expect(script.members.count == 3 && !script.members.contains { $0.identity == old })
        try script.agree(0, 1, 2)
        // It counts again: another one may go.
        try script.simulation.crash((host + 1) % 3, powerLoss: true)
        try script.cluster.reach("a leader") { $0.leader.map { $0 != (host + 1) % 3 } ?? false }
        try script.write(3)
    }

    @Test @Aside func `a second lost disk of one id waits for an order`() throws {
        let script = try MembersScript()
        let host = script.cluster.followers[0]
        try script.simulation.loseDisk(of: host)
        try script.simulation.start(host)
        try script.becomes(.voter, host)
        let second = try script.identity(host)
        try script.simulation.loseDisk(of: host)
        try script.simulation.start(host)
        try script.cluster.wait(.seconds(15))
        #expect(script.role(of: host) == nil)
        #expect(script.said("replaced_lately", by: host) == 1)
        try script.change(.remove(second))
        try script.becomes(.voter, host)
        #expect(script.members.count == 3)
    }

    @Test @Aside func `a disk that is lost while it is replaced is replaced after the hour`() throws
    {
        let script = try MembersScript()
        try script.write(3)
        let host = script.cluster.followers[0]
        try script.simulation.loseDisk(of: host)
        try script.simulation.start(host)
        try script.cluster.reach("the second one") { _ in
            script.members.contains { $0.role == .joining }
        }
        try script.simulation.loseDisk(of: host)
        try script.simulation.start(host)
        // It is called, though the second one is called by its name at the same address.
        try script.cluster.reach("the reason") { _ in script.said("replaced_lately", by: host) > 0 }
        script.simulation.passWallTime(.seconds(3_700))
        try script.becomes(.voter, host)
        #expect(script.members.count == 3)
        try script.write(2)
        try script.agree(0, 1, 2)
    }

    @Test @Aside func `two lost disks are replaced one after the other`() throws {
        let script = try MembersScript(nodes: 5)
        let hosts = Array(script.cluster.followers.prefix(2))
        for host in hosts { try script.simulation.loseDisk(of: host) }
        for host in hosts { try script.simulation.start(host) }
        try script.cluster.reach("two voters") { _ in
            let ids = script.members.map(\.identity.id)
            #expect(ids.count - Set(ids).count <= 1, "\(ids)")
            return hosts.allSatisfy { script.role(of: $0) == .voter }
        }
        #expect(script.members.count == 5)
    }

    @Test @Aside func `pitfall 25: a disk that comes back after it was replaced disturbs nobody`()
        throws
    {
        let script = try MembersScript()
        let host = script.cluster.followers[0]
        let old = script.simulation.disk(of: host)
        let identity = try script.identity(host)
        try script.simulation.loseDisk(of: host)
        try script.simulation.start(host)
        try script.becomes(.voter, host)
        try script.simulation.crash(host, powerLoss: false)
        let new = script.simulation.disk(of: host)
        script.simulation.replaceDisk(of: host, old)
        let (leader, term) = (script.leader, script.simulation.term(of: script.leader))
        try script.simulation.start(host)
        try script.cluster.reach("the word") { $0.status(of: host)?.isRemoved == true }
        try script.cluster.wait(.seconds(3))
        #expect(script.leader == leader && script.simulation.term(of: leader) == term)
        let member = Member(
            identity: identity,
            peerAddress: "n9:1",
            clientAddress: "n9:2",
            role: .joining
        )
        guard case .invalid? = try script.refusal(of: .add(member)) else {
            Issue.record("who was replaced was added")
            return
        }
        try script.write(3)
        try script.simulation.crash(host, powerLoss: false)
        script.simulation.replaceDisk(of: host, new)
        try script.simulation.start(host)
        try script.agree(0, 1, 2)
    }
}
