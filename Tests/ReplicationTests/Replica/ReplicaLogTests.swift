import Replication
import Storage
import TestSupport
import Testing

/// What an embedder's sink may do to a replica: nothing.
@Suite struct ReplicaLogTests {
    /// A sink that blocks at each line until it is let go, and notes what it got.
    private final class Gate: Sendable {
        private let passes = Mailbox<Bool>()
        let lines = Lock([String]())

        var sink: LogSink {
            LogSink(from: .trace) { [passes, lines] _, text in
                // Closed, it has no line wait.
                _ = passes.takeAll()
                lines.withLock { $0.append(text) }
            }
        }

        func open() { passes.close() }

        /// Lets lines pass, one by one, until there are so many.
        func letPass(_ count: Int) async throws {
            for number in 1...count {
                passes.push(true)
                try await wait(for: number)
            }
        }

        func wait(for count: Int) async throws {
            let have = { [lines] in lines.withLock { $0.count } }
            _ = try await eventually("\(count) lines") { have() >= count ? true : nil } as Bool
        }
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
    func `lines beyond the limit are dropped, counted and told where they are missing`()
        async throws
    {
        let gate = Gate()
        let thread = LogThread(gate.sink)
        // The sink holds its thread up at the first line, wherever the others are by then.
        for number in 0..<LogThread.limit + 500 { thread.sink.log(.info, "\(number)") }
        // The second line said, the place of the first is free.
        try await gate.letPass(2)
        thread.sink.log(.info, "after")
        gate.open()
        try await gate.wait(for: LogThread.limit + 2)
        thread.stop()
        let kept = (0..<LogThread.limit).map(String.init)
        let told = "500 lines of this log were dropped: it is too slow"
        #expect(gate.lines.withLock { $0 } == kept + [told, "after"])
    }

    @Test(.timeLimit(.minutes(5)))
    func `lines dropped last are told once there is nothing else to say`() async throws {
        let gate = Gate()
        let thread = LogThread(gate.sink)
        for number in 0..<LogThread.limit + 3 { thread.sink.log(.info, "\(number)") }
        gate.open()
        try await gate.wait(for: LogThread.limit + 1)
        thread.stop()
        let lines = gate.lines.withLock { $0 }
        #expect(lines.count == LogThread.limit + 1)
        #expect(lines.last == "3 lines of this log were dropped: it is too slow")
    }
}
