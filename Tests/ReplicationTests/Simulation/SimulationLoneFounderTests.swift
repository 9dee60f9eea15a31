import Replication
import Storage
import TestSupport
import Testing

/// Guards pitfall 55: a node that formed a cluster alone, and goes on being started as if it were new.
@Suite struct SimulationLoneFounderTests {
    @Test(arguments: [1, 2, 3] as [UInt64])
    @Aside func `pitfall 55: a founder alone comes back to its cluster with its old command line`(
        seed: UInt64
    ) throws {
        let script = try Self.grown(seed: seed)
        let cluster = script.simulation.status(of: 1)?.cluster
        let old = try script.identity(0)
        try script.write(3)
        try script.simulation.loseDisk(of: 0)
        try script.cluster.reach("the founder's return") { simulation in
            simulation.status(of: 0)?.node != old && script.role(of: 0) == .voter
        }
        #expect(script.simulation.status(of: 0)?.cluster == cluster)
        #expect(script.members.count == 3)
        #expect(script.said("its data is gone", by: 0) == 1)
        try script.write(2)
        try script.agree(0, 1, 2)
    }

    /// The others are away when it comes back, and call before it has waited to the end.
    @Test @Aside func `pitfall 55: a founder alone waits for those who know it`() throws {
        let script = try Self.grown(seed: 4)
        let cluster = script.simulation.status(of: 1)?.cluster
        script.cluster.simulation.partition([1, 0, 0])
        try script.simulation.loseDisk(of: 0)
        try script.simulation.start(0)
        try script.cluster.wait(.milliseconds(2_500))
        #expect(script.simulation.status(of: 0)?.cluster == nil)
        script.cluster.simulation.partition([0, 0, 0])
        try script.cluster.reach("the founder's return") { _ in script.role(of: 0) == .voter }
        #expect(script.simulation.status(of: 0)?.cluster == cluster)
    }

    @Test @Aside func `a founder alone says what it will do before it does it`() throws {
        let script = try MembersScript(nodes: 1)
        #expect(script.simulation.status(of: 0)?.cluster != nil)
        #expect(script.simulation.now >= Instant(nanoseconds: 3_000_000_000))
    }

    /// One of three knows the cluster: the other two, blank again, do not form another one.
    @Test @Aside func `pitfall 55: two lost disks of three form no second cluster`() throws {
        let script = try MembersScript(nodes: 3)
        let cluster = script.simulation.status(of: 2)?.cluster
        for host in [0, 1] { try script.simulation.loseDisk(of: host) }
        for host in [0, 1] { try script.simulation.start(host) }
        try script.cluster.wait(.seconds(15))
        for host in [0, 1] {
            let found = script.simulation.status(of: host)?.cluster
            #expect(found == nil || found == cluster)
        }
        #expect(script.simulation.status(of: 2)?.cluster == cluster)
    }

    /// A cluster that one node formed, and two joined.
    private static func grown(seed: UInt64) throws -> MembersScript {
        let script = try MembersScript(nodes: 1, seed: seed)
        for _ in 0..<2 {
            let host = try script.simulation.addHost()
            try script.becomes(.voter, host)
        }
        try script.write(3)
        return script
    }
}
