import Replication
import Storage
import TestSupport
import Testing

/// Machines that depend on more than the log are found.
@Suite struct SimulationDeterminismTests {
    @Test @Aside func `events in the order of a set are found in one run`() throws {
        do throws(Violation) {
            _ = try CarelessWork.run(.orderInEvent)
            Issue.record("nothing was found")
        } catch {
            #expect(error.promise == .determinism, "\(error)")
            #expect(error.detail.contains("event"), "\(error)")
        }
    }

    @Test func `two processes go the same way with a careful machine, and two ways by a hash`()
        async throws
    {
        let here = try Self.traces()
        let result = await #expect(
            processExitsWith: .success,
            observing: [\.standardOutputContent]
        ) {
            for (flaw, trace) in try Self.traces() { print("trace of \(flaw.rawValue) \(trace).") }
        }
        let there = String(decoding: result?.standardOutputContent ?? [], as: UTF8.self)
        for flaw in [CarelessMachine.Flaw.none, .hashInEvent, .hashInState] {
            let trace = try #require(here[flaw])
            #expect(there.contains("trace of \(flaw.rawValue) "))
            let isAlike = there.contains("trace of \(flaw.rawValue) \(trace).")
            #expect(isAlike == (flaw == .none), "\(flaw): \(there)")
        }
    }

    private static func traces() throws -> [CarelessMachine.Flaw: UInt64] {
        var traces: [CarelessMachine.Flaw: UInt64] = [:]
        for flaw in [CarelessMachine.Flaw.none, .hashInEvent, .hashInState] {
            traces[flaw] = try CarelessWork.run(flaw).trace.value
        }
        return traces
    }
}
