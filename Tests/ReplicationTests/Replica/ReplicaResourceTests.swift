import Glibc
import Replication
import Storage
import TestSupport
import Testing

/// In a process of their own, where nothing else opens files, makes threads or computes.
@Suite(.timeLimit(.minutes(5))) struct ReplicaResourceTests {
    @Test func `a run leaves no thread and no descriptor`() async throws {
        await #expect(processExitsWith: .success) {
            try await Self.runOnce()
            try await Self.settle()
        }
    }

    /// After each run there must be as many of both as after the first.
    private static func settle() async throws {
        let baseline = try await eventually("threads end") {
            let now = try count()
            return now.threads <= 6 ? now : nil
        }
        for _ in 0..<5 {
            try await runOnce()
            _ = try await eventually("all is given back") {
                let now = try count()
                return now.threads <= baseline.threads && now.files <= baseline.files ? true : nil
            }
        }
    }

    private static func runOnce() async throws {
        let run = try await runAlone(ReplicaDirectory())
        try await run.append("a")
        let client = try RawClient(run.replica.clientAddress)
        try client.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        _ = try await client.read { $0.hasSuffix("{}") }
        try await run.stop()
    }

    private static func count() throws -> (threads: Int, files: Int) {
        let disk = DiskFileSystem()
        return (try disk.list("/proc/self/task").count, try disk.list("/proc/self/fd").count)
    }

    @Test func `an idle node uses next to no processor time`() async throws {
        await #expect(processExitsWith: .success) {
            let run = try await runAlone(ReplicaDirectory())
            try await run.append("a")
            let start = Self.processorTime()
            let wall = SystemClock.now()
            try await Task.sleep(for: .milliseconds(700))
            let share = (Self.processorTime() - start) / (SystemClock.now() - wall)
            try await run.stop()
            guard share < 0.05 else { exit(1) }
        }
    }

    private static func processorTime() -> Duration {
        // POSIX counts it in microseconds, whatever the clock's resolution.
        .microseconds(clock())
    }
}
