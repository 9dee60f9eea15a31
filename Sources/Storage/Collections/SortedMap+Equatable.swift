extension SortedMap: Equatable where Value: Equatable {
    /// Whether both hold the same entries.
    ///
    /// - Complexity: O(*n*); O(1) for copies that were not written to.
    @inlinable
    public static func == (left: SortedMap, right: SortedMap) -> Bool {
        guard left.root !== right.root else { return true }
        return left.count == right.count
            && left.elementsEqual(right) { $0.key == $1.key && $0.value == $1.value }
    }
}

extension SortedMap: Hashable where Key: Hashable, Value: Hashable {
    /// Hashes all entries in order.
    ///
    /// - Complexity: O(*n*).
    @inlinable
    public func hash(into hasher: inout Hasher) {
        hasher.combine(count)
        for (key, value) in self {
            hasher.combine(key)
            hasher.combine(value)
        }
    }
}

extension SortedMap: ExpressibleByDictionaryLiteral {
    /// Creates a map of the literal's entries; of two with the same key the later one stays.
    @inlinable
    public init(dictionaryLiteral elements: (Key, Value)...) { self.init(elements) }
}

extension SortedMap: CustomStringConvertible {
    /// The entries, in the form of a dictionary.
    @inlinable
    public var description: String {
        isEmpty ? "[:]" : "[" + map { "\($0.key): \($0.value)" }.joined(separator: ", ") + "]"
    }
}
