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
    /// Why its end is missing, or nil if it is complete.
    var tear: String?
}

extension SegmentFile {
    /// Reads the batch that begins at `offset`.
    ///
    /// - Parameters:
    ///   - number: The number that it must have.
    ///   - offset: Where its head begins.
    ///   - mayBeTorn: Whether it lies in the last file, where an end that was never written is no
    ///     damage unless another batch follows.
    /// - Returns: The batch, and a note if it or even its head is torn.
    /// - Throws: ``JournalError/damaged(_:)``.
    func batch(
        _ number: UInt64,
        at offset: Int,
        mayBeTorn: Bool
    ) throws(JournalError) -> (batch: Batch?, note: String?) {
        let end = lineEnd(from: offset) ?? bytes.count
        let head: BatchHead
        do throws(LineError) {
            head = try BatchHead(bytes, in: offset..<end)
        } catch {
            guard mayBeTorn, isUnwrittenHead([BatchHead.prefix, ClosedLine.prefix], at: offset),
                !batches(from: offset).contains(where: { $0 >= number })
            else { throw damage(at: offset, "the head of batch \(number): \(reason(error))") }
            return (nil, dropped(from: offset, "the head of batch \(number) is incomplete"))
        }
        guard head.number == number else {
            throw damage(at: offset, "batch \(head.number) where \(number) must be")
        }
        var batch = Batch(head: head, offset: offset, bodyOffset: min(end + 1, bytes.count))
        guard let tear = try readLines(of: &batch) else { return (batch, nil) }
        let bodyEnd = batch.bodyOffset + batch.body.count
        guard mayBeTorn, !batches(from: bodyEnd).contains(where: { $0 > number }) else {
            throw damage(at: bodyEnd, tear)
        }
        batch.tear = tear
        return (batch, dropped(from: bodyEnd, "batch \(number) is incomplete"))
    }

    /// Reads the good lines of a batch.
    ///
    /// - Returns: Why its end is missing, or nil if it is complete.
    private func readLines(of batch: inout Batch) throws(JournalError) -> String? {
        let isCut = batch.head.bytes > bytes.count - batch.bodyOffset
        let end = isCut ? bytes.count : batch.bodyOffset + batch.head.bytes
        var start = batch.bodyOffset
        var fault: String? = isCut ? "the file ends inside batch \(batch.head.number)" : nil
        while start < end {
            guard let lineEnd = lineEnd(from: start), lineEnd < end else {
                fault = "a line that does not end within its batch"
                break
            }
            do throws(LineError) {
                let line = try JournalLine(bytes, in: start..<lineEnd)
                batch.lines.append(Batch.PlacedLine(line: line, offset: start))
            } catch {
                // A good seal around something else was never the disk's doing.
                guard error.reason == .badChecksum else { throw damage(at: start, "\(error)") }
                fault = reason(error)
                break
            }
            start = lineEnd + 1
        }
        batch.body = bytes[batch.bodyOffset..<start]
        guard let fault else { return nil }
        guard isCut || hasUnwritten(in: batch.offset..<end) else {
            throw damage(at: start, fault)
        }
        return fault
    }

    private func reason(_ error: LineError) -> String {
        error.reason == .badChecksum ? "the line's checksum does not fit" : error.description
    }
}
