import Glibc
import Replication
import Storage
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(5))) struct ReplicaLifeTests {
    @Test func `calls after the end throw that it was stopped`() async throws {
        let run = try await runAlone(ReplicaDirectory())
        try await run.append("a")
        try await run.stop()
        await #expect(throws: ReplicationError.stopped) { try await run.append("b") }
        await #expect(throws: ReplicationError.stopped) { _ = try await run.values() }
        await #expect(throws: ReplicationError.stopped) { try await run.replica.run() }
        #expect(await run.replica.status.applied > .zero)
    }

    @Test func `a second run throws and leaves the first alone`() async throws {
        let run = try await runAlone(ReplicaDirectory())
        let second = Task { try await run.replica.run() }
        second.cancel()
        await #expect(throws: ReplicationError.self) { try await second.value }
        try await run.append("a")
        try await run.stop()
    }

    @Test func `a cancelled run ends in good order`() async throws {
        let run = try await runAlone(ReplicaDirectory())
        run.task.cancel()
        try await run.task.value
        await #expect(throws: ReplicationError.stopped) { try await run.append("b") }
    }

    @Test func `a stop before the start ends the run at once`() async throws {
        let replica = try Replica<Register>(aloneConfiguration(ReplicaDirectory()))
        replica.beginGracefulShutdown()
        try await replica.run()
    }

    @Test func `a cancelled caller waits no longer`() async throws {
        let cluster = try ReplicaCluster {
            // Beyond the test's own limit of time.
            $0.requestTimeout = .seconds(3_600)
        }
        try cluster.start(0)
        let run = cluster.running[0]
        _ = await run.replica.status
        let caller = Task { try await run.append("a") }
        caller.cancel()
        await #expect(throws: ReplicationError.unavailable("not_tried")) { try await caller.value }
        try await cluster.stopAll()
    }

    @Test func `what cannot be started leaves nothing open`() async throws {
        let directory = try ReplicaDirectory()
        var configuration = aloneConfiguration(directory)
        configuration.clientAddress = try directory.address()
        let taken = try Listener(on: Address(host: "127.0.0.1", port: 0).resolved()[0])
        configuration.peerAddress = "127.0.0.1:\(taken.port)"
        #expect(throws: ReplicationError.self) { _ = try Replica<Register>(configuration) }
        #expect(taken.port != 0)
        configuration.peerAddress = try directory.address()
        // How a cluster is formed is checked once the journal is known to be new.
        var unformed = configuration
        unformed.bootstrapExpect = 2
        #expect(throws: ReplicationError.self) { _ = try Replica<Register>(unformed) }
        // Neither the journal's lock nor the client's port may be held by the failed one.
        let run = try ReplicaRun<Register>(configuration)
        try await run.lead()
        try await run.stop()
        var other = configuration
        other.id = "n2"
        #expect(throws: ReplicationError.self) { _ = try Replica<Register>(other) }
        let again = try ReplicaRun<Register>(configuration)
        try await again.lead()
        try await again.stop()
    }

    @Test func `a replica that never ran gives its directory back`() async throws {
        let configuration = aloneConfiguration(try ReplicaDirectory())
        for _ in 0..<3 {
            let replica = try Replica<Register>(configuration)
            #expect(throws: ReplicationError.self) { _ = try Replica<Register>(configuration) }
            _ = consume replica
        }
    }

    @Test func `a run that has returned gives port and directory back`() async throws {
        let directory = try ReplicaDirectory()
        var configuration = aloneConfiguration(directory)
        configuration.clientAddress = try directory.address()
        configuration.peerAddress = try directory.address()
        // The ended replicas stay alive: what they held must not hang on that.
        var runs: [ReplicaRun<Register>] = []
        for number in 1...3 {
            let run = try ReplicaRun<Register>(configuration)
            runs.append(run)
            try await run.append("v\(number)")
            #expect(try await run.values().count == number)
            try await run.stop()
        }
    }

    @Test func `after a failed sync nothing is answered, and run says why`() async throws {
        let disk = MemoryFileSystem()
        var configuration = aloneConfiguration(try ReplicaDirectory())
        configuration.dataDirectory = "/data"
        let run = try ReplicaRun<Register>(configuration, fileSystem: disk)
        try await run.lead()
        try await run.append("a")
        let server = run.replica.clientAddress
        disk.failSynchronize()
        await #expect(throws: ReplicationError.outcomeUnknown(key: "b")) {
            try await run.append("b")
        }
        let error = await #expect(throws: ReplicationError.self) { try await run.task.value }
        guard case .journal(.failed) = error else {
            Issue.record("it ended with \(String(describing: error))")
            return
        }
        #expect("\(try #require(error))".contains("sync"))
        await #expect(throws: (any Error).self) {
            _ = try await RawClient(server).exchange("GET /healthz")
        }
        await #expect(throws: ReplicationError.stopped) { _ = try await run.values() }
    }

    @Test func `an operation of another version ends the run, and names the entry`() async throws {
        let directory = try ReplicaDirectory()
        var configuration = aloneConfiguration(directory)
        configuration.peerAddress = try directory.address()
        let first = try ReplicaRun<Register>(configuration)
        try await first.append("a")
        try await first.stop()
        let index = try Self.appendUnknown(configuration)
        let run = try ReplicaRun<Register>(configuration)
        let error = await #expect(throws: ReplicationError.self) { try await run.task.value }
        #expect("\(try #require(error))".contains("entry \(index) cannot be applied"))
        await #expect(throws: ReplicationError.stopped) { try await run.append("b") }
    }

    private static func appendUnknown(
        _ configuration: ReplicaConfiguration
    ) throws -> LogIndex {
        let (journal, recovered) = try Journal.open(
            directory: configuration.dataDirectory,
            id: configuration.id,
            fileSystem: DiskFileSystem(),
            makeIncarnation: { "" }
        )
        defer { journal.close() }
        let last = recovered.terms.last
        let position = LogPosition(index: last.index.next, term: last.term)
        let proposal = Proposal(
            by: "client",
            key: "k",
            request: String(repeating: "0", count: 64),
            operation: Array(#"{"remove":"a"}"#.utf8)
        )
        let entry = LogEntry(
            position: position,
            time: SystemClock.wallTime(),
            payload: .operation(proposal)
        )
        try journal.append([.entry(position, line: entry.line)])
        return position.index
    }
}
