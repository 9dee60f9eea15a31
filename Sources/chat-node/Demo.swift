import ChatOptions
import Replication
import Storage

/// `chat-node demo`: a whole cluster as processes of this machine.
///
/// Ports are chosen once and kept beside the data, because the log names the nodes' addresses.
struct Demo {
    private let directory: String
    private let wanted: Int
    /// Whether somebody asked for that many.
    private let isChosen: Bool

    init(_ parsed: ParsedCommand) throws(UsageError) {
        directory = try parsed.string(required: "data-dir")
        wanted = try parsed.integer(required: "nodes")
        isChosen = parsed.origin(of: "nodes") != .defaultValue
    }

    func run() async -> ExitCode {
        do {
            let files = DiskFileSystem()
            try files.createDirectories(directory)
            // Two demos in one directory would start the same nodes twice.
            let lock = try files.lock(directory)
            defer { lock.release() }
            let plan = try DemoPlan(directory: directory, nodes: wanted)
            if isChosen, plan.nodes.count != wanted {
                ChatNode.complain(
                    "note: the demo in \(directory) has \(plan.nodes.count) nodes, and keeps them;"
                        + " --nodes \(wanted) is for a new --data-dir"
                )
            }
            return try supervise(plan)
        } catch let error as FileError where error.reason == .isLocked {
            ChatNode.complain("Error: another demo runs in \(directory)")
            return .unavailable
        } catch let error as StreamError {
            return ChatNode.unwritten(error)
        } catch let error as DemoPlan.Unusable {
            ChatNode.complain("Error: \(error.description)")
            return .configuration
        } catch {
            ChatNode.complain("Error: \(error)")
            return .cannotCreate
        }
    }

    private func supervise(_ plan: DemoPlan) throws -> ExitCode {
        let nodes = try plan.nodes.map { try DemoNode($0, plan, directory) }
        for node in nodes {
            guard node.isReady else {
                for other in nodes { other.stop() }
                ChatNode.complain(
                    "Error: \(node.place.id) did not start; see \(directory)/\(node.place.id).log"
                )
                return .unavailable
            }
        }
        try introduce(plan, nodes)
        for node in nodes { node.keepRunning() }
        Signals.waitForStop()
        try Output.standard.writeLine("\nstopping; the data stays in \(directory)")
        for node in nodes { node.stop() }
        return .done
    }

    private func introduce(_ plan: DemoPlan, _ nodes: [DemoNode]) throws(StreamError) {
        let servers = plan.nodes.map(\.client).joined(separator: ",")
        var text = "\(plan.nodes.count) nodes, data and logs in \(directory):\n\n"
        for (node, place) in zip(nodes, plan.nodes) {
            text += "  \(place.id)  http://\(place.client)  (process \(node.pid))\n"
        }
        text += """

            Try it in other terminals:

              export CHAT_SERVERS=\(servers)
              swift run -c release chat-cli register ann
              swift run -c release chat-cli --profile bob register bob
              swift run -c release chat-cli send bob 'hello'
              swift run -c release chat-cli --profile bob inbox
              swift run -c release chat-cli --profile bob tail
              swift run -c release chat-cli cluster status

            Kill any node with 'kill -9 PROCESS': \(plan.whatFollowsAKill).
            Ctrl-C stops all; the same command brings them back with their data.
            """
        try Output.standard.writeLine(text)
    }
}

/// Which nodes a demo has, and where: `{"id":"n1","client":"127.0.0.1:41233","peer":"…"}` a line.
struct DemoPlan {
    struct Place: Hashable, Sendable {
        var id: String
        var client: String
        var peer: String
    }

    /// The file is there and says nothing that can be used.
    struct Unusable: Error, CustomStringConvertible {
        var path: String
        var directory: String
        var reason: String

        var description: String {
            "\(path) is no plan of a demo: \(reason). Put it back, for the data in \(directory) belongs"
                + " to the addresses in it, or remove \(directory) and begin anew"
        }
    }

    let nodes: [Place]

    /// What a person sees who ends one of the processes.
    var whatFollowsAKill: String {
        switch nodes.count {
        case 1: "nobody is served until it is started again, which is at once"
        case 2: "nothing can be sent until it is started again, which is at once"
        default: "the others go on, and it is started again"
        }
    }

    /// Reads the plan of the directory, or makes one with free ports and keeps it.
    init(directory: String, nodes wanted: Int) throws {
        let files = DiskFileSystem()
        let path = "\(directory)/demo.jsonl"
        if try files.exists(path) {
            let file = try files.openForReading(path)
            defer { file.close() }
            let bytes = try file.read(at: 0, count: try file.size())
            nodes = try Self.places(bytes, path, directory)
            return
        }
        nodes = try (1...wanted).map { number in
            Place(
                id: "n\(number)",
                client: try FreePort.address(),
                peer: try FreePort.address()
            )
        }
        // Whole or not at all: the log names the addresses, so a plan that was cut off is of no use.
        let partial = path + ".partial"
        if try files.exists(partial) { try files.remove(partial) }
        let file = try files.create(partial)
        defer { file.close() }
        try file.write(nodes.flatMap { $0.lineBytes + [UInt8(ascii: "\n")] }, at: 0)
        try file.synchronize()
        try files.rename(partial, to: path)
        try files.syncDirectory(directory)
    }

    /// Reads a plan, which is whole or no plan: its last line ends too.
    private static func places(
        _ bytes: [UInt8],
        _ path: String,
        _ directory: String
    ) throws(Unusable) -> [Place] {
        func unusable(_ reason: String) -> Unusable {
            Unusable(path: path, directory: directory, reason: reason)
        }
        guard !bytes.isEmpty else { throw unusable("it is empty") }
        guard bytes.last == UInt8(ascii: "\n") else { throw unusable("its last line is cut off") }
        var places: [Place] = []
        for line in bytes.split(separator: UInt8(ascii: "\n")) {
            do throws(LineError) { places.append(try Place(lineBytes: Array(line))) } catch {
                throw unusable("line \(places.count + 1): \(error)")
            }
        }
        guard !places.isEmpty else { throw unusable("it names no node") }
        return places
    }
}

extension DemoPlan.Place: LineCodable {
    init(from reader: inout JSONReader) throws(LineError) {
        var (id, client, peer): (String?, String?, String?)
        try reader.members { (name, reader) throws(LineError) in
            switch name {
            case "id": id = try reader.string()
            case "client": client = try reader.string()
            case "peer": peer = try reader.string()
            default: throw reader.unknown(name)
            }
        }
        self.init(
            id: try reader.require(id, "id"),
            client: try reader.require(client, "client"),
            peer: try reader.require(peer, "peer")
        )
    }

    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("id", id)
        writer.member("client", client)
        writer.member("peer", peer)
        writer.endObject()
    }
}
