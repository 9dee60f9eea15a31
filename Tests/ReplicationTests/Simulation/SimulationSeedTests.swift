import Replication
import Storage
import TestSupport
import Testing

/// Short seeds over all kinds of fault; `Tests/Campaigns/simulate.sh` runs long ones.
@Suite struct SimulationSeedTests {
    @Test(.timeLimit(.minutes(15)))
    func `300 seeds over all kinds of fault break no promise, and replay exactly`() async {
        let tally = await SeedTally.runAside(1...300) { configuration in
            configuration.clients = 4
            configuration.calls = 10
            configuration.faultyFor = .seconds(6)
        }
        #expect(tally.broken == [])
        #expect(tally.unlike == [])
        #expect(tally.seeds == 300)
        // A short run may spend most of its time without a leader.
        #expect(tally.void.count <= 30, "void: \(tally.void.sorted())")
        // Too rare for short runs; `SimulationSnapshotTests` sees to it.
        for (kind, count) in tally.counts.table where kind != .lostSnapshots {
            #expect(count > 0, "\(kind.rawValue) never came")
        }
    }
}
