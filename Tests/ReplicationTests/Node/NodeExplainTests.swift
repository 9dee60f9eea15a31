import Storage
import TestSupport
import Testing

@testable import Replication

/// What nodes say of their cluster, in words.
@Suite struct NodeExplainTests {
    private static func texts(
        _ cluster: ScriptedCluster,
        _ host: Int,
        _ subject: Explanation.Subject
    ) throws -> [String] {
        let status = try #require(cluster.simulation.status(of: host))
        return status.explanations.filter { $0.subject == subject }.map(\.text)
    }

    @Test @Aside func `a cluster in order has nothing to say`() throws {
        let cluster = try ScriptedCluster()
        _ = try cluster.appended("a", at: cluster.leader)
        try cluster.wait(.seconds(2))
        for host in 0..<3 {
            #expect(try #require(cluster.simulation.status(of: host)).explanations == [])
        }
    }

    @Test @Aside func `who is left alone says whom it misses, and how many it needs`() throws {
        let cluster = try ScriptedCluster()
        let others = cluster.followers
        for host in others { try cluster.simulation.crash(host, powerLoss: false) }
        try cluster.wait(.seconds(5))
        let leader = (0..<3).first { !others.contains($0) } ?? 0
        let text = try #require(try Self.texts(cluster, leader, .leader).first)
        #expect(text.hasPrefix("no leader for "), "\(text)")
        #expect(text.contains("2 of 3 voters; not connected: "), "\(text)")
        for host in others { #expect(text.contains("n\(host + 1) (n\(host + 1):7401)"), "\(text)") }
    }

    @Test @Aside func `the leader says whose failure leaves no spare`() throws {
        let cluster = try ScriptedCluster()
        let gone = cluster.followers[0]
        try cluster.simulation.crash(gone, powerLoss: false)
        try cluster.wait(.seconds(2))
        let texts = try Self.texts(cluster, cluster.leader, .quorum)
        #expect(
            texts == [
                "n\(gone + 1) (not connected, n\(gone + 1):7401) does not answer;"
                    + " one more failure stops writes"
            ]
        )
        #expect(try Self.texts(cluster, cluster.leader, .commit) == [])
    }

    @Test @Aside func `the leader says who holds an entry up, and why`() throws {
        let cluster = try ScriptedCluster(nodes: 3)
        let followers = cluster.followers
        let shortage = FileError(.noSpace(.disk), call: "write", path: "journal")
        for host in followers { try cluster.simulation.step(host, .disk(.full(shortage))) }
        for number in 0..<4 { _ = try cluster.append("v\(number)", at: cluster.leader) }
        try cluster.wait(.seconds(2))
        let texts = try Self.texts(cluster, cluster.leader, .commit)
        let text = try #require(texts.first)
        #expect(text.contains("more of this leader wait for"), "\(text)")
        for host in followers {
            #expect(text.contains("n\(host + 1) (answers and stores nothing"), "\(text)")
            let own = try Self.texts(cluster, host, .disk)
            #expect(own.first?.hasPrefix("no requests are taken until there is space") == true)
        }
    }

    @Test @Aside func `a blank node says what it waits for`() throws {
        var configuration = SimulationConfiguration(seed: 1)
        configuration.startsHosts = false
        let simulation = try Simulation<Register>(configuration)
        try simulation.start(1)
        try simulation.run(for: .seconds(1))
        let texts = try #require(simulation.status(of: 1)).explanations.map(\.text)
        #expect(texts.count == 1 && texts[0].hasSuffix("not connected: n1:7401, n3:7401"))
    }

    @Test @Aside func `who knows a cluster whose creator is lost says what to do`() throws {
        var configuration = SimulationConfiguration(seed: 1)
        configuration.checksInvariants = false
        let simulation = try Simulation<Register>(configuration)
        #expect(try simulation.run(for: .seconds(5)) { simulation.cluster(of: 1) != nil })
        try simulation.loseDisk(of: 0)
        try simulation.start(0)
        try simulation.run(for: .seconds(5))
        try #require(simulation.last(of: 1).index == .zero)
        for host in 0..<3 {
            let status = try #require(simulation.status(of: host))
            let texts = status.explanations.map(\.text)
            let isTold = texts.contains { $0.contains("empty this one's data directory") }
            #expect(isTold, "\(host): \(texts)")
        }
    }

