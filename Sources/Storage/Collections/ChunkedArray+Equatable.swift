extension ChunkedArray: Equatable where Element: Equatable {
    /// Whether both hold equal elements in the same order.
    ///
    /// - Complexity: O(*n*).
    @inlinable
    public static func == (left: ChunkedArray, right: ChunkedArray) -> Bool {
        left.count == right.count && left.elementsEqual(right)
    }
}

extension ChunkedArray: Hashable where Element: Hashable {
    /// Hashes all elements in order.
    ///
    /// - Complexity: O(*n*).
    @inlinable
    public func hash(into hasher: inout Hasher) {
        hasher.combine(count)
        for element in self { hasher.combine(element) }
    }
}

extension ChunkedArray: ExpressibleByArrayLiteral {
    /// Creates an array of the literal's elements.
    @inlinable
    public init(arrayLiteral elements: Element...) { self.init(elements) }
}

extension ChunkedArray: CustomStringConvertible {
    /// The elements, in the form of an array.
    @inlinable
    public var description: String { "\(Array(self))" }
}
