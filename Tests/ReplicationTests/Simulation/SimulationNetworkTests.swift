import Storage
import TestSupport
import Testing

@testable import Replication

/// Connections of simulated hosts end as those of a system do.
@Suite struct SimulationNetworkTests {
    /// How many connections of one host another one believes in.
    private static func links(from host: Int, at other: Int, _ cluster: ScriptedCluster) -> Int {
        let hosts = cluster.simulation.hosts
        guard let node = hosts[other].node else { return 0 }
        return node.links.values.count { $0.from == hosts[host].identity }
    }

    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    @Aside func `who hears of the end of a connection has heard its hello`(seed: UInt64) throws {
        let cluster = try ScriptedCluster(seed: seed)
        let simulation = cluster.simulation
        let (caller, called) = (cluster.followers[0], cluster.followers[1])
        let dials = simulation.hosts[caller].dials
        #expect(dials.contains { $0.address == simulation.hosts[called].address })
        for _ in 0..<40 {
            simulation.setDials([], caller)
            simulation.setDials(dials, caller)
            simulation.setDials([], caller)
            simulation.setDials(dials, caller)
            try cluster.wait(.milliseconds(3))
            #expect(Self.links(from: caller, at: called, cluster) == 1)
        }
    }

    @Test @Aside func `who gives up a connection that nobody answers closes it`() throws {
        let cluster = try ScriptedCluster(seed: 5)
        let simulation = cluster.simulation
        let (caller, called) = (cluster.followers[0], cluster.followers[1])
        simulation.partition { from, to in from == called && to == caller }
        let dials = simulation.hosts[caller].dials
        simulation.setDials([], caller)
        simulation.setDials(dials, caller)
        for _ in 0..<10 {
            try cluster.wait(.milliseconds(300))
            #expect(Self.links(from: caller, at: called, cluster) <= 1)
        }
        cluster.rejoin()
        try cluster.reach("a connection") { _ in
            Self.links(from: caller, at: called, cluster) == 1
        }
    }
}