    @Test @Aside func `a clock that is off is named, with how far and which way`() {
        let names = ["n1", "n2", "n3"].map { NodeIdentity(id: $0, incarnation: "00000000000000aa") }
        let membership = Membership(
            incoming: names.map { Member(identity: $0, peerAddress: "p", clientAddress: "c") }
        )
        let now = Moment(
            instant: Instant(nanoseconds: 5_000_000_000),
            wall: Timestamp(milliseconds: 1_000_000)
        )
        var clock = ClusterClock(patience: .seconds(1))
        clock.note(Timestamp(milliseconds: 1_000_100), of: names[1], at: now)
        clock.note(Timestamp(milliseconds: 1_000_000 + 2_592_000_000), of: names[2], at: now)
        let offsets = names.map { clock.offset(of: $0, in: membership, own: names[0], at: now) }
        #expect(
            offsets == [
                .milliseconds(-100), .zero, .milliseconds(2_592_000_000 - 100),
            ]
        )
    }

    /// A follower hears its leader and nobody else: of two clocks that differ either may be wrong.
    @Test @Aside func `a follower that hears a wrong leader alone names no clock`() {
        let names = ["n1", "n2", "n3"].map { NodeIdentity(id: $0, incarnation: "00000000000000aa") }
        let membership = Membership(
            incoming: names.map { Member(identity: $0, peerAddress: "p", clientAddress: "c") }
        )
        let month: Int64 = 2_592_000_000
        let good = Moment(
            instant: Instant(nanoseconds: 5_000_000_000),
            wall: Timestamp(milliseconds: 2 * month)
        )
        let late = Moment(instant: good.instant, wall: Timestamp(milliseconds: month))
        var follower = ClusterClock(patience: .seconds(1))
        follower.note(late.wall, of: names[0], at: good)
        for name in names {
            #expect(follower.offset(of: name, in: membership, own: names[1], at: good) == nil)
        }
        // The leader hears both, and names itself.
        var leader = ClusterClock(patience: .seconds(1))
        leader.note(good.wall, of: names[1], at: late)
        leader.note(good.wall, of: names[2], at: late)
        let offsets = names.map { leader.offset(of: $0, in: membership, own: names[0], at: late) }
        #expect(offsets == [.milliseconds(-month), .zero, .zero])
        // A follower that has heard somebody else say the same may judge.
        follower.note(good.wall, of: names[2], at: good)
        #expect(
            follower.offset(of: names[0], in: membership, own: names[1], at: good)
                == .milliseconds(-month)
        )
    }

    @Test @Aside func `a majority that says the same judges, although not all were heard`() {
        let names = (1...5).map { NodeIdentity(id: "n\($0)", incarnation: "00000000000000aa") }
        let membership = Membership(
            incoming: names.map { Member(identity: $0, peerAddress: "p", clientAddress: "c") }
        )
        let now = Moment(
            instant: Instant(nanoseconds: 5_000_000_000),
            wall: Timestamp(milliseconds: 1_000_000)
        )
        var clock = ClusterClock(patience: .seconds(1))
        clock.note(Timestamp(milliseconds: 1_000_300), of: names[1], at: now)
        clock.note(Timestamp(milliseconds: 1_500_000), of: names[2], at: now)
        #expect(clock.offset(of: names[2], in: membership, own: names[0], at: now) == nil)
        clock.note(Timestamp(milliseconds: 999_900), of: names[3], at: now)
        #expect(
            clock.offset(of: names[2], in: membership, own: names[0], at: now)
                == .milliseconds(500_100)
        )
    }
}
