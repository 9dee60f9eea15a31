/// Good entries behind a damage: a stretch of the log without a gap, still in the files that were
/// damaged.
///
/// An index and a term together name an entry's content, so all before the last of these is known by
/// position even where it can't be read (Raft §5.3).
public struct KeptEntries: Hashable, Sendable {
    /// The positions of the entries; of the one before the first only the index is told.
    public internal(set) var terms: LogTerms
    /// The position before the first entry, where it is known: a good line names it, or another node.
    public var before: LogPosition?
    /// Which stretch of the scan it is.
    let run: Int

    /// The first entry.
    public var first: LogPosition { terms.position(at: terms.firstIndex) ?? terms.last }
    /// The last entry.
    public var last: LogPosition { terms.last }

    /// Whether an entry is among these.
    public func holds(_ position: LogPosition) -> Bool {
        position.index >= terms.firstIndex && terms.term(at: position.index) == position.term
    }

    /// The stretches of indexes that are neither in the log nor kept.
    ///
    /// - Parameters:
    ///   - last: Where the log ends.
    ///   - lost: Where it ended before the damage.
    ///   - kept: What is kept, in order.
    /// - Returns: The stretches, in order; none if nothing is lost.
    public static func holes(
        after last: LogPosition,
        through lost: LogPosition?,
        _ kept: [KeptEntries]
    ) -> [ClosedRange<LogIndex>] {
        guard let lost, last < lost else { return [] }
        var holes: [ClosedRange<LogIndex>] = []
        var next = last.index.next
        for entries in kept where entries.last.index >= next {
            if entries.first.index > next { holes.append(next...entries.first.index.previous) }
            next = entries.last.index.next
        }
        if next <= lost.index { holes.append(next...lost.index) }
        return holes
    }
}

/// A stretch of good entries, and where they stand.
struct KeptRun {
    var before: LogPosition?
    var terms: LogTerms
    var index: SparseIndex
}

/// Finds the stretches of good entries in a journal's files, oldest line first.
///
/// A line is known to follow the one before it if nothing between the two is damaged or missing;
/// where something is, the batch's head or the file's head may still say where the log ended.
struct KeptScan {
    private(set) var runs: [KeptRun] = []
    /// Where the log ends at this line, as far as good lines tell.
    private var end: LogPosition?
    /// The batch that is being read: its number, where it must end, and where the log ends then.
    private var batch: (number: UInt64, end: Int, through: LogPosition)?
    private let strideBytes: Int

    init(strideBytes: Int) { self.strideBytes = strideBytes }

    /// Reads files of a directory as far as the disk gives them back.
    static func read(
        _ numbers: [UInt64],
        in directory: String,
        _ fileSystem: any FileSystem,
        strideBytes: Int
    ) throws(FileError) -> KeptScan {
        var scan = KeptScan(strideBytes: strideBytes)
        for number in numbers {
            let path = FilePath.join(directory, SegmentName.name(number))
            let file = try fileSystem.openForReading(path)
            defer { file.close() }
            let bytes = try file.salvage(try file.size()).bytes
            scan.take(SegmentFile(number: number, path: path, bytes: bytes))
        }
        return scan
    }

    private mutating func take(_ file: SegmentFile) {
        batch = nil
        end = nil
        file.forEachLine { start, lineEnd in take(file, start, lineEnd) }
    }

    private mutating func take(_ file: SegmentFile, _ start: Int, _ lineEnd: Int) {
        let (bytes, range) = (file.bytes, start..<lineEnd)
        if let batch, start == batch.end { end = batch.through }
        if bytes.holds(BatchHead.prefix, at: start) {
            guard let head = try? BatchHead(bytes, in: range) else { return forget() }
            // Between two batches that do not follow each other others are missing.
            if let batch, head.number != batch.number + 1 || start != batch.end { end = nil }
            let (bodyEnd, overflows) = (lineEnd + 1).addingReportingOverflow(head.bytes)
            batch = (head.number, overflows ? .max : bodyEnd, head.through)
        } else if bytes.holds(SegmentHead.prefix, at: start) {
            guard let head = try? SegmentHead(bytes, in: range) else { return forget() }
            end = head.after
        } else if file.isClosed(at: start) {
            return
        } else if let line = try? JournalLine(bytes, in: range) {
            take(line, of: file, at: start)
        } else {
            end = nil
        }
    }

    private mutating func forget() {
        end = nil
        batch = nil
    }

