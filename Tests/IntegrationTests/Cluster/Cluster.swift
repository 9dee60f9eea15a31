import Glibc
import Replication
import Storage
import TestSupport
import Testing

/// A cluster of real processes in a directory that goes with it.
final class Cluster {
    let nodes: [TestNode]
    /// Where everything of it lies.
    let directory: String

    /// Starts as many nodes, and waits until all serve.
    ///
    /// - Parameters:
    ///   - count: How many.
    ///   - founderWaits: How long a node that is alone waits for callers; nil for the time that it
    ///     waits without being told.
    ///   - options: More options of each node, by its number from 0.
    /// - Throws: If a node does not start in time.
    init(
        _ count: Int = 3,
        founderWaits: String? = "1ms",
        options: (Int) -> [String] = { _ in [] }
    ) async throws {
        directory = try Self.makeDirectory()
        let ports = try (0..<count).map { _ in try [ReservedPort(), ReservedPort()] }
        let join = ports.map { $0[1].address }.joined(separator: ",")
        let directory = directory
        let patience = founderWaits.map { ["--test-founder-waits", $0] } ?? []
        nodes = ports.enumerated().map { number, ports in
            TestNode(
                "n\(number + 1)",
                in: directory,
                ports: ports,
                ["--join", join, "--bootstrap-expect", "\(count)"] + patience + options(number)
            )
        }
        for node in nodes { try await node.start() }
        for node in nodes { try await ready(node) }
    }

    deinit {
        // The processes go with `nodes`, and a directory that is kept shows what they did.
        if unsafe getenv("CHAT_TEST_KEEP") == nil { Self.remove(directory) }
    }

    var servers: [String] { nodes.map(\.client) }

    /// Waits until a node serves.
    func ready(_ node: TestNode) async throws {
        try await eventually("\(node.id) is ready: \(node.logLines.suffix(5))") {
            try await Wire.get("/readyz", from: node.client)?.status == 200
        }
    }

    /// Waits until one of these nodes says that it leads, and gives it.
    ///
    /// A process that was stopped answers nobody, and must not be asked.
    func leader(
        among asked: [TestNode]? = nil,
        afterTerm term: UInt64 = 0
    ) async throws -> TestNode {
        try await eventually("a leader after term \(term)") {
            for node in asked ?? nodes {
                if let status = try await node.status(), status.role == "leader",
                    status.term > term
                {
                    return node
                }
            }
            return nil
        }
    }

    /// The nodes but one.
    func others(than node: TestNode) -> [TestNode] { nodes.filter { $0 !== node } }

    /// Waits until all running nodes, or these, have applied all that the leader has.
    func settle(_ asked: [TestNode]? = nil) async throws {
        let leader = try await leader(among: asked)
        guard let status = try await leader.status() else { return try await settle(asked) }
        for node in asked ?? nodes where node.process?.isRunning == true {
            try await node.applies(status.last)
        }
    }

    /// A client that knows these nodes, in this order.
    func client(
        _ order: [TestNode]? = nil,
        token: String? = nil,
        timeout: Duration = .seconds(20)
    ) throws -> ClusterClient {
        try ClusterClient(
            servers: (order ?? nodes).map(\.client),
            token: token,
            timeout: timeout
        )
    }

    private static func makeDirectory() throws -> String {
        let parent = unsafe getenv("TMPDIR").map { unsafe String(cString: $0) } ?? "/tmp"
        var template = Array("\(parent)/chat-test-XXXXXX".utf8CString)
        guard unsafe mkdtemp(&template) != nil else {
            throw NotInTime(description: "no directory in \(parent)")
        }
        return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Removes a directory of plain files, and of directories with such.
    static func remove(_ path: String) {
        if let stream = unsafe opendir(path) {
            while let entry = unsafe readdir(stream) {
                let name = unsafe withUnsafePointer(to: entry.pointee.d_name) { pointer in
                    unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) {
                        unsafe String(cString: $0)
                    }
                }
                if name != ".", name != ".." { remove("\(path)/\(name)") }
            }
            unsafe closedir(stream)
        }
        unsafe Glibc.remove(path)
    }
}
