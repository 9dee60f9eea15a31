/// A batch as read from a file: its head, its lines and where they stand.
struct Batch {
    struct PlacedLine: Hashable {
        var line: JournalLine
        /// The offset of the line's first byte.
        var offset: Int
    }

    var head: BatchHead
    /// The offset of its head.
    var offset: Int
    /// Where its first line begins.
    var bodyOffset: Int
    var lines: [PlacedLine] = []
    /// The bytes of its good lines.
    var body: ArraySlice<UInt8> = []
    /// Whether all that its head promises is there.
    var isComplete = true

    /// The offset behind it.
    var end: Int { bodyOffset + head.bytes }

    /// What it says of the commit.
    ///
    /// Its head may mean entries that a truncation among its lines makes room for: without all of
    /// the lines, those in their place may be others.
    var commit: LogIndex { isComplete ? head.commit : .zero }

    /// Drops its lines from one on.
    mutating func cut(to count: Int) {
        guard count < lines.count else { return }
        body = body[..<lines[count].offset]
        lines.removeLast(lines.count - count)
        isComplete = false
    }
}

/// What stands where a batch must begin.
enum FoundBatch {
    case complete(Batch)
    /// Its end was never written, and so never acknowledged; with what to tell the operator.
    case torn(Batch, note: String)
    /// Even its head was never written completely.
    case tornHead(note: String)
    /// Something else than was written: the good lines before it, or nil if the head is bad.
    case damaged(Batch?, JournalDamage)
}

extension SegmentFile {
    /// Reads the batch that begins at `offset`.
    ///
    /// - Parameters:
    ///   - number: The number that it must have.
    ///   - offset: Where its head begins.
    ///   - mayBeTorn: Whether it lies in the last file, where an end that was never written is no
    ///     damage unless another batch follows.
    /// - Returns: What is there.
    func batch(_ number: UInt64, at offset: Int, mayBeTorn: Bool) -> FoundBatch {
        let end = lineEnd(from: offset) ?? bytes.count
        let head: BatchHead
        do throws(LineError) {
            head = try BatchHead(bytes, in: offset..<end)
        } catch {
            guard mayBeTorn, isUnwrittenHead([BatchHead.prefix], at: offset),
                !batches(from: offset).contains(where: { $0 >= number })
            else {
                return .damaged(
                    nil,
                    damage(at: offset, "the head of batch \(number): \(reason(error))")
                )
            }
            return .tornHead(
                note: dropped(from: offset, "the head of batch \(number) is incomplete")
            )
        }
        guard head.number == number else {
            return .damaged(nil, damage(at: offset, "batch \(head.number) where \(number) must be"))
        }
        var batch = Batch(head: head, offset: offset, bodyOffset: min(end + 1, bytes.count))
        guard let fault = readLines(of: &batch) else { return .complete(batch) }
        batch.isComplete = false
        let bodyEnd = batch.bodyOffset + batch.body.count
        guard fault.isTorn, mayBeTorn, !batches(from: bodyEnd).contains(where: { $0 > number })
        else { return .damaged(batch, damage(at: bodyEnd, fault.reason)) }
        return .torn(batch, note: dropped(from: bodyEnd, "batch \(number) is incomplete"))
    }

    private typealias Fault = (reason: String, isTorn: Bool)

    /// Reads the good lines of a batch.
    ///
    /// - Returns: What is wrong with the first that is not good, or nil if all are.
    private func readLines(of batch: inout Batch) -> Fault? {
        let isCut = batch.head.bytes > bytes.count - batch.bodyOffset
        let end = isCut ? bytes.count : batch.end
        var start = batch.bodyOffset
        var fault: Fault?
        if isCut { fault = ("the file ends inside batch \(batch.head.number)", true) }
        while start < end {
            guard let lineEnd = lineEnd(from: start), lineEnd < end else {
                fault = ("a line that does not end within its batch", true)
                break
            }
            do throws(LineError) {
                let line = try JournalLine(bytes, in: start..<lineEnd)
                batch.lines.append(Batch.PlacedLine(line: line, offset: start))
            } catch {
                // A good seal around something else was never the disk's doing.
                fault = (reason(error), error.reason == .badChecksum)
                break
            }
            start = lineEnd + 1
        }
        batch.body = bytes[batch.bodyOffset..<start]
        guard var fault else { return nil }
        fault.isTorn = fault.isTorn && (isCut || hasUnwritten(in: batch.offset..<end))
        return fault
    }

    private func reason(_ error: LineError) -> String {
        error.reason == .badChecksum ? "the line's checksum does not fit" : error.description
    }
}
