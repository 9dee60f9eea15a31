import Replication
import Storage
import TestSupport
import Testing

/// What an embedder's sink may do to a replica: nothing.
@Suite struct ReplicaLogTests {
    /// A sink that blocks until it is let go, and notes what it got.
    private final class Gate: Sendable {
        private let opened = Mailbox<Bool>()
        let lines = Lock([String]())

        var sink: LogSink {
            LogSink(from: .trace) { [opened, lines] _, text in
                // Closed and empty: everybody may pass.
                while opened.takeAll() != nil {}
                lines.withLock { $0.append(text) }
            }
        }

        func open() { opened.close() }
    }

    @Test(.timeLimit(.minutes(5)))
    func `pitfall 47: a sink that blocks for ever does not stop a replica from serving`()
        async throws
    {
        let directory = try ReplicaDirectory()
        let gate = Gate()
        defer { gate.open() }
        let configuration = aloneConfiguration(directory)
        let replica = try Replica<Register>(
            configuration,
            fileSystem: DiskFileSystem(),
            log: gate.sink
        )
        let task = Task { try await replica.run() }
        for number in 0..<20 {
            _ = try await replica.request(Register.Append(value: "\(number)"), key: "\(number)")
        }
        #expect(try await replica.query(Register.Read()).count == 20)
        replica.beginGracefulShutdown()
        // It does not wait for the sink for long, either.
        try await task.value
        #expect(gate.lines.withLock { $0 }.isEmpty)
    }

    @Test(.timeLimit(.minutes(5)))
    func `at the end a sink has all lines, in order`() async throws {
        let directory = try ReplicaDirectory()
        let gate = Gate()
        let configuration = aloneConfiguration(directory)
        let replica = try Replica<Register>(
            configuration,
            fileSystem: DiskFileSystem(),
            log: gate.sink
        )
        let task = Task { try await replica.run() }
        _ = try await replica.request(Register.Append(value: "a"), key: "a")
        gate.open()
        replica.beginGracefulShutdown()
        try await task.value
        let lines = gate.lines.withLock { $0 }
        let created = try #require(lines.firstIndex { $0.contains("creating cluster") })
        let led = try #require(lines.firstIndex { $0.contains("leader, leader n1") })
        #expect(created < led)
    }

    @Test(.timeLimit(.minutes(5)))
    func `lines beyond the limit are dropped, counted and told`() async throws {
        let gate = Gate()
        let thread = LogThread(gate.sink)
        let count = LogThread.limit + 500
        for number in 0..<count { thread.sink.log(.info, "\(number)") }
        gate.open()
        thread.stop()
        let lines = gate.lines.withLock { $0 }
        let kept = lines.filter { Int($0) != nil }
        #expect(kept == (0..<kept.count).map(String.init) && kept.count < count)
        #expect(
            lines.last == "\(count - kept.count) lines of this log were dropped: it is too slow"
        )
    }
}
