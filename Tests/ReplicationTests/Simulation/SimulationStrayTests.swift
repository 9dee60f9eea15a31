import Replication
import Storage
import TestSupport
import Testing

/// Messages that come to another process than the one that they were sent to.
@Suite struct SimulationStrayTests {
    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    @Aside
    func `pitfall 53: an answer to an earlier process confirms no read of a deposed leader`(
        seed: UInt64
    ) throws {
        try StaleReply.play(seed: seed)
    }

    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    @Aside func `messages of earlier connections break no promise`(seed: UInt64) throws {
        var configuration = SimulationConfiguration(seed: seed)
        configuration.faults = .all
        configuration.faults.strays = 100
        let run = try SimulatedRun(configuration)
        #expect(run.counts[.strays] > 0)
    }
}
