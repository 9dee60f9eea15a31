import Replication
import Storage
import TestSupport
import Testing

/// Short seeds over all kinds of fault; `Tests/Campaigns/simulate.sh` runs long ones.
@Suite struct SimulationSeedTests {
    @Test func `300 seeds over all kinds of fault break no promise, and replay exactly`() async {
        async let rest = Self.second(151...300)
        var tally = await Self.first(1...150)
        tally.add(await rest)
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

    @Aside private static func first(_ seeds: ClosedRange<UInt64>) -> SeedTally { run(seeds) }

    @DiskAside private static func second(_ seeds: ClosedRange<UInt64>) -> SeedTally { run(seeds) }

    private static func run(_ seeds: ClosedRange<UInt64>) -> SeedTally {
        SeedTally.run(
            seeds,
            onThreads: 1,
            configure: { configuration in
                configuration.clients = 4
                configuration.calls = 10
                configuration.faultyFor = .seconds(6)
            }
        )
    }
}
