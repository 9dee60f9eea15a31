import Replication
import Storage
import TestSupport
import Testing

/// A start that is refused, on a directory that holds an entry.
@Suite struct ReplicaRefusalTests {
    /// Why a start is refused.
    enum Refusal: CaseIterable {
        case locked, clientPort, peerPort, configuration, identity, address, journalVersion
        case snapshotAlone, snapshotVersion, entryVersion
    }

    private static let newer = LogPosition(index: LogIndex(1_000_000), term: Term(9))
    private let disk = MemoryFileSystem()
    private let directory = "/data/n1"

    /// Guards pitfall 51: a second start that found its port taken had already closed the journal.
    @Test(arguments: Refusal.allCases)
    func `pitfall 51: a start that is refused has changed nothing`(_ refusal: Refusal) async throws
    {
        var configuration = try await run()
        let taken = try Listener(on: Address(host: "127.0.0.1", port: 0).resolved()[0])
        let lock = refusal == .locked ? try disk.lock(directory) : nil
        switch refusal {
        case .locked: break
        case .clientPort: configuration.clientAddress = "127.0.0.1:\(taken.port)"
        case .peerPort: configuration.peerAddress = "127.0.0.1:\(taken.port)"
        case .configuration: configuration.join = ["nowhere"]
        case .identity: configuration.id = "n2"
        case .address: try addMember(configuration)
        case .journalVersion: try replace("\"journal\":2", by: "\"journal\":9", in: "journal-")
        case .snapshotAlone: try leaveSnapshotAlone()
        case .snapshotVersion: try write("snapshot-0000000001.jsonl", #"{"snapshot":9}"#)
        case .entryVersion: try replace("\"op\":", by: "\"oq\":", in: "journal-")
        }
        let before = try contents()
        let changes = Lock<[FileCall]>([])
        disk.onCall { call in
            switch call.kind {
            case .exists, .list, .open, .size, .read, .lock: break
            case .createDirectory, .create, .rename, .remove, .syncDirectory, .write, .synchronize,
                .truncate, .allocate:
                changes.withLock { $0.append(call) }
            }
        }
        #expect(throws: ReplicationError.self) {
            _ = try Replica<Register>(configuration, fileSystem: disk)
        }
        disk.onCall(nil)
        #expect(changes.withLock { $0 } == [])
        #expect(try contents() == before)
        lock?.release()
        #expect(taken.port != 0)
        // The directory is free again.
        try disk.lock(directory).release()
    }

    @Test func `a refused start makes no directory`() throws {
        var configuration = alone()
        let taken = try Listener(on: Address(host: "127.0.0.1", port: 0).resolved()[0])
        configuration.peerAddress = "127.0.0.1:\(taken.port)"
        #expect(throws: ReplicationError.self) {
            _ = try Replica<Register>(configuration, fileSystem: disk)
        }
        #expect(try !disk.exists("/data"))
        #expect(taken.port != 0)
    }

    private func alone() -> ReplicaConfiguration {
        var configuration = ReplicaConfiguration(
            id: "n1",
            dataDirectory: directory,
            clientAddress: "127.0.0.1:0",
            peerAddress: "127.0.0.1:0"
        )
        configuration.bootstrapExpect = 1
        configuration.suitTests()
        return configuration
    }

    /// Leaves a directory with an entry.
    private func run() async throws -> ReplicaConfiguration {
        let run = try ReplicaRun<Register>(alone(), fileSystem: disk)
        try await run.lead()
        try await run.append("a")
        try await run.stop()
        return alone()
    }

    /// Leaves a journal whose last membership knows the node elsewhere, in a cluster of two.
    private func addMember(_ configuration: ReplicaConfiguration) throws {
        let (journal, recovered) = try Journal.open(
            directory: directory,
            id: "n1",
            fileSystem: disk,
            configuration: configuration.journal,
            makeIncarnation: { "" }
        )
        defer { journal.close() }
        let last = recovered.terms.last
        let position = LogPosition(index: last.index.next, term: last.term)
        let members = [
            Member(identity: recovered.identity.node, peerAddress: "a:1", clientAddress: "a:2"),
            Member(
                identity: NodeIdentity(id: "n2", incarnation: "00000000000000bb"),
                peerAddress: "b:1",
                clientAddress: "b:2"
            ),
        ]
        let entry = LogEntry(
            position: position,
            time: SystemClock.wallTime(),
            payload: .members(Membership(incoming: members), cluster: nil)
        )
        try journal.append([.entry(position, line: entry.line)])
    }

    private func leaveSnapshotAlone() throws {
        let head = SnapshotHead(
            cluster: "c1",
            position: Self.newer,
            membershipIndex: LogIndex(1),
            membership: Array(#"{"incoming":[]}"#.utf8),
            schema: 1
        )
        let store = SnapshotStore(directory: directory, fileSystem: disk)
        try store.write(head) { (_) throws(SnapshotError) in }
        for name in try disk.list(directory) where name.hasPrefix("journal-") {
            try disk.remove("\(directory)/\(name)")
        }
    }

    /// Changes a text in all lines of some files, and seals them again.
    private func replace(_ text: String, by other: String, in prefix: String) throws {
        for name in try disk.list(directory) where name.hasPrefix(prefix) {
            let path = "\(directory)/\(name)"
            let lines = String(decoding: try #require(disk.contents(of: path)), as: UTF8.self)
                .split(separator: "\n", omittingEmptySubsequences: false)
            let changed = lines.map { line in
                guard line.contains(text) else { return Array(line.utf8) }
                let body = Array(line.replacing(text, with: other).utf8.dropLast(18))
                return body + Array(",\"crc\":\"\(Self.hex(CRC32C.checksum(body)))\"}".utf8)
            }
            disk.setContents(of: path, to: Array(changed.joined(separator: [UInt8(ascii: "\n")])))
        }
    }

    private static func hex(_ value: UInt32) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }

    private func write(_ name: String, _ text: String) throws {
        let body = Array(text.utf8.dropLast())
        let file = try disk.create("\(directory)/\(name)")
        let seal = ",\"crc\":\"\(Self.hex(CRC32C.checksum(body)))\"}\n"
        try file.write(body + Array(seal.utf8), at: 0)
    }

    private func contents() throws -> [String: [UInt8]?] {
        Dictionary(
            uniqueKeysWithValues: try disk.list(directory).map {
                ($0, disk.contents(of: "\(directory)/\($0)"))
            }
        )
    }
}
