/// A line of a batch.
enum JournalLine: Hashable {
    case entry(EntryHeader)
    case vote(Vote)
    case truncate(after: LogIndex)

    /// Checks the seal of a line, then reads it.
    init(_ bytes: [UInt8], in range: Range<Int>) throws(LineError) {
        if bytes.holds(EntryHeader.prefix, at: range.lowerBound) {
            _ = try Line.check(bytes, in: range)
            self = .entry(try EntryHeader(bytes, in: range))
        } else {
            self = try Self.other(bytes, in: range)
        }
    }

    private static func other(
        _ bytes: [UInt8],
        in range: Range<Int>
    ) throws(LineError) -> JournalLine {
        var found: JournalLine?
        try Line.read(bytes, in: range) { (name, reader) throws(LineError) in
            guard found == nil else { throw reader.unknown(name) }
            switch name {
            case "vote": found = .vote(try Vote(from: &reader))
            case "truncate": found = .truncate(after: try index(from: &reader))
            default: throw reader.unknown(name)
            }
        }
        return try JSONReader(bytes, in: range).require(found, "vote")
    }

    private static func index(from reader: inout JSONReader) throws(LineError) -> LogIndex {
        var after: UInt64?
        try reader.members { (name, reader) throws(LineError) in
            guard name == "after" else { throw reader.unknown(name) }
            after = try reader.unsigned()
        }
        return LogIndex(try reader.require(after, "after"))
    }
}

/// The last line of a file that another one follows: `{"closed":{"next":8},"crc":"9a0b1c2d"}`.
///
/// Written only once the next file is durable. A journal whose last file has it lost one.
enum ClosedLine {
    static let prefix = Array("{\"closed\":".utf8)

    static func write(next: UInt64, to writer: inout JSONWriter) {
        Line.write(to: &writer) { writer in
            writer.key("closed")
            writer.beginObject()
            writer.member("next", next)
            writer.endObject()
        }
    }
}

extension JournalRecord {
    /// Writes the line of a record of this node alone; an entry has its line already.
    func append(to body: inout [UInt8], with writer: inout JSONWriter) {
        writer.removeAll()
        switch self {
        case .entry(_, let line):
            body.append(contentsOf: line)
            return
        case .commit, .lost: return
        case .vote(let vote):
            Line.write(to: &writer) { $0.member("vote", vote) }
        case .truncate(let index):
            Line.write(to: &writer) { writer in
                writer.key("truncate")
                writer.beginObject()
                writer.member("after", index.value)
                writer.endObject()
            }
        }
        body.append(contentsOf: writer.bytes)
    }
}
