/// What a request gave, and when it took effect.
public struct Receipt<Value: Sendable>: Sendable {
    /// What it gave.
    public var value: Value
    /// The index of the entry that it took effect with; later reads see it.
    public var index: UInt64
    /// Whether an earlier request under the same key had done it already.
    public var isRepeated: Bool

    /// Creates a receipt.
    public init(value: Value, index: UInt64, isRepeated: Bool = false) {
        self.value = value
        self.index = index
        self.isRepeated = isRepeated
    }

    func map<Other: Sendable, Failure: Error>(
        _ transform: (Value) throws(Failure) -> Other
    ) throws(Failure) -> Receipt<Other> {
        Receipt<Other>(value: try transform(value), index: index, isRepeated: isRepeated)
    }
}

extension Receipt: Equatable where Value: Equatable {}
