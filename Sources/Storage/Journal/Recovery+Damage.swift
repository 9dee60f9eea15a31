/// What a damaged journal once held, as far as its good lines tell.
extension Recovery {
    /// Notes what the good lines name beyond the damage.
    ///
    /// - Throws: ``JournalError/damaged(_:)`` if no good head says where the journal ended.
    mutating func bound() throws(JournalError) {
        guard let damage = damages.first else { return }
        var end: (batch: UInt64, isBounded: Bool) = (0, false)
        var through = LogPosition.zero
        var term = Term.zero
        for number in numbers {
            let file = try read(number)
            // One that was begun behind the damage, and not completely, says which batch is the last.
            if unbegun.contains(number), case .good(let head, _) = try head(of: file),
                head.previous?.segment == top, let next = head.batch, next > end.batch
            {
                end = (next - 1, true)
            }
            // Older files may be what an earlier damage has left, with batches that do not count.
            if number >= top, let last = file.lastBatch, last.number >= end.batch {
                end = (last.number, file.isBounded(by: last))
            }
            file.forEachLine { start, end in
                if file.bytes.holds(BatchHead.prefix, at: start) {
                    guard let head = try? BatchHead(file.bytes, in: start..<end) else { return }
                    through = max(through, head.through)
                    term = max(term, head.term)
                } else if file.bytes.holds(SegmentHead.prefix, at: start) {
                    guard let head = try? SegmentHead(file.bytes, in: start..<end) else { return }
                    through = max(through, head.after, head.lost ?? .zero)
                    term = max(term, head.vote.term)
                } else if let line = try? JournalLine(file.bytes, in: start..<end) {
                    term = max(term, line.term ?? .zero)
                }
            }
        }
        // Behind the newest batch there may have been more, of which no line is left.
        guard end.isBounded else { throw .damaged(damage) }
        state?.lose(through: through)
        namedTerm = max(term, through.term)
    }

    /// Whether a file behind this one holds a batch with this number or a later one.
    func hasBatch(from number: UInt64, behind segment: UInt64) throws(JournalError) -> Bool {
        for later in numbers where later > segment {
            if let last = try read(later).lastBatch, last.number >= number { return true }
        }
        return false
    }
}

extension SegmentFile {
    fileprivate typealias LastBatch = (number: UInt64, end: Int)

    /// The last batch whose head is good, and where it ends.
    fileprivate var lastBatch: LastBatch? {
        var found: LastBatch?
        forEachLine { start, lineEnd in
            guard bytes.holds(BatchHead.prefix, at: start),
                let head = try? BatchHead(bytes, in: start..<lineEnd)
            else { return }
            let (end, overflows) = (lineEnd + 1).addingReportingOverflow(head.bytes)
            found = (head.number, overflows ? .max : end)
        }
        return found
    }

    /// Whether nothing was written behind a batch but a head that was never completed.
    fileprivate func isBounded(by last: LastBatch) -> Bool {
        last.end >= bytes.count || isBlank(from: last.end)
            || isUnwrittenHead([BatchHead.prefix], at: last.end)
    }
}

extension JournalLine {
    /// The term that it names.
    fileprivate var term: Term? {
        switch self {
        case .entry(let header): header.position.term
        case .vote(let vote): vote.term
        case .truncate: nil
        }
    }
}
