public import Storage

/// What an operation sees of the world when it is applied; the same on every node.
public struct ApplyContext: Hashable, Sendable {
    /// The entry's index: unique for ever, never reused.
    public var index: LogIndex
    /// The entry's time, the only clock that `apply` may see; it never falls.
    public var time: Timestamp
    /// On whose behalf: what ``Service/admit(_:from:entropy:now:)`` named as `by`.
    public var by: String
    /// The request's idempotency key.
    public var key: String

    /// Creates a context.
    public init(index: LogIndex, time: Timestamp, by: String, key: String) {
        self.index = index
        self.time = time
        self.by = by
        self.key = key
    }
}

/// A deterministic state machine that the log drives.
///
/// A value type: a copy is a snapshot. Two nodes that apply the same operations in the same order
/// must have equal states, so nothing in it may depend on a clock, on randomness, on the order of
/// a `Dictionary` or `Set`, on a locale or on `hashValue`.
public protocol StateMachine: Sendable {
    /// What is logged and applied.
    associatedtype Operation: LineCodable & Sendable
    /// What an operation gives; a refusal is an output too.
    ///
    /// It must have a canonical form: no `Double` or `Float`, at most 30 levels and 32 MiB. The
    /// caller of an operation whose output has none is told so, with `output_unwritable`; that
    /// operation has taken effect.
    associatedtype Output: LineCodable & Sendable

    /// The state before the first operation.
    init()

    /// Applies an operation. It never throws: a rejection by the state machine is an output.
    mutating func apply(_ operation: Operation, at context: ApplyContext) -> Output

    /// The version of the lines that ``writeSnapshot(to:)`` writes; 1 unless it says otherwise.
    ///
    /// Snapshots of later versions are refused; for those of earlier ones `init(snapshot:)` finds
    /// the version in `snapshot.head.schema`.
    static var snapshotSchema: UInt64 { get }

    /// Writes the whole state as lines, in an order that equal states share.
    ///
    /// It runs on a thread of its own, on a copy, while the node goes on. A machine that is
    /// `LineCodable` is one line by default; a large one writes a line for each thing that it
    /// holds, so that nothing is in memory twice.
    ///
    /// - Throws: ``SnapshotError`` from writing a line: pass it on.
    func writeSnapshot(to snapshot: inout SnapshotWriter) throws(SnapshotError)

    /// Reads what ``writeSnapshot(to:)`` wrote, to its last line; the state must be equal.
    ///
    /// - Throws: ``SnapshotError`` from reading a line, or ``SnapshotError/invalid(_:)`` for lines
    ///   that do not fit together. It must not trap, whatever the lines are.
    init(snapshot: inout SnapshotReader) throws(SnapshotError)
}

extension StateMachine {
    /// The first version.
    public static var snapshotSchema: UInt64 { 1 }
}

extension StateMachine where Self: LineCodable {
    /// Writes the state as one line, `{"machine":…,"crc":"…"}`.
    public func writeSnapshot(to snapshot: inout SnapshotWriter) throws(SnapshotError) {
        try snapshot.line("machine", self)
    }

    /// Reads the state from one line.
    public init(snapshot: inout SnapshotReader) throws(SnapshotError) {
        let found = try snapshot.next { (kind, reader) throws(LineError) in
            guard kind == "machine" else { throw reader.unknown(kind) }
            return try Self(from: &reader)
        }
        guard let found else { throw .invalid("the state machine has no line") }
        self = found
    }
}
