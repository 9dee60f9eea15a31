extension SortedMap {
    /// The first rule of the tree that does not hold, or nil; for tests.
    ///
    /// - Complexity: O(*n*).
    package var brokenInvariant: String? {
        var leafDepths: Set<Int> = []
        var entries = 0
        let broken = root.brokenInvariant(depth: 0, from: nil, upTo: nil) { depth, count in
            leafDepths.insert(depth)
            entries += count
        }
        if let broken { return broken }
        if leafDepths.count != 1 { return "leaves at depths \(leafDepths.sorted())" }
        if entries != count { return "\(entries) entries, counted \(count)" }
        return nil
    }
}

extension SortedMapNode {
    func brokenInvariant(
        depth: Int,
        from lower: Key?,
        upTo upper: Key?,
        leaf: (_ depth: Int, _ count: Int) -> Void
    ) -> String? {
        if size > Self.maximum || depth > 0 && size < Self.minimum || children.count == 1 {
            return "a node of \(size) at depth \(depth)"
        }
        if !zip(keys, keys.dropFirst()).allSatisfy({ $0 < $1 }) { return "keys out of order" }
        if let lower, let first = keys.first, first < lower { return "a key below its separator" }
        if let upper, let last = keys.last, !(last < upper) {
            return "a key not below its separator"
        }
        guard !isLeaf else {
            leaf(depth, keys.count)
            return values.count == keys.count ? nil : "\(values.count) values, \(keys.count) keys"
        }
        guard values.isEmpty, keys.count == children.count - 1 else { return "a malformed node" }
        for (index, child) in children.enumerated() {
            let broken = child.brokenInvariant(
                depth: depth + 1,
                from: index > 0 ? keys[index - 1] : lower,
                upTo: index < keys.count ? keys[index] : upper,
                leaf: leaf
            )
            if let broken { return broken }
        }
        return nil
    }
}
