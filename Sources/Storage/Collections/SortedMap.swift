/// A map in the order of its keys, of which a copy costs nothing and a write after a copy little.
///
/// A B-tree with copy-on-write nodes. `let frozen = map` shares all nodes; the next write copies
/// the nodes on one path from the root, not the map, so state of any size can be frozen for a
/// snapshot and read on another thread while it goes on to change. `==` of two keys must mean that
/// neither is below the other.
public struct SortedMap<Key: Comparable & Sendable, Value: Sendable>: Sendable {
    @usableFromInline
    typealias Node = SortedMapNode<Key, Value>

    @usableFromInline
    var root = Node()

    @usableFromInline
    var entryCount = 0

    /// Number of entries.
    @inlinable
    public var count: Int { entryCount }

    /// Creates an empty map.
    @inlinable
    public init() {}

    /// Creates a map of `entries`; of two with the same key the later one stays.
    ///
    /// - Complexity: O(*n* log *n*).
    @inlinable
    public init(_ entries: some Sequence<(Key, Value)>) {
        for (key, value) in entries { updateValue(value, forKey: key) }
    }

    /// Whether there are no entries.
    @inlinable
    public var isEmpty: Bool { count == 0 }

    /// Whether there is a value for `key`.
    ///
    /// - Complexity: O(log *n*).
    @inlinable
    public func contains(_ key: Key) -> Bool {
        root.leaf(for: key).index(of: key) != nil
    }

    /// The value for `key`; nil removes it.
    ///
    /// A value is changed in place, without a copy of it.
    ///
    /// - Complexity: O(log *n*).
    @inlinable
    public subscript(key: Key) -> Value? {
        get {
            let leaf = root.leaf(for: key)
            return leaf.index(of: key).map { leaf.values[$0] }
        }
        set {
            if let newValue {
                updateValue(newValue, forKey: key)
            } else {
                removeValue(forKey: key)
            }
        }
        _modify {
            guard contains(key) else {
                var value: Value?
                defer { if let value { updateValue(value, forKey: key) } }
                yield &value
                return
            }
            let leaf = ownedLeaf(for: key)
            let index = leaf.lowerIndex(of: key)
            // Taken out for the time of the change, so that nothing else refers to it.
            var value: Value? = leaf.values.remove(at: index)
            defer {
                if let value {
                    leaf.values.insert(value, at: index)
                } else {
                    _ = remove(key, valueIsTaken: true)
                }
            }
            yield &value
        }
    }

    /// The value for `key`, or `defaultValue` for none, which is stored when it is written to.
    ///
    /// - Complexity: O(log *n*).
    @inlinable
    public subscript(key: Key, default defaultValue: @autoclosure () -> Value) -> Value {
        get { self[key] ?? defaultValue() }
        _modify {
            if !contains(key) { updateValue(defaultValue(), forKey: key) }
            let leaf = ownedLeaf(for: key)
            yield &leaf.values[leaf.lowerIndex(of: key)]
        }
    }

    /// Sets the value for `key` and gives the one before.
    ///
    /// - Complexity: O(log *n*).
    @discardableResult
    @inlinable
    public mutating func updateValue(_ value: Value, forKey key: Key) -> Value? {
        ownRoot()
        let (previous, split) = root.insert(value, for: key)
        if let split { root = Node(keys: [split.separator], children: [root, split.right]) }
        if previous == nil { entryCount += 1 }
        return previous
    }

    /// Removes the value for `key` and gives it, or nil if there was none.
    ///
    /// - Complexity: O(log *n*).
    @discardableResult
    @inlinable
    public mutating func removeValue(forKey key: Key) -> Value? {
        // Looked up first, so that a miss copies nothing.
        guard contains(key) else { return nil }
        return remove(key)
    }

    /// Removes the entry with the lowest key and gives it.
    ///
    /// - Complexity: O(log *n*).
    @discardableResult
    @inlinable
    public mutating func popFirst() -> Element? {
        guard let first else { return nil }
        removeValue(forKey: first.key)
        return first
    }

    /// Removes all entries.
    @inlinable
    public mutating func removeAll() { self = SortedMap() }

    @inlinable
    mutating func remove(_ key: Key, valueIsTaken: Bool = false) -> Value? {
        ownRoot()
        let removed = root.remove(key, valueIsTaken: valueIsTaken)
        if root.children.count == 1 { root = root.children[0] }
        entryCount -= 1
        return removed
    }

    @inlinable
    mutating func ownRoot() {
        if !isKnownUniquelyReferenced(&root) { root = root.copy() }
    }

    @inlinable
    mutating func ownedLeaf(for key: Key) -> Node {
        ownRoot()
        return root.ownedLeaf(for: key)
    }
}
