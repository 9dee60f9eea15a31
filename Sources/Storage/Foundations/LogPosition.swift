/// The place of an entry in the log; the first entry has index 1, and 0 stands before it.
public struct LogIndex: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The number.
    public var value: UInt64

    /// Creates an index.
    public init(_ value: UInt64) { self.value = value }

    /// The place before the first entry.
    public static let zero = LogIndex(0)
    /// The next index.
    public var next: LogIndex { LogIndex(value + 1) }
    /// The index before, or zero at zero.
    public var previous: LogIndex { LogIndex(value == 0 ? 0 : value - 1) }

    /// Orders by number.
    public static func < (left: LogIndex, right: LogIndex) -> Bool { left.value < right.value }
    /// The number as digits.
    public var description: String { String(value) }
}

/// A period with at most one leader (Raft §5.1); 0 before the first election.
public struct Term: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The number.
    public var value: UInt64

    /// Creates a term.
    public init(_ value: UInt64) { self.value = value }

    /// The term before the first election.
    public static let zero = Term(0)
    /// The next term.
    public var next: Term { Term(value + 1) }

    /// Orders by number.
    public static func < (left: Term, right: Term) -> Bool { left.value < right.value }
    /// The number as digits.
    public var description: String { String(value) }
}

/// An entry's index and term; together they name its content (Raft §5.3, log matching).
///
/// Compared as Raft compares logs: by term first, then by index (Raft §5.4.1).
public struct LogPosition: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The place in the log.
    public var index: LogIndex
    /// The term of the leader that made the entry.
    public var term: Term

    /// Creates a position.
    public init(index: LogIndex, term: Term) {
        self.index = index
        self.term = term
    }

    /// The position before the first entry.
    public static let zero = LogPosition(index: .zero, term: .zero)

    /// Whether a log that ends at `left` is less up to date than one that ends at `right`.
    public static func < (left: LogPosition, right: LogPosition) -> Bool {
        (left.term, left.index) < (right.term, right.index)
    }
    /// Index and term, as `42@3`.
    public var description: String { "\(index)@\(term)" }
}

extension LogPosition: LineCodable {
    /// Reads `{"index":42,"term":3}`.
    public init(from reader: inout JSONReader) throws(LineError) {
        var index: UInt64?
        var term: UInt64?
        try reader.members { (name, reader) throws(LineError) in
            switch name {
            case "index": index = try reader.unsigned()
            case "term": term = try reader.unsigned()
            default: throw reader.unknown(name)
            }
        }
        self.init(
            index: LogIndex(try reader.require(index, "index")),
            term: Term(try reader.require(term, "term"))
        )
    }

    /// Writes `{"index":42,"term":3}`.
    public func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("index", index.value)
        writer.member("term", term.value)
        writer.endObject()
    }
}
