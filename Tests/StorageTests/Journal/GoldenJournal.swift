import Storage

/// A journal in the source tree, written by some version of this code, and what it must be read as.
struct GoldenJournal: CustomStringConvertible {
    /// The name of its folder, as `version-1`.
    var name: String

    /// Where they are, beside the tests.
    static let folder: String = {
        let tests = #filePath.split(separator: "/").dropLast(2).joined(separator: "/")
        return "/\(tests)/Golden"
    }()

    var description: String { name }
    var path: String { "\(Self.folder)/\(name)" }
    private var textPath: String { path + ".txt" }

    private static let source = DiskFileSystem()

    /// All that are there.
    static func all() throws -> [GoldenJournal] {
        let names = try source.list(folder).filter { $0.hasPrefix("version-") }
        return names.filter { !$0.hasSuffix(".txt") }.map { GoldenJournal(name: $0) }
    }

    /// What it must be read as.
    func expected() throws -> [String] {
        let file = try Self.source.open(textPath)
        let text = String(decoding: try file.read(at: 0, count: file.size()), as: UTF8.self)
        return text.split(separator: "\n").map { String($0) }
    }

    /// A copy in memory.
    func load() throws -> JournalFixture {
        let fixture = Self.empty()
        let directory = JournalFixture.directory
        try fixture.disk.createDirectories(directory)
        for name in try Self.source.list(path) {
            let file = try Self.source.open(FilePath.join(path, name))
            let bytes = try file.read(at: 0, count: file.size())
            _ = try fixture.disk.create(FilePath.join(directory, name))
            fixture.disk.setContents(of: FilePath.join(directory, name), to: bytes)
        }
        return fixture
    }

    /// Writes the folder if it is not there, and the text in any case.
    func regenerate() throws {
        if try !Self.source.exists(path) {
            try Self.source.createDirectory(path)
            let written = try Self.write()
            let directory = JournalFixture.directory
            for name in try written.disk.list(directory) where name.hasSuffix(".jsonl") {
                let from = FilePath.join(directory, name)
                let file = try Self.source.create(FilePath.join(path, name))
                try file.write(written.disk.contents(of: from) ?? [], at: 0)
            }
        }
        let (journal, recovered) = try load().open()
        let lines = try Self.describe(journal, recovered)
        let file =
            try Self.source.exists(textPath)
            ? Self.source.open(textPath) : Self.source.create(textPath)
        let bytes = lines.flatMap { Array("\($0)\n".utf8) }
        try file.truncate(to: 0)
        try file.write(bytes, at: 0)
    }

    /// What a journal is read as, line by line.
    static func describe(
        _ journal: Journal,
        _ recovered: RecoveredJournal
    ) throws -> [String] {
        let identity = recovered.identity
        return [
            "cluster \(identity.cluster ?? "none")", "node \(identity.node)",
            "vote \(recovered.vote.term) \(recovered.vote.candidate?.description ?? "nobody")",
            "membership \(recovered.membershipIndex?.description ?? "none")",
            "last \(recovered.terms.last)",
        ] + (recovered.snapshot.map { ["snapshot \($0.position), schema \($0.schema)"] } ?? [])
            + recovered.notes.map { "note \($0)" }
            + (try journal.allLines()).map { "entry \($0.dropLast())" }
    }

    private static func empty() -> JournalFixture {
        JournalFixture(
            configuration: JournalConfiguration(
                segmentBytes: 2_048,
                fillBytes: 512,
                indexBytes: 256
            )
        )
    }

    /// Votes, entries, a truncation, full files, a start in between, and a torn end.
    private static func write() throws -> JournalFixture {
        let fixture = empty()
        let (first, _) = try fixture.open()
        try first.append([vote(1, for: "n1")])
        try first.adopt(cluster: "c1")
        try first.append([entry(1, 1, members: true), entry(2, 1, "žluťoučký kůň \"\\\n")])
        try first.append([])
        let long = String(repeating: "x", count: 300)
        try first.append([entry(3, 1, long), entry(4, 1, long), entry(5, 1, long)])
        try first.append([vote(2), .truncate(after: LogIndex(3)), entry(4, 2, "another")])
        try first.append([vote(2, for: "n2"), entry(5, 2), entry(6, 2, members: true)])
        first.close()
        let (second, _) = try fixture.open()
        try second.append([vote(3, for: "n3"), entry(7, 3, String(repeating: "y", count: 700))])
        try second.append([entry(8, 3), entry(9, 3, "last that was acknowledged")])
        try second.append([vote(4), entry(10, 3, "written"), entry(11, 3, "torn"), entry(12, 3)])
        try tear(fixture, from: #""op":"torn""#)
        let store = SnapshotStore(directory: JournalFixture.directory, fileSystem: fixture.disk)
        let head = SnapshotHead(
            cluster: "c1",
            position: LogPosition(index: LogIndex(2), term: Term(1)),
            membershipIndex: LogIndex(1),
            membership: Array("{}".utf8),
            schema: 7
        )
        try store.write(head) { (writer) throws(SnapshotError) in
            try writer.line { $0.member("text", "žluťoučký kůň") }
        }
        return fixture
    }

    /// Makes the last file look as if it was not written from a text on.
    private static func tear(_ fixture: JournalFixture, from text: String) throws {
        guard let path = try fixture.files().last, var bytes = fixture.disk.contents(of: path)
        else { return }
        let start = bytes.indices.first { bytes.holds(Array(text.utf8), at: $0) } ?? bytes.count
        for index in start..<bytes.count { bytes[index] = 0 }
        fixture.disk.setContents(of: path, to: bytes)
    }
}
