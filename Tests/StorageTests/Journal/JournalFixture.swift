import Storage

/// A journal in memory with small segments.
struct JournalFixture {
    static let directory = "/data/n1"
    var disk = MemoryFileSystem()
    var configuration = JournalConfiguration(
        segmentBytes: 2_048,
        fillBytes: 1_024,
        indexBytes: 256,
        reserveBytes: 512
    )

    func open(id: String = "n1") throws(JournalError) -> (
        journal: Journal, recovered: RecoveredJournal
    ) {
        try Journal.open(
            directory: Self.directory,
            id: id,
            fileSystem: disk,
            configuration: configuration,
            makeIncarnation: { "8f3a91c04be7d215" }
        )
    }

    /// Opens the journal after what a crash left.
    func reopen() throws(JournalError) -> (journal: Journal, recovered: RecoveredJournal) {
        disk.processCrash()
        return try open()
    }

    func path(_ number: Int) -> String {
        let digits = String(number)
        let zeros = String(repeating: "0", count: 10 - digits.count)
        return "\(Self.directory)/journal-\(zeros)\(digits).jsonl"
    }

    /// The paths of the journal's files, oldest first.
    func files() throws -> [String] {
        try disk.list(Self.directory).filter { $0.hasPrefix("journal-") }
            .map { "\(Self.directory)/\($0)" }
    }
}

/// A sealed line of an entry.
func entryLine(_ index: UInt64, _ term: UInt64, _ text: String = "a", members: Bool = false)
    -> [UInt8]
{
    var writer = JSONWriter()
    Line.write(to: &writer) { writer in
        writer.member("index", index)
        writer.member("term", term)
        writer.member("time", 1_763_697_600_123 as UInt64)
        if members {
            writer.key("members")
            writer.beginObject()
            writer.endObject()
        } else {
            writer.member("op", text)
        }
    }
    return writer.bytes
}

/// An entry as a record.
func entry(_ index: UInt64, _ term: UInt64, _ text: String = "a", members: Bool = false)
    -> JournalRecord
{
    .entry(
        LogPosition(index: LogIndex(index), term: Term(term)),
        line: entryLine(index, term, text, members: members)
    )
}

/// A vote as a record.
func vote(_ term: UInt64, for id: String? = nil) -> JournalRecord {
    .vote(Vote(term: Term(term), candidate: id.map { NodeIdentity(id: $0, incarnation: "0a") }))
}

extension Journal {
    /// All lines, as text.
    func allLines(maximumBytes: Int = .max) throws(JournalError) -> [String] {
        var lines: [String] = []
        var after = LogIndex.zero
        while after < last.index {
            let found = try entries(
                after: after,
                through: LogIndex(.max),
                maximumBytes: maximumBytes
            )
            guard let end = found.last else { break }
            lines += found.map { String(decoding: $0.line, as: UTF8.self) }
            after = end.position.index
        }
        return lines
    }
}
