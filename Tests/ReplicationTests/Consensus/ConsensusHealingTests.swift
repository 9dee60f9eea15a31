import Replication
import Storage
import TestSupport
import Testing

/// Whole scenarios of nodes that lost something, or have no room for it.
@Suite struct ConsensusHealingTests {
    /// Three voters that have committed ten entries or so, with the leader and the others.
    private func cluster() throws -> (ConsensusCluster, NodeIdentity, [NodeIdentity]) {
        var cluster = ConsensusCluster(voters: 3, seed: 1)
        try cluster.settle(.milliseconds(200))
        try cluster.write(10)
        let leader = try #require(cluster.leader)
        return (cluster, leader, cluster.identities.filter { $0 != leader })
    }

    private func isWhole(_ cluster: ConsensusCluster, beyond index: LogIndex) -> Bool {
        cluster.identities.allSatisfy {
            cluster.commit(of: $0) > index && cluster.node($0).disk.lost == nil
        }
    }

    @Test(arguments: [0, 1, 2], [(3, 6), (6, 3), (1, 10), (5, 5)])
    @Aside func `two nodes damaged at different entries heal from the third`(
        good: Int,
        kept: (UInt64, UInt64)
    ) throws {
        var (cluster, _, _) = try cluster()
        let before = cluster.history.commitIndex
        let damaged = cluster.identities.indices.filter { $0 != good }
        for (place, index) in zip(damaged, [kept.0, kept.1]) {
            let identity = cluster.identities[place]
            var disk = cluster.node(identity).disk
            disk.damage(after: LogIndex(index), withSnapshot: false, of: identity)
            try cluster.restart(identity, from: disk)
            try cluster.tell(ofRestart: identity)
        }
        try cluster.settle(.milliseconds(300))
        #expect(cluster.leader == cluster.identities[good])
        try cluster.write(1)
        try cluster.settle(.milliseconds(100))
        #expect(isWhole(cluster, beyond: before))
    }

    @Test @Aside func `who was away for long is brought back by a snapshot`() throws {
        var (cluster, leader, others) = try cluster()
        cluster.cut = [others[0]]
        try cluster.write(10)
        let commit = cluster.history.commitIndex
        try cluster.compact(leader, snapshot: Int(commit.value), through: Int(commit.value) - 2)
        cluster.cut = []
        try cluster.settle(.milliseconds(100))
        #expect(cluster.events[.ordered] == 1 && cluster.events[.droppedLog] == 1)
        #expect(cluster.commit(of: others[0]) >= commit)
        try cluster.write(3)
        try cluster.settle(.milliseconds(20))
        #expect(isWhole(cluster, beyond: commit))
        #expect(cluster.events[.ordered] == 1)
    }

    @Test @Aside func `a full disk neither stops the others nor is flooded, and is caught up`()
        throws
    {
        var (cluster, leader, others) = try cluster()
        let full = others[0]
        try cluster.turnDisk(of: full)
        let held = cluster.node(full).disk.end
        cluster.delivered = []
        try cluster.write(100)
        let sent = (cluster.delivered ?? []).count { $0.to == full && !$0.entries.isEmpty }
        #expect(cluster.leader == leader && cluster.history.commitIndex.value > held.value + 99)
        #expect(cluster.node(full).disk.end == held)
        // What was on its way when the disk turned full, and no more.
        #expect(sent <= 3, "\(sent) appends to a full disk")
        cluster.delivered = []
        try cluster.settle(.milliseconds(100))
        let idle = cluster.delivered ?? []
        // Twenty heartbeats to two members, each with one answer.
        let isQuiet = idle.allSatisfy(\.entries.isEmpty)
        #expect(idle.count <= 84 && isQuiet, "\(idle.count) messages")
        try cluster.turnDisk(of: full)
        try cluster.settle(.milliseconds(100))
        #expect(cluster.commit(of: full) == cluster.history.commitIndex)
    }

    @Test @Aside
    func `with two of three disks full nothing commits, and all goes on when one is free`()
        throws
    {
        var (cluster, leader, others) = try cluster()
        for identity in others { try cluster.turnDisk(of: identity) }
        let commit = cluster.history.commitIndex
        try cluster.write(20)
        #expect(cluster.leader == leader && cluster.history.commitIndex == commit)
        try cluster.turnDisk(of: others[1])
        try cluster.settle(.milliseconds(200))
        #expect(cluster.leader == leader)
        #expect(cluster.history.commitIndex.value == commit.value + 20)
    }

    @Test @Aside func `a leader whose disk fills hands over, and with all disks full nobody leads`()
        throws
    {
        var (cluster, leader, others) = try cluster()
        try cluster.turnDisk(of: leader)
        try cluster.settle(.milliseconds(300))
        #expect(others.contains { $0 == cluster.leader })
        try cluster.write(3)
        for identity in others { try cluster.turnDisk(of: identity) }
        try cluster.settle(.milliseconds(300))
        #expect(cluster.leader == nil)
        let commit = cluster.history.commitIndex
        for identity in cluster.identities { try cluster.turnDisk(of: identity) }
        try cluster.settle(.milliseconds(300))
        try cluster.write(1)
        try cluster.settle(.milliseconds(20))
        #expect(isWhole(cluster, beyond: commit))
    }

    @Test @Aside func `no snapshot is sent to a full disk`() throws {
        var (cluster, leader, others) = try cluster()
        cluster.cut = [others[0]]
        try cluster.step(leader, .disconnected(others[0]))
        try cluster.write(10)
        let commit = cluster.history.commitIndex
        try cluster.compact(leader, snapshot: Int(commit.value), through: Int(commit.value))
        try cluster.turnDisk(of: others[0])
        cluster.cut = []
        try cluster.step(leader, .connected(others[0]))
        try cluster.settle(.milliseconds(200))
        #expect(cluster.events[.ordered] == nil && cluster.leader == leader)
        try cluster.turnDisk(of: others[0])
        try cluster.settle(.milliseconds(100))
        #expect(cluster.events[.ordered] == 1 && cluster.commit(of: others[0]) >= commit)
    }
}
