import Replication
import Storage
import TestSupport
import Testing

/// Damage has the grain of an entry, and what is missing comes from any node that has it.
@Suite struct SimulationRepairTests {
    @Test(arguments: 1...6 as ClosedRange<UInt64>)
    @Aside func `pitfall 38: a damaged entry and a node lost for good are no outage`(
        seed: UInt64
    ) throws {
        try DamagedEntry.play(seed: seed)
    }

    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    @Aside func `what stands behind a damaged truncation is not taken for what follows`(
        seed: UInt64
    ) throws {
        try DamagedEntry.playTruncated(seed: seed)
    }

    @Test(arguments: 1...3 as ClosedRange<UInt64>)
    @Aside func `pitfall 38: a node with a hole gives no vote for a log that ends at the hole`(
        seed: UInt64
    ) throws {
        try DamagedEntry.playUnfillable(seed: seed)
    }

    @Test @Aside func `a hole that nobody can fill is said, and heals when somebody can`() throws {
        let (cluster, damaged, behind, gone) = try DamagedEntry.begin(seed: 3)
        let simulation = cluster.simulation
        var said: [String] = []
        simulation.onLog = { host, _, text in
            if host == damaged { said.append(text) }
        }
        try DamagedEntry.flip(["second2"], on: damaged, simulation)
        try simulation.start(damaged)
        try simulation.start(behind)
        try cluster.reach("a word about the hole") { _ in
            said.contains { $0.contains("cannot be read, and no node has what was there") }
        }
        let explained = simulation.status(of: damaged)?.explanations ?? []
        #expect(explained.contains { $0.subject == .disk && $0.text.contains("cannot be read") })
        try cluster.wait(.seconds(5))
        #expect(simulation.role(of: damaged) == .follower && simulation.role(of: behind) != .leader)
        try simulation.start(gone)
        try cluster.reach("one log") { $0.isConverged }
        #expect(cluster.values.count == 10)
    }

    @Test @Aside func `a damaged disk with all good copies gone names what can be done`() throws {
        let cluster = try ScriptedCluster(nodes: 1, seed: 4)
        let simulation = cluster.simulation
        for value in 1...5 { _ = try cluster.appended("first\(value)", at: 0) }
        try cluster.wait(.seconds(2))
        try simulation.crash(0, powerLoss: true)
        try DamagedEntry.flip(["first3"], on: 0, simulation)
        try simulation.start(0)
        try cluster.reach("a word about the hole") { simulation in
            simulation.status(of: 0)?.explanations.contains {
                $0.text.contains("there is no other node that has what was there")
            } ?? false
        }
    }
}
