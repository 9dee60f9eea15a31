package import Storage

/// The sizes of a leader's own entries, from some recent one to the last.
///
/// Everything uncommitted is in it; of what is committed, only the newest ``kept`` entries or
/// somewhat more. An entry counts as at least ``minimumBytes``, so that the limit of uncommitted
/// bytes bounds their number too.
package struct EntrySizes: Hashable, Sendable {
    /// How many committed entries are kept.
    package static let kept = 16_384
    /// What the smallest entry counts as.
    package static let minimumBytes = 64

    /// The index that ``totals`` begins with.
    private var start: LogIndex
    /// All bytes up to and with the entry at `start`, at the next, and so on.
    private var totals: [Int] = [0]

    /// Creates an empty window behind `last`.
    package init(after last: LogIndex) { start = last }

    private var last: LogIndex { LogIndex(start.value + UInt64(totals.count - 1)) }
    private func total(at index: LogIndex) -> Int {
        totals[Int(min(max(index, start), last).value - start.value)]
    }

    /// Notes the size of the next entry.
    package mutating func append(_ bytes: Int) {
        totals.append(total(at: last) + max(bytes, Self.minimumBytes))
    }

    /// How many bytes lie after `index`.
    package func bytes(after index: LogIndex) -> Int { total(at: last) - total(at: index) }

    /// Forgets old entries, all of them committed, now and then.
    package mutating func forget(through commit: LogIndex) {
        guard commit > start, commit.value - start.value > UInt64(2 * Self.kept) else { return }
        compact(through: LogIndex(commit.value - UInt64(Self.kept)))
    }

    /// Forgets the entries up to and with `index`.
    package mutating func compact(through index: LogIndex) {
        guard index > start else { return }
        let count = Int(min(index, last).value - start.value)
        totals.removeFirst(count)
        start = LogIndex(start.value + UInt64(count))
    }

    /// How many entries from `first` on fit an append, at least one, and their bytes.
    ///
    /// - Complexity: O(log *n*) in the number of entries.
    package func fit(
        from first: LogIndex,
        through end: LogIndex,
        _ limits: Consensus.Configuration
    ) -> (count: Int, bytes: Int) {
        guard first > start else {
            let known = min(end.value, start.value) - first.value + 1
            let fitting = max(1, limits.maximumAppendBytes / max(1, limits.assumedEntryBytes))
            let count = min(Int(known), max(1, limits.maximumAppendEntries), fitting)
            return (count, count * limits.assumedEntryBytes)
        }
        let base = total(at: first.previous)
        var low = 1
        var high = min(Int(end.value - first.value) + 1, max(1, limits.maximumAppendEntries))
        while low < high {
            let middle = (low + high + 1) / 2
            let bytes = total(at: LogIndex(first.previous.value + UInt64(middle))) - base
            if bytes <= limits.maximumAppendBytes { low = middle } else { high = middle - 1 }
        }
        return (low, total(at: LogIndex(first.previous.value + UInt64(low))) - base)
    }
}
