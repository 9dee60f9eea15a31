/// A run of entries of one term.
public struct TermRun: Hashable, Sendable {
    /// The term of all of them.
    public var term: Term
    /// The first of them; the run ends before the next run's first.
    public var first: LogIndex

    /// Creates a run.
    public init(term: Term, first: LogIndex) {
        self.term = term
        self.first = first
    }
}

/// The positions of all entries of a log, which is one number per term instead of one per entry.
///
/// Indices have no gap, and terms never fall.
public struct TermRuns: Hashable, Sendable {
    /// The runs, oldest first.
    public private(set) var runs: [TermRun] = []
    /// The last entry, or zero.
    public private(set) var lastIndex = LogIndex.zero

    /// Creates the positions of an empty log.
    public init() {}

    /// The first entry, or the place after the last if there is none.
    public var first: LogIndex { runs.first?.first ?? lastIndex.next }
    /// The last entry, or zero.
    public var last: LogPosition { LogPosition(index: lastIndex, term: runs.last?.term ?? .zero) }

    /// The term of an entry, or nil if there is no such entry.
    ///
    /// - Complexity: O(log *n*) in the number of terms.
    public func term(at index: LogIndex) -> Term? {
        guard index <= lastIndex else { return nil }
        var low = 0
        var high = runs.count
        while low < high {
            let middle = (low + high) / 2
            if runs[middle].first <= index { low = middle + 1 } else { high = middle }
        }
        return low == 0 ? nil : runs[low - 1].term
    }

    /// Whether an entry may follow the last one.
    public func accepts(_ position: LogPosition) -> Bool {
        position.index.previous == lastIndex && position.index > .zero
            && position.term >= last.term && position.term > .zero
    }

    /// Adds the entry after the last; whether it is that one is ``accepts(_:)``'s to say.
    public mutating func append(_ position: LogPosition) {
        precondition(accepts(position), "\(position) after \(last)")
        if position.term != runs.last?.term {
            runs.append(TermRun(term: position.term, first: position.index))
        }
        lastIndex = position.index
    }

    /// Removes all entries after `index`.
    public mutating func truncate(after index: LogIndex) {
        guard index < lastIndex else { return }
        while let run = runs.last, run.first > index { runs.removeLast() }
        lastIndex = index
    }
}
