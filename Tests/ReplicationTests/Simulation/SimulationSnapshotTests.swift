import Replication
import Storage
import TestSupport
import Testing

/// Whole clusters that snapshot and compact all the time.
@Suite struct SimulationSnapshotTests {
    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    @Aside func `nodes that compact and start from snapshots keep every promise`(seed: UInt64)
        throws
    {
        var configuration = SimulationConfiguration.snapshotting(seed: seed)
        configuration.nodes = [3, 5, 4][Int(seed % 3)]
        configuration.faults = .all
        configuration.faults.crashEvery = .milliseconds(700)
        let run = try SimulatedRun(configuration)
        #expect(run.answered == 200)
        #expect(run.counts[.snapshots] > 10, "seed \(seed)")
        #expect(run.counts[.compactions] > 3, "seed \(seed)")
        #expect(run.counts[.restores] > 3, "seed \(seed)")
    }

    @Test @Aside func `disks that rot heal from the others, one after the other`() throws {
        var counts = FaultCounts()
        for seed in 40...45 as ClosedRange<UInt64> {
            var configuration = SimulationConfiguration.snapshotting(seed: seed)
            configuration.nodes = [3, 5, 4][Int(seed % 3)]
            configuration.faults = .all
            configuration.faults.crashEvery = .milliseconds(500)
            configuration.faults.rot = 700
            let run = try SimulatedRun(configuration, faultyFor: .seconds(12))
            #expect(run.answered == 200)
            counts += run.counts
        }
        #expect(counts[.installs] > 2, "\(counts)")
        #expect(counts[.lostSnapshots] > 0 && counts[.flippedBits] > 5, "\(counts)")
        #expect(counts[.healed] > 10, "\(counts)")
    }

    @Test @Aside func `a crash in the middle of a snapshot loses nothing`() throws {
        var torn = 0
        for seed in 20...21 as ClosedRange<UInt64> {
            var configuration = SimulationConfiguration.snapshotting(seed: seed)
            configuration.faults.snapshotCrashes = 500
            let run = try SimulatedRun(configuration)
            #expect(run.answered == 200)
            torn += run.counts[.tornSnapshots]
        }
        #expect(torn > 3)
    }

    @Test @Aside func `a snapshot that cannot be written is told, and the log stays`() throws {
        var configuration = SimulationConfiguration.snapshotting(seed: 31)
        configuration.nodes = 1
        let simulation = try Simulation<Register>(configuration)
        simulation.disk(of: 0).fail(.rename, of: "", times: 1_000)
        var failures = 0
        simulation.onLog = { _, level, text in
            if level == .error, text.contains("no snapshot") { failures += 1 }
        }
        let workload = RegisterWorkload(simulation, clients: 3, calls: 30, over: .seconds(2))
        try simulation.run(for: .seconds(10)) { workload.isDone }
        #expect(workload.isDone && failures > 1)
        #expect(simulation.counts[.snapshots] == 0 && simulation.counts[.compactions] == 0)
        let values = simulation.machine(of: 0)?.values
        try simulation.crash(0, powerLoss: true)
        try simulation.heal()
        try simulation.run(for: .seconds(5)) { simulation.isConverged }
        #expect(simulation.machine(of: 0)?.values == values)
        #expect(simulation.counts[.restores] == 0)
    }
}
