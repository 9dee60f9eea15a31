/// Both iterators go from leaf to leaf by a fence, the separator that bounds the leaf, instead of a
/// stack of nodes: a new descent for each leaf costs less than an allocation for each page.
extension SortedMap {
    /// Goes over entries by ascending key.
    public struct Iterator: IteratorProtocol {
        @usableFromInline
        let root: Node
        @usableFromInline
        let upper: Bound
        @usableFromInline
        var leaf: Node
        @usableFromInline
        var index: Int
        @usableFromInline
        var end: Int
        @usableFromInline
        var fence: Key?

        @inlinable
        init(root: Node, lower: Bound, upper: Bound) {
            self.root = root
            self.upper = upper
            (leaf, fence) = root.leafAndUpperFence(for: lower)
            index = leaf.startIndex(lower)
            end = leaf.endIndex(upper)
        }

        /// The next entry.
        ///
        /// - Complexity: O(1) amortized over the entries of a leaf.
        @inlinable
        public mutating func next() -> Element? {
            while index >= end {
                // An end inside the leaf is the upper bound; at its end there may be another leaf.
                guard end == leaf.keys.count, let key = fence else { return nil }
                (leaf, fence) = root.leafAndUpperFence(for: .including(key))
                index = 0
                end = leaf.endIndex(upper)
            }
            defer { index += 1 }
            return (leaf.keys[index], leaf.values[index])
        }
    }

    /// Goes over entries by descending key.
    public struct ReversedIterator: IteratorProtocol {
        @usableFromInline
        let root: Node
        @usableFromInline
        let lower: Bound
        @usableFromInline
        var leaf: Node
        @usableFromInline
        var start: Int
        @usableFromInline
        var index: Int
        @usableFromInline
        var fence: Key?

        @inlinable
        init(root: Node, lower: Bound, upper: Bound) {
            self.root = root
            self.lower = lower
            (leaf, fence) = root.leafAndLowerFence(for: upper)
            start = leaf.startIndex(lower)
            index = leaf.endIndex(upper)
        }

        /// The next entry.
        ///
        /// - Complexity: O(1) amortized over the entries of a leaf.
        @inlinable
        public mutating func next() -> Element? {
            while index <= start {
                guard start == 0, let key = fence else { return nil }
                (leaf, fence) = root.leafAndLowerFence(for: .excluding(key))
                start = leaf.startIndex(lower)
                index = leaf.keys.count
            }
            index -= 1
            return (leaf.keys[index], leaf.values[index])
        }
    }
}

extension SortedMap.Iterator: Sendable {}
extension SortedMap.ReversedIterator: Sendable {}

extension SortedMapNode {
    @usableFromInline
    typealias Bound = SortedMap<Key, Value>.Bound

    /// The first index of this leaf at or above a lower bound.
    @inlinable
    func startIndex(_ bound: Bound) -> Int {
        switch bound {
        case .none: 0
        case .including(let key): lowerIndex(of: key)
        case .excluding(let key): upperIndex(of: key)
        }
    }

    /// The index of this leaf after the last one at or below an upper bound.
    @inlinable
    func endIndex(_ bound: Bound) -> Int {
        switch bound {
        case .none: keys.count
        case .including(let key): upperIndex(of: key)
        case .excluding(let key): lowerIndex(of: key)
        }
    }

    /// The leaf where a lower bound lies, and the separator that all later leaves are not below.
    @inlinable
    func leafAndUpperFence(for bound: Bound) -> (SortedMapNode, Key?) {
        var node = self
        var fence: Key?
        while !node.isLeaf {
            let index =
                switch bound {
                case .none: 0
                case .including(let key), .excluding(let key): node.upperIndex(of: key)
                }
            if index < node.keys.count { fence = node.keys[index] }
            node = node.children[index]
        }
        return (node, fence)
    }

    /// The leaf where an upper bound lies, and the separator that all earlier leaves are below.
    @inlinable
    func leafAndLowerFence(for bound: Bound) -> (SortedMapNode, Key?) {
        var node = self
        var fence: Key?
        while !node.isLeaf {
            let index = node.endIndex(bound)
            if index > 0 { fence = node.keys[index - 1] }
            node = node.children[index]
        }
        return (node, fence)
    }
}
