/// Good batches that stand where nothing should count any more.
///
/// The head of a file says how much of the one before counts. Behind that stands at the most one
/// more batch: the one that the start wrote again. Where others follow, two processes wrote, or a
/// file that said more is lost, and what they hold may have been acknowledged: it is damage, and
/// never dropped in silence.
extension Recovery {
    /// Notes the files that hold more than later ones say.
    mutating func findOverruns(_ links: [Link]) throws(JournalError) {
        guard damages.isEmpty, let first = segments.first?.number else { return }
        let begun = numbers.filter { $0 >= first && $0 < top && !unbegun.contains($0) }
        for number in begun {
            let later = links.filter { $0.number > number }
            let link = links.first { $0.number == number }
            let start = link?.limit ?? 0
            guard try mayHoldMore(number, from: start) else { continue }
            let file = try read(number)
            if link == nil, try !isBegun(file) { continue }
            let accounts = try later.map { (link) throws(JournalError) in try account(of: link) }
            let found = file.goodBatches(from: start).first { batch in
                batch.head.through.index > snapshot.index
                    && !accounts.indices.contains { place in
                        accounts[place].covers(batch, isNext: place == 0)
                    }
                    && !(start == 0 && accounts.first?.repeats(batch) == true)
            }
            guard let found, let next = later.first else { continue }
            damages.append(
                file.damage(
                    at: found.offset,
                    "batch \(found.head.number) stands behind what \(SegmentName.name(next.number))"
                        + " says counts: another process wrote here, or a file is lost"
                )
            )
        }
    }

    /// Whether a file that no head names was begun completely.
    ///
    /// If not, nothing of it was ever durable: a start that ended before it had removed the file, or
    /// a disk without room for the rest of it, left it.
    private func isBegun(_ file: SegmentFile) throws(JournalError) -> Bool {
        guard case .good(_, let bodyOffset) = try head(of: file) else { return true }
        return isBegun(file, bodyOffset)
    }

    /// What a file says of all before it.
    private struct Account {
        /// The head of its first batch.
        var batch: BatchHead?
        var lost: LogPosition?
        /// The heads of all its batches, by number.
        var batches: [UInt64: BatchHead] = [:]

        /// Whether a batch of a file that no head names was put together with others here.
        func repeats(_ other: SegmentFile.GoodBatch) -> Bool {
            guard let same = batches[other.head.number] else { return false }
            // What it says of the commit may be newer: it may have been written again.
            return !other.isComplete
                || same.through == other.head.through && same.term == other.head.term
                    && same.bytes == other.head.bytes
        }

        /// Whether a batch of an older file is in it, or was found lost by the start that wrote it.
        func covers(_ other: SegmentFile.GoodBatch, isNext: Bool) -> Bool {
            guard let batch else { return false }
            // It was torn, and only its good lines were written again: not all that its head claims.
            if isNext, !other.isComplete, other.head.number <= batch.number { return true }
            guard other.head.term <= batch.term else { return false }
            if let lost, other.head.through <= lost { return true }
            return isNext && other.head.through <= batch.through
        }
    }

    private func account(of link: Link) throws(JournalError) -> Account {
        let file = try read(link.number)
        let end = file.lineEnd(from: link.bodyOffset) ?? file.bytes.count
        // One that can't be read accounts for nothing, and is damage of its own.
        let batch = try? BatchHead(file.bytes, in: link.bodyOffset..<end)
        let heads = file.goodBatches(from: link.bodyOffset).map { ($0.head.number, $0.head) }
        return Account(
            batch: batch,
            lost: link.head.lost,
            batches: Dictionary(heads, uniquingKeysWith: { first, _ in first })
        )
    }

    /// Whether the head of a batch begins at `start` or behind it; mostly only `closed` does.
    private func mayHoldMore(_ number: UInt64, from start: Int) throws(JournalError) -> Bool {
        let path = FilePath.join(directory, SegmentName.name(number))
        do throws(FileError) {
            let file = try fileSystem.openForReading(path)
            defer { file.close() }
            let count = max(0, try file.size() - start)
            let rest = SegmentFile(
                number: number,
                path: path,
                bytes: try file.read(at: start, count: count)
            )
            return !rest.goodBatches(from: 0).isEmpty
        } catch {
            // What the disk does not give back is read as all of a file is.
            if error.isInputOutput { return true }
            throw .file(error)
        }
    }
}

extension SegmentFile {
    /// A batch whose head is good.
    fileprivate struct GoodBatch {
        var head: BatchHead
        var offset: Int
        /// Whether all of its lines are there and good.
        var isComplete: Bool
    }

    fileprivate func goodBatches(from offset: Int) -> [GoodBatch] {
        var found: [GoodBatch] = []
        forEachLine(from: offset) { start, end in
            guard bytes.holds(BatchHead.prefix, at: start),
                let head = try? BatchHead(bytes, in: start..<end)
            else { return }
            var isComplete = false
            if case .complete = batch(head.number, at: start, mayBeTorn: true) { isComplete = true }
            found.append(GoodBatch(head: head, offset: start, isComplete: isComplete))
        }
        return found
    }
}
