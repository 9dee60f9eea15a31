package import Storage

/// The terms of a whole log, as runs: all that consensus knows of its entries.
///
/// Invariant: runs are sorted by first index, each begins where the one before ends, and
/// neighbours differ in term.
package struct LogTerms: Hashable, Sendable {
    private struct Run: Hashable {
        var first: LogIndex
        var term: Term
    }

    /// The position before the first entry: zero, or where a snapshot ends.
    package let before: LogPosition
    /// The index of the last entry, or that of ``before``.
    package private(set) var lastIndex: LogIndex
    private var runs: [Run] = []

    /// Creates the terms of an empty log.
    package init(before: LogPosition = .zero) {
        self.before = before
        lastIndex = before.index
    }

    /// The position of the last entry, or ``before``.
    package var last: LogPosition {
        LogPosition(index: lastIndex, term: runs.last?.term ?? before.term)
    }

    /// The term of an entry, or of ``before``; nil for an index outside of the log.
    ///
    /// - Complexity: O(log *n*) in the number of runs.
    package func term(at index: LogIndex) -> Term? {
        guard index >= before.index, index <= lastIndex else { return nil }
        guard index > before.index, let run = run(at: index) else { return before.term }
        return runs[run].term
    }

    /// The position of an entry, or ``before``; nil for an index outside of the log.
    package func position(at index: LogIndex) -> LogPosition? {
        term(at: index).map { LogPosition(index: index, term: $0) }
    }

    /// Adds `count` entries of one term at the end.
    package mutating func append(term: Term, count: Int = 1) {
        guard count > 0 else { return }
        if runs.last?.term != term { runs.append(Run(first: lastIndex.next, term: term)) }
        lastIndex = LogIndex(lastIndex.value + UInt64(count))
    }

    /// Removes the entries after `index`.
    package mutating func truncate(after index: LogIndex) {
        lastIndex = min(lastIndex, max(index, before.index))
        while let run = runs.last, run.first > lastIndex { runs.removeLast() }
    }

    /// The last position at or before `index` whose term is not larger than `term`.
    ///
    /// Both sides of a conflict skip whole terms by it, so that finding where two logs part takes
    /// one exchange for each term in which they differ (Raft §5.3).
    ///
    /// - Complexity: O(*n*) in the number of runs, and only the runs after the answer.
    package func last(atOrBefore index: LogIndex, termAtMost term: Term) -> LogPosition {
        var end = min(index, lastIndex)
        for run in runs.reversed() where run.first <= end {
            if run.term <= term { return LogPosition(index: end, term: run.term) }
            end = run.first.previous
        }
        return before
    }

    /// The terms of `count` entries from `first` on, as far as there are that many.
    package func runs(from first: LogIndex, count: Int) -> [TermRun] {
        guard count > 0, first > before.index, first <= lastIndex, var run = run(at: first) else {
            return []
        }
        var result: [TermRun] = []
        var start = first.value
        let end = min(lastIndex.value, first.value + UInt64(count - 1))
        while start <= end {
            let runEnd = run + 1 < runs.count ? runs[run + 1].first.value - 1 : lastIndex.value
            let stop = min(runEnd, end)
            result.append(TermRun(term: runs[run].term, count: Int(stop - start + 1)))
            start = stop + 1
            run += 1
        }
        return result
    }

    /// The place in ``runs`` of the run that holds `index`.
    private func run(at index: LogIndex) -> Int? {
        if let last = runs.last, index >= last.first { return runs.count - 1 }
        var low = 0
        var high = runs.count
        while low < high {
            let middle = (low + high) / 2
            if runs[middle].first <= index { low = middle + 1 } else { high = middle }
        }
        return low == 0 ? nil : low - 1
    }
}
