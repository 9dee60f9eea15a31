import Replication
import Storage
import TestSupport
import Testing

/// Faults one by one, as scripts.
@Suite struct SimulationFaultTests {
    private func reach(_ shape: NetworkShape, _ hosts: Int) throws -> [[Bool]] {
        var configuration = SimulationConfiguration(seed: 5)
        configuration.nodes = hosts
        let simulation = try Simulation<Counter>(configuration)
        simulation.partition(shape)
        return (0..<hosts).map { from in
            (0..<hosts).map { from != $0 && simulation.canReach(from, $0) }
        }
    }

    @Test @Aside func `in a ring each host sees two`() throws {
        for row in try reach(.ring, 6) { #expect(row.count { $0 } == 2) }
    }

    @Test @Aside func `a bridge alone sees both halves`() throws {
        let degrees = try reach(.bridge, 7).map { $0.count { $0 } }.sorted()
        #expect(degrees == [3, 3, 3, 3, 3, 3, 6])
    }

    @Test @Aside func `a partition in one direction lets packets through in the other`() throws {
        let reached = try reach(.oneWay, 6)
        let pairs = (0..<6).flatMap { from in (0..<from).map { (from, $0) } }
        #expect(pairs.contains { reached[$0][$1] != reached[$1][$0] })
        #expect(pairs.allSatisfy { reached[$0][$1] || reached[$1][$0] })
    }

    @Test @Aside func `a full disk refuses requests, goes on reading, and heals`() throws {
        let cluster = try ScriptedCluster()
        let host = cluster.followers[0]
        let disk = cluster.simulation.disk(of: host)
        disk.setCapacity(disk.usedBytes)
        try cluster.reach("a full disk") { simulation in
            // What is written elsewhere comes here too.
            _ = try? cluster.append("v\(simulation.now.nanoseconds)", at: cluster.leader)
            return simulation.status(of: host)?.isDiskFull == true
        }
        #expect(try cluster.appended("full", at: host) == .failed(.diskFull, key: "full"))
        guard case .answer = try cluster.read(at: host) else {
            Issue.record("no answer")
            return
        }
        disk.setCapacity(nil)
        try cluster.reach("space") { $0.status(of: host)?.isDiskFull == false }
        guard case .output = try cluster.appended("space", at: host) else {
            Issue.record("no output")
            return
        }
        try cluster.reach("one log") { $0.isConverged }
    }

    @Test @Aside func `a start that needs more space than there is is tried again`() throws {
        let cluster = try ScriptedCluster()
        let host = cluster.followers[0]
        let disk = cluster.simulation.disk(of: host)
        // The last batch, which a start writes again; what says that it is committed comes later.
        let long = String(repeating: "a", count: 20_000)
        _ = try cluster.appended(long, key: "long", at: cluster.leader)
        try cluster.wait(.milliseconds(150))
        try cluster.simulation.crash(host, powerLoss: false)
        disk.setCapacity(disk.usedBytes + 5_000)
        try cluster.simulation.start(host)
        #expect(!cluster.simulation.isUp(host))
        disk.setCapacity(nil)
        try cluster.reach("its next start, and one log") { $0.isConverged }
    }

    @Test @Aside func `a sync that fails ends the process, and its next start recovers`() throws {
        let cluster = try ScriptedCluster()
        let host = cluster.followers[0]
        cluster.simulation.disk(of: host).failSynchronize()
        _ = try cluster.appended("a", at: cluster.leader)
        try cluster.reach("the end of a process") { !$0.isUp(host) }
        try cluster.reach("its next start, and one log") { $0.isConverged }
        #expect(cluster.simulation.counts[.diskFailures] == 1)
        #expect(cluster.simulation.machine(of: host)?.values == ["a"])
    }

    @Test @Aside func `a majority that was healed answers alone`() throws {
        for seed in 1...3 as ClosedRange<UInt64> {
            let cluster = try ScriptedCluster(nodes: 5, seed: seed)
            let well = try cluster.simulation.healMajority()
            #expect(well.count == 3)
            try cluster.reach("a leader among them") { $0.areConverged(well) }
            guard case .output = try cluster.appended("a", at: well[0]) else {
                Issue.record("no output")
                return
            }
            #expect(Set(cluster.simulation.reachable) == Set(well))
        }
    }

    @Test @Aside
    func `a leader is elected and requests are answered where each sync takes 300 ms`() throws {
        var configuration = SimulationConfiguration(seed: 3)
        configuration.faults.syncTime = .milliseconds(300)
        let cluster = try ScriptedCluster(configuration)
        let first = cluster.leader
        _ = try cluster.appended("a", at: first)
        try cluster.simulation.crash(first, powerLoss: true)
        try cluster.change(from: first)
        guard case .output = try cluster.appended("b", at: cluster.leader) else {
            Issue.record("no answer")
            return
        }
        #expect(cluster.values == ["a", "b"])
    }
}
