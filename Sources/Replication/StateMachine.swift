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
    associatedtype Output: LineCodable & Sendable

    /// The state before the first operation.
    init()

    /// Applies an operation. It never throws: what the domain refuses is an output.
    mutating func apply(_ operation: Operation, at context: ApplyContext) -> Output
}
