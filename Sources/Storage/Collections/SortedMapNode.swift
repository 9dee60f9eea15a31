/// A node of the tree behind ``SortedMap``: a leaf with keys and values, or separators and children.
///
/// Sound as `Sendable` when keys and values are, though its properties change: they change only in
/// the methods below that say so, and those are called only on a node that one single map refers
/// to, along a path of such nodes from its root. A node that two maps share, on two threads
/// perhaps, is only read.
@usableFromInline
final class SortedMapNode<Key: Comparable & Sendable, Value: Sendable>: @unchecked Sendable {
    /// The most entries of a leaf, or children of an inner node.
    @inlinable
    static var maximum: Int { 64 }
    /// The fewest, but for the root.
    @inlinable
    static var minimum: Int { 16 }
    /// Two nodes become one only up to this size, so that the next insertion does not split it.
    @inlinable
    static var merged: Int { 48 }

    /// In a leaf the keys of its values; in an inner node `keys[i]` is above all keys of
    /// `children[i]` and not above any of `children[i + 1]`.
    ///
    /// A separator need not be a key that is still there.
    @usableFromInline
    var keys: [Key]
    /// The values of a leaf, one for each key.
    @usableFromInline
    var values: [Value]
    /// The children of an inner node, one more than keys; none in a leaf.
    @usableFromInline
    var children: [SortedMapNode]

    @inlinable
    init(keys: [Key] = [], values: [Value] = [], children: [SortedMapNode] = []) {
        self.keys = keys
        self.values = values
        self.children = children
    }

    @inlinable
    var isLeaf: Bool { children.isEmpty }

    /// Number of entries or children.
    @inlinable
    var size: Int { isLeaf ? keys.count : children.count }

    /// A node of our own with the same content; its arrays are copied when they are written to.
    @inlinable
    func copy() -> SortedMapNode {
        SortedMapNode(keys: keys, values: values, children: children)
    }

    /// The first index whose key is not below `key`.
    @inlinable
    func lowerIndex(of key: Key) -> Int {
        var low = 0
        var high = keys.count
        while low < high {
            let middle = (low + high) / 2
            if keys[middle] < key { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// The first index whose key is above `key`; in an inner node the child that `key` belongs to.
    @inlinable
    func upperIndex(of key: Key) -> Int {
        var low = 0
        var high = keys.count
        while low < high {
            let middle = (low + high) / 2
            if key < keys[middle] { high = middle } else { low = middle + 1 }
        }
        return low
    }

    /// Where `key` stands in this leaf.
    @inlinable
    func index(of key: Key) -> Int? {
        let index = lowerIndex(of: key)
        return index < keys.count && !(key < keys[index]) ? index : nil
    }

    /// The leaf below this node that `key` belongs to.
    @inlinable
    func leaf(for key: Key) -> SortedMapNode {
        var node = self
        while !node.isLeaf { node = node.children[node.upperIndex(of: key)] }
        return node
    }

    /// The child at `index`, copied first if another map refers to it too.
    ///
    /// Changes this node.
    @inlinable
    func ownedChild(at index: Int) -> SortedMapNode {
        if !isKnownUniquelyReferenced(&children[index]) {
            children[index] = children[index].copy()
        }
        return children[index]
    }

    /// The leaf that `key` belongs to, on a path that is this map's own.
    ///
    /// Changes this node.
    @inlinable
    func ownedLeaf(for key: Key) -> SortedMapNode {
        var node = self
        while !node.isLeaf { node = node.ownedChild(at: node.upperIndex(of: key)) }
        return node
    }
}