    private mutating func take(_ line: JournalLine, of file: SegmentFile, at offset: Int) {
        switch line {
        case .vote: return
        case .truncate(let last): end = position(at: last)
        case .entry(let header):
            let position = header.position
            guard position.index > .zero, position.term > .zero else { return forget() }
            let before = end.flatMap {
                $0.index.next == position.index && $0.term <= position.term ? $0 : nil
            }
            if before == nil || runs.last?.terms.last != before {
                runs.append(
                    KeptRun(
                        before: before,
                        terms: LogTerms(
                            before: LogPosition(index: position.index.previous, term: .zero)
                        ),
                        index: SparseIndex(strideBytes: strideBytes)
                    )
                )
            }
            runs[runs.count - 1].terms.append(term: position.term)
            runs[runs.count - 1].index.apply(line, segment: file.number, offset: offset)
            end = position
        }
    }

    /// What a truncation leaves as the last entry, if the newest stretch tells.
    private func position(at index: LogIndex) -> LogPosition? {
        guard end != nil, let run = runs.last, run.terms.last == end else { return nil }
        if index >= run.terms.firstIndex { return run.terms.position(at: index) }
        return run.before?.index == index ? run.before : nil
    }
}

extension KeptScan {
    /// The stretches that lead to a position, in order, as far as a log does not hold them.
    ///
    /// Where good lines name no way back, the newest stretch before is taken: whether it is part of
    /// the same log, another node must say before anything is made of it.
    func kept(to goal: LogPosition, beside log: LogTerms) -> [KeptEntries] {
        let base = log.before.index
        var found: [KeptEntries] = []
        var known: LogPosition? = goal
        var (bound, term) = (goal.index.next, goal.term)
        while bound > base.next {
            guard let (run, end) = run(known: known, before: bound, term) else { break }
            var entries = KeptEntries(terms: runs[run].terms, before: runs[run].before, run: run)
            entries.terms.truncate(after: end)
            found.append(entries)
            known = entries.before
            (bound, term) = (entries.first.index, entries.first.term)
        }
        return found.reversed().filter {
            $0.last.index > base && log.term(at: $0.last.index) != $0.last.term
        }
    }

    private func run(
        known: LogPosition?,
        before bound: LogIndex,
        _ term: Term
    ) -> (run: Int, end: LogIndex)? {
        if let known,
            let run = runs.indices.last(where: { run in
                known.index >= runs[run].terms.firstIndex
                    && runs[run].terms.term(at: known.index) == known.term
            })
        {
            return (run, known.index)
        }
        // The one that ends as the latest log: what was put back since stands in a newer file, and
        // ends earlier than what it was copied from.
        var best: (run: Int, end: LogPosition)?
        for run in runs.indices.reversed() where runs[run].terms.firstIndex < bound {
            let end = min(runs[run].terms.lastIndex, bound.previous)
            guard let position = runs[run].terms.position(at: end), position.term <= term,
                best.map({ $0.end < position }) ?? true
            else { continue }
            best = (run, position)
        }
        return best.map { ($0.run, $0.end.index) }
    }
}

extension Journal {
    /// Reads entries back that are kept behind a damage; see
    /// ``entries(after:through:maximumBytes:)``.
    ///
    /// - Parameters:
    ///   - kept: One of ``RecoveredJournal/kept``.
    ///   - after: The entry before the first one wanted.
    ///   - maximumBytes: The lines together are not longer than this, but for the first.
    /// - Returns: The entries, in order.
    /// - Throws: ``JournalError/damaged(_:)`` if a line is not good any more, ``JournalError/file(_:)``.
    public func entries(
        of kept: KeptEntries,
        after: LogIndex,
        maximumBytes: Int
    ) throws(JournalError) -> [(position: LogPosition, line: [UInt8])] {
        try checkUsable()
        guard keptRuns.indices.contains(kept.run) else { return [] }
        let index = keptRuns[kept.run].index
        let reader = EntryReader(
            directory: directory,
            fileSystem: fileSystem,
            terms: kept.terms,
            index: index,
            segments: Set(index.places.map(\.segment)).map {
                Recovery.Segment(number: $0, bytes: .max, after: .zero)
            },
            active: nil
        )
        var wanted = max(after.next, kept.first.index)
        return try reader.entries(
            &wanted,
            through: kept.last.index,
            maximumBytes: maximumBytes
        )
    }
}
