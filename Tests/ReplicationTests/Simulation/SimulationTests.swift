import Replication
import TestSupport
import Testing

@Suite struct SimulationTests {
    @Test @Aside func `blank nodes form one cluster and elect a leader`() throws {
        let simulation = try Simulation<Register>(SimulationConfiguration(seed: 1))
        let didElect = try simulation.run(for: .seconds(5)) { simulation.isConverged }
        #expect(didElect)
        #expect(Set((0..<3).map { simulation.cluster(of: $0) }).count == 1)
        #expect(simulation.cluster(of: 0) != nil)
    }

    @Test(arguments: 1...3 as ClosedRange<UInt64>)
    @Aside func `without faults every call is answered`(seed: UInt64) throws {
        let run = try SimulatedRun(SimulationConfiguration(seed: seed))
        #expect(run.answered == 200)
    }

    @Test(arguments: 1...10 as ClosedRange<UInt64>)
    @Aside func `a power cut of all nodes loses nothing acknowledged`(seed: UInt64) throws {
        var configuration = SimulationConfiguration(seed: seed)
        configuration.faults.blackoutEvery = .milliseconds(400)
        let run = try SimulatedRun(configuration, faultyFor: .seconds(3))
        #expect(run.answered == 200)
        #expect(run.counts[.blackouts] > 0)
    }

    @Test @Aside func `under all faults nothing is lost, doubled or reordered`() throws {
        var counts = FaultCounts()
        for seed in 1...20 as ClosedRange<UInt64> {
            var configuration = SimulationConfiguration(seed: seed)
            configuration.nodes = [3, 5, 4][Int(seed % 3)]
            configuration.faults = .all
            let run = try SimulatedRun(configuration, faultyFor: .seconds(4))
            #expect(run.answered == 200, "seed \(seed)")
            counts += run.counts
        }
        // A fault that never came shows nothing.
        let kinds: [FaultCounts.Kind] = [
            .lost, .doubled, .delayed, .groups, .oneWay, .links, .rings, .bridges, .processCrashes,
            .powerLosses, .blackouts, .pauses, .lostReplies,
        ]
        for kind in kinds { #expect(counts[kind] > 0, "\(kind.rawValue) never came") }
    }

    @Test(arguments: 1...5 as ClosedRange<UInt64>)
    @Aside func `a vote is kept over a crash`(seed: UInt64) throws {
        try ForgottenVote.play(seed: seed)
    }

    @Test(arguments: 1...5 as ClosedRange<UInt64>)
    @Aside func `an entry of an old term is not committed by counting (Figure 8)`(seed: UInt64)
        throws
    {
        try Figure8.play(seed: seed)
    }
}
