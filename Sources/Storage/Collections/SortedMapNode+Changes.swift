/// Insertion and removal; all of it changes the node, which must be the map's own.
extension SortedMapNode {
    /// A node that was cut off at the right, and the separator before it.
    @usableFromInline
    typealias Split = (separator: Key, right: SortedMapNode)

    /// Inserts a key or replaces its value.
    ///
    /// - Returns: The value before, and what was split off.
    @inlinable
    func insert(_ value: Value, for key: Key) -> (previous: Value?, split: Split?) {
        guard !isLeaf else { return insertHere(value, for: key) }
        let index = upperIndex(of: key)
        let (previous, split) = ownedChild(at: index).insert(value, for: key)
        guard let split else { return (previous, nil) }
        keys.insert(split.separator, at: index)
        children.insert(split.right, at: index + 1)
        return (previous, splitIfTooLarge(after: index + 1))
    }

    @inlinable
    func insertHere(_ value: Value, for key: Key) -> (previous: Value?, split: Split?) {
        let index = lowerIndex(of: key)
        if index < keys.count, !(key < keys[index]) {
            let previous = values[index]
            values[index] = value
            return (previous, nil)
        }
        keys.insert(key, at: index)
        values.insert(value, at: index)
        return (nil, splitIfTooLarge(after: index))
    }

    // At the end of the node more than half stays in the left part, so that keys inserted in order
    // fill the tree to three quarters.
    @inlinable
    func splitIfTooLarge(after index: Int) -> Split? {
        guard size > Self.maximum else { return nil }
        return split(at: index == size - 1 ? Self.merged : size / 2)
    }

    @inlinable
    func split(at index: Int) -> Split {
        let right: SortedMapNode
        let separator: Key
        if isLeaf {
            separator = keys[index]
            right = SortedMapNode(keys: Array(keys[index...]), values: Array(values[index...]))
            keys.removeSubrange(index...)
            values.removeSubrange(index...)
        } else {
            separator = keys[index - 1]
            right = SortedMapNode(
                keys: Array(keys[index...]),
                children: Array(children[index...])
            )
            keys.removeSubrange((index - 1)...)
            children.removeSubrange(index...)
        }
        return (separator, right)
    }

    /// Removes a key, which must be there; the node may be left too small, for its parent to mend.
    ///
    /// - Parameters:
    ///   - key: The key.
    ///   - valueIsTaken: Whether the leaf holds the key alone, because its value was removed already.
    /// - Returns: The value, unless it was taken.
    @inlinable
    func remove(_ key: Key, valueIsTaken: Bool = false) -> Value? {
        if isLeaf {
            let index = lowerIndex(of: key)
            keys.remove(at: index)
            return valueIsTaken ? nil : values.remove(at: index)
        }
        let index = upperIndex(of: key)
        let child = ownedChild(at: index)
        let removed = child.remove(key, valueIsTaken: valueIsTaken)
        if child.size < Self.minimum { mendChild(at: index) }
        return removed
    }

    /// Joins a child that is too small with a neighbour, or shares their content evenly.
    @inlinable
    func mendChild(at index: Int) {
        let index = max(0, index - 1)
        let left = ownedChild(at: index)
        let right = children[index + 1]
        left.append(right, after: keys[index])
        if left.size <= Self.merged {
            keys.remove(at: index)
            children.remove(at: index + 1)
        } else {
            let split = left.split(at: left.size / 2)
            keys[index] = split.separator
            children[index + 1] = split.right
        }
    }

    @inlinable
    func append(_ right: SortedMapNode, after separator: Key) {
        if !isLeaf { keys.append(separator) }
        keys.append(contentsOf: right.keys)
        values.append(contentsOf: right.values)
        children.append(contentsOf: right.children)
    }
}
