/// Entries in the order of their keys, a page or all, from either end.
extension SortedMap: Sequence {
    /// A key and its value.
    public typealias Element = (key: Key, value: Value)

    /// Where a part of the map ends.
    @usableFromInline
    enum Bound {
        case none
        case including(Key)
        case excluding(Key)
    }

    /// A part of a map in ascending order, which is read as it is iterated.
    ///
    /// It keeps the map as it was; writing to the map while it lives copies nodes.
    public struct Ascending: Sequence {
        @usableFromInline
        let root: Node
        @usableFromInline
        let lower: Bound
        @usableFromInline
        let upper: Bound

        @inlinable
        init(root: Node, lower: Bound, upper: Bound) {
            self.root = root
            self.lower = lower
            self.upper = upper
        }

        /// Starts at the lowest key.
        ///
        /// - Complexity: O(log *n*).
        @inlinable
        public func makeIterator() -> Iterator {
            Iterator(root: root, lower: lower, upper: upper)
        }
    }

    /// A part of a map in descending order, which is read as it is iterated.
    ///
    /// It keeps the map as it was; writing to the map while it lives copies nodes.
    public struct Descending: Sequence {
        @usableFromInline
        let root: Node
        @usableFromInline
        let lower: Bound
        @usableFromInline
        let upper: Bound

        @inlinable
        init(root: Node, lower: Bound, upper: Bound) {
            self.root = root
            self.lower = lower
            self.upper = upper
        }

        /// Starts at the highest key.
        ///
        /// - Complexity: O(log *n*).
        @inlinable
        public func makeIterator() -> ReversedIterator {
            ReversedIterator(root: root, lower: lower, upper: upper)
        }
    }

    /// Starts at the lowest key.
    ///
    /// - Complexity: O(log *n*); O(*n*) for all entries.
    @inlinable
    public func makeIterator() -> Iterator {
        Iterator(root: root, lower: .none, upper: .none)
    }

    /// The number of entries, which is known without iterating.
    @inlinable
    public var underestimatedCount: Int { count }

    /// The entry with the lowest key.
    ///
    /// - Complexity: O(log *n*).
    @inlinable
    public var first: Element? {
        var iterator = makeIterator()
        return iterator.next()
    }

    /// The entry with the highest key.
    ///
    /// - Complexity: O(log *n*).
    @inlinable
    public var last: Element? {
        var iterator = descending().makeIterator()
        return iterator.next()
    }

    /// Entries with keys from `lower` on, ascending.
    ///
    /// - Complexity: O(log *n* + *k*) for the first *k* entries.
    @inlinable
    public func elements(from lower: Key) -> Ascending {
        Ascending(root: root, lower: .including(lower), upper: .none)
    }

    /// Entries with keys from `lower` to below `upper`, ascending.
    ///
    /// - Complexity: O(log *n* + *k*) for the first *k* entries.
    @inlinable
    public func elements(from lower: Key, upTo upper: Key) -> Ascending {
        Ascending(root: root, lower: .including(lower), upper: .excluding(upper))
    }

    /// Entries with keys from `lower` to `upper`, ascending.
    ///
    /// - Complexity: O(log *n* + *k*) for the first *k* entries.
    @inlinable
    public func elements(from lower: Key, through upper: Key) -> Ascending {
        Ascending(root: root, lower: .including(lower), upper: .including(upper))
    }

    /// Entries with keys above `lower`, ascending.
    ///
    /// - Complexity: O(log *n* + *k*) for the first *k* entries.
    @inlinable
    public func elements(after lower: Key) -> Ascending {
        Ascending(root: root, lower: .excluding(lower), upper: .none)
    }

    /// All entries, descending.
    ///
    /// - Complexity: O(log *n* + *k*) for the first *k* entries.
    @inlinable
    public func descending() -> Descending {
        Descending(root: root, lower: .none, upper: .none)
    }

    /// Entries with keys below `upper`, descending, down to and with `lower` if it is given.
    ///
    /// - Complexity: O(log *n* + *k*) for the first *k* entries.
    @inlinable
    public func descending(before upper: Key, downTo lower: Key? = nil) -> Descending {
        Descending(root: root, lower: bound(lower), upper: .excluding(upper))
    }

    /// Entries with keys not above `upper`, descending, down to and with `lower` if it is given.
    ///
    /// - Complexity: O(log *n* + *k*) for the first *k* entries.
    @inlinable
    public func descending(from upper: Key, downTo lower: Key? = nil) -> Descending {
        Descending(root: root, lower: bound(lower), upper: .including(upper))
    }

    @inlinable
    func bound(_ lower: Key?) -> Bound { lower.map { .including($0) } ?? .none }
}

extension SortedMap.Bound: Sendable {}
extension SortedMap.Ascending: Sendable {}
extension SortedMap.Descending: Sendable {}
