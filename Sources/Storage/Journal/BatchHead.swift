/// The line before each batch, which bounds it and says what holds once it is durable.
///
/// `{"batch":17,"bytes":4096,"through":{"index":43,"term":3},"term":4,"commit":41,"crc":"9a0b1c2d"}`
///
/// Batch *n* + 1 is written only after the sync of batch *n* returned: a head claims all that lies
/// before it.
struct BatchHead: Hashable {
    /// 1 for the first of the journal, then without a gap over all files.
    var number: UInt64
    /// The length of the lines that follow.
    var bytes: Int
    /// The end of the log after them.
    var through: LogPosition
    /// The node's term after them: no smaller than its vote's and its last entry's.
    var term: Term
    /// The last entry that the node knew to be committed; zero if it knew none, or in an older file.
    var commit = LogIndex.zero

    static let prefix = Array("{\"batch\":".utf8)

    func write(to writer: inout JSONWriter) {
        Line.write(to: &writer) { writer in
            writer.member("batch", number)
            writer.member("bytes", bytes)
            writer.member("through", through)
            writer.member("term", term.value)
            if commit > .zero { writer.member("commit", commit.value) }
        }
    }
}

extension BatchHead {
    init(_ bytes: [UInt8], in range: Range<Int>) throws(LineError) {
        var number: UInt64?
        var count: Int?
        var through: LogPosition?
        var term: UInt64?
        var commit: UInt64?
        try Line.read(bytes, in: range) { (name, reader) throws(LineError) in
            switch name {
            case "batch": number = try reader.unsigned()
            case "bytes": count = try reader.count()
            case "through": through = try LogPosition(from: &reader)
            case "term": term = try reader.unsigned()
            case "commit": commit = try reader.unsigned()
            default: throw reader.unknown(name)
            }
        }
        let reader = JSONReader(bytes, in: range)
        self.number = try reader.require(number, "batch")
        self.bytes = try reader.require(count, "bytes")
        self.through = try reader.require(through, "through")
        self.term = Term(try reader.require(term, "term"))
        self.commit = LogIndex(commit ?? 0)
    }
}
