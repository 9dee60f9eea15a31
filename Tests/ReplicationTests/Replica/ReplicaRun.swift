import Replication
import Storage
import TestSupport

/// What was waited for and did not come.
struct NotInTime: Error, CustomStringConvertible {
    let description: String
}

/// Looks again and again until `body` gives something, or the time is over.
func eventually<Value>(
    _ what: String,
    within limit: Duration = .seconds(120),
    _ body: () async throws -> Value?
) async throws -> Value {
    let deadline = SystemClock.now() + limit
    while true {
        if let value = try await body() { return value }
        guard SystemClock.now() < deadline else { throw NotInTime(description: "never: \(what)") }
        try await Task.sleep(for: .milliseconds(2))
    }
}

/// What a replica logged.
final class ReplicaLog: Sendable {
    private let lines = Lock([String]())
    var sink: LogSink {
        LogSink(from: .info) { [lines] level, text in
            lines.withLock { $0.append("\(level.rawValue): \(text)") }
        }
    }
    var all: [String] { lines.withLock { $0 } }
    func contains(_ texts: String...) -> Bool {
        all.contains { line in texts.allSatisfy(line.contains) }
    }
}

/// A replica of this process, and the task that runs it.
final class ReplicaRun<Machine: Service>: Sendable {
    let replica: Replica<Machine>
    let log: ReplicaLog
    let task: Task<Void, any Error>
    /// Goes with the run.
    private let directory: ReplicaDirectory?

    init(
        _ configuration: ReplicaConfiguration,
        in directory: ReplicaDirectory? = nil,
        fileSystem: any FileSystem = DiskFileSystem()
    ) throws {
        self.directory = directory
        let log = ReplicaLog()
        let replica = try Replica<Machine>(configuration, fileSystem: fileSystem, log: log.sink)
        self.log = log
        self.replica = replica
        task = Task { try await replica.run() }
    }

    func stop() async throws {
        replica.beginGracefulShutdown()
        try await task.value
    }

    /// Waits until the node leads.
    func lead() async throws {
        _ = try await eventually("the node leads") {
            let status = await replica.status
            return status.leader == status.node && status.applied > .zero ? true : nil
        }
    }
}

extension ReplicaRun where Machine == Register {
    func append(_ value: String) async throws {
        // A key is short; a text that is longer is none.
        let key = value.utf8.count <= 128 ? value.replacing(" ", with: "-") : nil
        _ = try await replica.request(Register.Append(value: value), key: key)
    }

    func values() async throws -> [String] { try await replica.query(Register.Read()) }
}

extension ReplicaConfiguration {
    /// Small files, and patience: tests share few processors among many nodes.
    mutating func suitTests() {
        journal = JournalConfiguration(
            segmentBytes: 1 << 18,
            fillBytes: 1 << 14,
            reserveBytes: 1 << 16
        )
        requestTimeout = .seconds(30)
        formationPatience = .zero
    }
}

/// How one node alone is configured.
func aloneConfiguration(_ directory: ReplicaDirectory, name: String = "n1") -> ReplicaConfiguration
{
    var configuration = ReplicaConfiguration(
        id: name,
        dataDirectory: directory.path + "/" + name,
        clientAddress: "127.0.0.1:0",
        peerAddress: "127.0.0.1:0"
    )
    configuration.bootstrapExpect = 1
    configuration.suitTests()
    return configuration
}

/// A node alone that leads.
func runAlone(_ directory: ReplicaDirectory) async throws -> ReplicaRun<Register> {
    var configuration = aloneConfiguration(directory)
    configuration.peerAddress = try directory.address()
    let run = try ReplicaRun<Register>(configuration, in: directory)
    try await run.lead()
    return run
}
