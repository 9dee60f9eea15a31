import Storage
import TestSupport
import Testing

@testable import Replication

/// What the worker thread computes, and for whom.
@Suite(.timeLimit(.minutes(5))) struct ReplicaComputeTests {
    @Test func `what a caller that is gone had waiting is not begun`() async throws {
        let run = try await runAlone(ReplicaDirectory())
        let (worker, computing) = await (run.replica.worker, run.replica.computing)
        // One job holds the thread up, so that what comes after it waits.
        let gate = Mailbox<Void>()
        let isHeld = worker.run { _ = gate.takeAll() }
        #expect(isHeld)
        let caller = Task { try await run.append("slow: the caller is gone") }
        _ = try await eventually("the request waits for the worker") {
            computing.withLock { $0.count == 1 ? true : nil }
        }
        caller.cancel()
        await #expect(throws: ReplicationError.self) { try await caller.value }
        // The loop takes inputs in order: what is answered now comes after the caller's end.
        _ = try await run.values()
        gate.close()
        try await run.append("slow: the caller waits")
        #expect(
            Register.computed.withLock { $0.filter { $0.hasPrefix("slow: the caller") } }
                == ["slow: the caller waits"]
        )
        #expect(try await run.values() == ["slow: the caller waits"])
        try await run.stop()
    }
}
