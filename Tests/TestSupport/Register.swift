public import Replication
public import Storage

/// A register that remembers every value appended to it: the smallest state machine in which a
/// lost, doubled or reordered write can be seen.
public struct Register: Service, Equatable {
    /// Appends a value.
    public struct Append: LineCodable, Hashable, Sendable {
        /// The value; unique in a test.
        public var value: String

        /// Creates an operation.
        public init(value: String) { self.value = value }

        /// Reads `{"append":"x"}`.
        public init(from reader: inout JSONReader) throws(LineError) {
            value = try reader.oneCase { (name, reader) throws(LineError) in
                guard name == "append" else { throw reader.unknown(name) }
                return try reader.string()
            }
        }

        /// Writes `{"append":"x"}`.
        public func write(to writer: inout JSONWriter) {
            writer.beginObject()
            writer.member("append", value)
            writer.endObject()
        }
    }

    /// Asks for all values.
    public struct Read: LineCodable, Hashable, Sendable {
        /// Creates a query.
        public init() {}
        /// Reads `{}`.
        public init(from reader: inout JSONReader) throws(LineError) { try reader.emptyObject() }
        /// Writes `{}`.
        public func write(to writer: inout JSONWriter) {
            writer.beginObject()
            writer.endObject()
        }
    }

    /// What was computed in this process, so that a test sees whether its own value was.
    package static let computed = Lock<[String]>([])

    /// The values, oldest first.
    public private(set) var values: [String] = []
    private var given: [String] = []

    /// Creates an empty register.
    public init() {}

    /// Appends, and gives the value's place, counted from 1.
    public mutating func apply(_ operation: Append, at context: ApplyContext) -> UInt64 {
        values.append(operation.value)
        given.append(operation.value)
        return UInt64(values.count)
    }

    /// Makes the state wrong: places are counted from a value that nobody appended.
    public mutating func goWrong(_ value: String = "wrong") { values.insert(value, at: 0) }

    /// Proposes the request as it is; one that begins with `slow` is computed first.
    public func admit(
        _ request: Append,
        from caller: Caller,
        entropy: Entropy,
        now: Timestamp
    ) throws(Refusal) -> Admission<Append> {
        let admitted = Admitted(by: "client", operation: request)
        guard request.value.hasPrefix("slow") else { return .propose(admitted) }
        return .compute { () throws(Refusal) in
            Self.computed.withLock { $0.append(request.value) }
            return admitted
        }
    }

    /// Nothing is refused.
    public static func refusal(in output: UInt64) -> Refusal? { nil }

    /// Gives all values.
    public func answer(
        _ query: Read,
        from caller: Caller,
        now: Timestamp
    ) throws(Refusal) -> [String] { values }

    /// Each value is an event.
    public mutating func takeEvents() -> [String] {
        defer { given = [] }
        return given
    }

    /// A line for each value.
    public func writeSnapshot(to snapshot: inout SnapshotWriter) throws(SnapshotError) {
        for value in values { try snapshot.line("value", value) }
    }

    /// Reads the values.
    public init(snapshot: inout SnapshotReader) throws(SnapshotError) {
        while true {
            let value = try snapshot.next { (kind, reader) throws(LineError) in
                guard kind == "value" else { throw reader.unknown(kind) }
                return try reader.string()
            }
            guard let value else { return }
            values.append(value)
        }
    }

    /// Everyone may look.
    public func audience(of caller: Caller) throws(Refusal) -> String { "all" }

    /// Everyone sees everything.
    public func recipients(of event: String) -> [String] { ["all"] }

    /// The value itself.
    public func render(_ event: String, for audience: String) -> RenderedEvent? {
        RenderedEvent(name: "value", data: event.lineBytes)
    }
}
