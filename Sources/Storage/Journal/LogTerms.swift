/// The terms of a whole log, as runs: a number per term instead of one per entry.
///
/// Invariant: runs are sorted by first index, each begins where the one before ends, and
/// neighbours differ in term.
public struct LogTerms: Hashable, Sendable {
    private struct Run: Hashable {
        var first: LogIndex
        var term: Term
    }

    /// The position before the first entry: zero, where a snapshot ends, or what was compacted.
    public private(set) var before: LogPosition
    /// The first entries of all terms that begin in this log, in order.
    public var starts: [LogPosition] {
        runs.filter { $0.term != before.term }
            .map { LogPosition(index: $0.first, term: $0.term) }
    }
    /// The index of the last entry, or that of ``before``.
    public private(set) var lastIndex: LogIndex
    private var runs: [Run] = []

    /// Creates the terms of an empty log.
    public init(before: LogPosition = .zero) {
        self.before = before
        lastIndex = before.index
    }

    /// The position of the last entry, or ``before``.
    public var last: LogPosition {
        LogPosition(index: lastIndex, term: runs.last?.term ?? before.term)
    }

    /// The term of an entry, or of ``before``; nil for an index outside of the log.
    ///
    /// - Complexity: O(log *n*) in the number of runs.
    public func term(at index: LogIndex) -> Term? {
        guard index >= before.index, index <= lastIndex else { return nil }
        guard index > before.index, let run = run(at: index) else { return before.term }
        return runs[run].term
    }

    /// The position of an entry, or ``before``; nil for an index outside of the log.
    public func position(at index: LogIndex) -> LogPosition? {
        term(at: index).map { LogPosition(index: index, term: $0) }
    }

    /// The first entry, or the place after the last if there is none.
    public var firstIndex: LogIndex { runs.first?.first ?? lastIndex.next }

    /// Whether an entry may follow the last one.
    public func accepts(_ position: LogPosition) -> Bool {
        position.index > .zero && position.index.previous == lastIndex
            && position.term >= last.term && position.term > .zero
    }

    /// Adds `count` entries of one term at the end.
    public mutating func append(term: Term, count: Int = 1) {
        guard count > 0 else { return }
        if runs.last?.term != term { runs.append(Run(first: lastIndex.next, term: term)) }
        lastIndex = LogIndex(lastIndex.value + UInt64(count))
    }

    /// Removes the entries after `index`.
    public mutating func truncate(after index: LogIndex) {
        lastIndex = min(lastIndex, max(index, before.index))
        while let run = runs.last, run.first > lastIndex { runs.removeLast() }
    }

    /// Removes the entries up to and with `index`, which becomes ``before``; at most all of them.
    ///
    /// - Complexity: O(*n*) in the number of runs.
    public mutating func compact(through index: LogIndex) {
        guard let position = position(at: min(index, lastIndex)), position.index > before.index
        else { return }
        let next = position.index.next
        let kept = next > lastIndex ? nil : run(at: next)
        runs.removeFirst(kept ?? runs.count)
        if kept != nil { runs[0].first = next }
        before = position
    }

    /// Removes all entries; the log begins again behind `position`.
    public mutating func reset(to position: LogPosition) {
        before = position
        lastIndex = position.index
        runs = []
    }

    /// The last position at or before `index` whose term is not larger than `term`.
    ///
    /// Both sides of a conflict skip whole terms by it, so that finding where two logs part takes
    /// one exchange for each term in which they differ (Raft §5.3).
    ///
    /// - Complexity: O(*n*) in the number of runs, and only the runs after the answer.
    public func last(atOrBefore index: LogIndex, termAtMost term: Term) -> LogPosition {
        var end = min(index, lastIndex)
        for run in runs.reversed() where run.first <= end {
            if run.term <= term { return LogPosition(index: end, term: run.term) }
            end = run.first.previous
        }
        return before
    }

    /// The terms of `count` entries from `first` on, as far as there are that many.
    public func runs(from first: LogIndex, count: Int) -> [TermRun] {
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

/// Some entries of one term, one after the other.
public struct TermRun: Hashable, Sendable {
    /// Their term.
    public var term: Term
    /// How many there are; at least one.
    public var count: Int

    /// Creates a run.
    public init(term: Term, count: Int) {
        self.term = term
        self.count = count
    }
}

extension TermRun: LineCodable {
    /// The most entries of a run that is believed.
    public static let maximumCount = 1 << 20

    /// Reads `{"term":3,"count":2}`.
    public init(from reader: inout JSONReader) throws(LineError) {
        var term: UInt64?
        var count: Int?
        try reader.members { (name, reader) throws(LineError) in
            switch name {
            case "term": term = try reader.unsigned()
            case "count": count = try reader.count()
            default: throw reader.unknown(name)
            }
        }
        self.init(
            term: Term(try reader.require(term, "term")),
            count: try reader.require(count, "count")
        )
        // No entry has term 0, and so large a term could not be followed by another one.
        guard (1...(1 << 53)).contains(self.term.value) else {
            throw reader.error(.invalid("an entry's term is 1 to 2^53"))
        }
        guard (1...Self.maximumCount).contains(self.count) else {
            throw reader.error(.invalid("a run has 1 to \(Self.maximumCount) entries"))
        }
    }

    /// Writes `{"term":3,"count":2}`.
    public func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("term", term.value)
        writer.member("count", count)
        writer.endObject()
    }
}
