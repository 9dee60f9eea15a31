import Replication
import Storage
import TestSupport
import Testing

/// The simulation as programs that embed a replica use it.
@Suite struct SimulationRunTests {
    private func short(_ seed: UInt64) -> SimulationConfiguration {
        var configuration = SimulationConfiguration.drawn(from: seed)
        configuration.clients = 3
        configuration.calls = 10
        configuration.faultyFor = .seconds(4)
        return configuration
    }

    @Test @Aside func `a machine of one's own is tested under all faults`() throws {
        for seed in 1...3 as ClosedRange<UInt64> {
            let run = try SimulationRun(short(seed), Additions())
            #expect(run.answered == 30)
        }
    }

    @Test @Aside func `a seed replays exactly, and another one goes another way`() throws {
        let first = try SimulationRun(short(7), Additions())
        #expect(try SimulationRun(short(7), Additions()) == first)
        #expect(try SimulationRun(short(8), Additions()).trace != first.trace)
    }

    /// A workload whose machine is asked for a flaw that it has.
    private struct Suspicious: SimulatedWorkload {
        func next(
            for client: Int,
            using generator: inout SeededGenerator
        ) -> SimulatedCall<Counter> {
            .request(Counter.Add(amount: 1))
        }
        func flaw(in machine: Counter) -> String? {
            machine.sum == 30 ? "the sum is 30" : nil
        }
    }

    @Test @Aside func `each acknowledged request counts once, and a flaw of the state is told`()
        throws
    {
        do throws(Violation) {
            _ = try SimulationRun(short(2), Suspicious())
            Issue.record("no flaw was told")
        } catch {
            #expect(error.promise == .workload && error.detail == "the sum is 30")
            #expect(error.seed == 2)
        }
    }

    @Test @Aside func `a run in which little succeeds is void`() throws {
        var configuration = SimulationConfiguration(seed: 3)
        configuration.clients = 3
        configuration.calls = 10
        configuration.faultyFor = .seconds(4)
        #expect(try SimulationRun(configuration, Additions()).isVoid == false)
        configuration.faults.blackoutEvery = .milliseconds(400)
        let run = try SimulationRun(configuration, Additions())
        #expect(run.isVoid && run.answered == 30)
    }
}
