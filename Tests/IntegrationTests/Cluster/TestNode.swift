import Glibc
import Replication
import Storage
import TestSupport
import Testing

/// A node of a test's cluster: its place on disk and its process, if it runs.
final class TestNode {
    let id: String
    let directory: String
    let log: String
    let client: String
    let peer: String
    private let ports: [ReservedPort]
    private let arguments: [String]
    private(set) var process: Program?

    init(_ id: String, in directory: String, ports: [ReservedPort], _ arguments: [String]) {
        self.id = id
        self.directory = "\(directory)/\(id)"
        self.ports = ports
        log = "\(directory)/\(id).log"
        client = ports[0].address
        peer = ports[1].address
        self.arguments =
            [
                "run", "--id", id, "--data-dir", self.directory, "--listen", client,
                "--peer-listen", peer, "--until-input-ends",
            ] + arguments
    }

    /// Starts the process, and waits until it listens.
    func start(_ more: [String] = []) async throws {
        try await ready(Program("chat-node", arguments + more, errorsTo: log))
    }

    /// Starts the process with so many descriptors at the most, and waits until it listens.
    func start(descriptors: Int) async throws {
        try await start(by: "ulimit -n \(descriptors); exec \"$0\" \"$@\"")
    }

    /// Starts the process with a signal that is ignored, as `nohup` does.
    func start(ignoring signal: String) async throws {
        try await start(by: "trap '' \(signal); exec \"$0\" \"$@\"")
    }

    /// Starts the process without some of its standard streams; it is told by a signal to end.
    func start(closing redirections: String) async throws {
        // One of them would make it end with standard input.
        let words = arguments.filter { $0 != "--until-input-ends" }
        try await start(by: "exec \"$0\" \"$@\" \(redirections)", words)
    }

    private func start(by script: String, _ words: [String]? = nil) async throws {
        try await ready(
            Program(
                "/bin/sh",
                ["-c", script, Program.path(of: "chat-node")] + (words ?? arguments),
                errorsTo: log
            )
        )
    }

    private func ready(_ process: Program) async throws {
        self.process = process
        guard let line = try await process.line(), line.contains("\"ready\"") else {
            throw NotInTime(description: "\(id) did not start: \(logLines.suffix(5))")
        }
    }

    /// Starts the process where it must refuse to; gives its code and what it complained of.
    func refuseToStart(
        _ more: [String] = []
    ) async throws -> (ending: Program.Ending, complaint: String) {
        let lines = logLines.count
        let process = try Program("chat-node", arguments + more, errorsTo: log)
        let ending = try await process.end()
        return (ending, logLines.dropFirst(lines).joined(separator: "\n"))
    }

    /// Kills the process as a crash would, and waits until it is gone.
    func crash() async throws {
        process?.signal(SIGKILL)
        _ = try await process?.end()
        process = nil
    }

    /// Stops the process in good order.
    func stop() async throws -> Program.Ending? {
        process?.signal(SIGTERM)
        defer { process = nil }
        return try await process?.end()
    }

    /// What it wrote to standard error, over all its starts.
    var logLines: [String] { text(ofFile: log).split(separator: "\n").map(String.init) }

    /// The lines of its journal, oldest first.
    var journal: [String] {
        journalFiles.flatMap { text(ofFile: $0).split(separator: "\n").map(String.init) }
    }

    /// The files of its journal, oldest first.
    var journalFiles: [String] {
        do throws(FileError) {
            return try DiskFileSystem().list(directory).filter { $0.hasSuffix(".jsonl") }.sorted()
                .map { "\(directory)/\($0)" }
        } catch {
            return []
        }
    }

    /// Waits until the log says something.
    func says(_ text: String) async throws {
        try await eventually("\(id) says '\(text)'; it said \(logLines.suffix(5))") {
            logLines.contains { $0.contains(text) }
        }
    }

    /// What it says of itself, if it answers.
    func status() async throws -> NodeStatus? {
        guard process?.isRunning == true else { return nil }
        return try await Wire.get("/v1/cluster", from: client).map {
            try NodeStatus(lineBytes: $0.body)
        }
    }

    /// Waits until it has applied an entry.
    func applies(_ index: UInt64) async throws {
        try await eventually("\(id) applies \(index)") {
            try await status().map { $0.applied >= index } ?? false
        }
    }
}

/// A member as `GET /v1/cluster` shows it.
struct NodeMember: LineCodable, Hashable {
    var id = ""
    var incarnation = ""
    var role = ""
    var isVoter = false

    init(from reader: inout JSONReader) throws(LineError) {
        try reader.members { (name, reader) throws(LineError) in
            switch name {
            case "id": id = try reader.string()
            case "incarnation": incarnation = try reader.string()
            case "role": role = try reader.string()
            case "voter": isVoter = try reader.boolean()
            default: _ = try reader.skip()
            }
        }
    }

    func write(to writer: inout JSONWriter) { writer.oneCase("member") }
}

/// What a test wants of `GET /v1/cluster`.
struct NodeStatus: LineCodable {
    var cluster: String?
    var role: String
    var term: UInt64
    var leader: String?
    var applied: UInt64
    var last: UInt64
    var isChanging = false
    var members: [NodeMember] = []

    init(from reader: inout JSONReader) throws(LineError) {
        var (cluster, role, leader): (String?, String?, String?)
        var (term, applied, last): (UInt64?, UInt64?, UInt64?)
        var (members, isChanging): ([NodeMember], Bool) = ([], false)
        try reader.members { (name, reader) throws(LineError) in
            switch name {
            case "cluster": cluster = try reader.string()
            case "role": role = try reader.string()
            case "leader": leader = try reader.string()
            case "term": term = try reader.unsigned()
            case "applied": applied = try reader.unsigned()
            case "last": last = try reader.unsigned()
            case "changing": isChanging = try reader.boolean()
            case "members": members = try [NodeMember](from: &reader)
            default: _ = try reader.skip()
            }
        }
        (self.cluster, self.leader) = (cluster, leader)
        self.role = try reader.require(role, "role")
        self.term = try reader.require(term, "term")
        self.applied = try reader.require(applied, "applied")
        self.last = try reader.require(last, "last")
        (self.members, self.isChanging) = (members, isChanging)
    }

    func write(to writer: inout JSONWriter) { writer.oneCase("status") }
}
