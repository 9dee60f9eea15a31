/// Buffers that are used again for every batch.
struct BatchBuffer {
    private var body: [UInt8] = []
    private var output: [UInt8] = []
    private var writer = JSONWriter()

    /// The length of the lines so far.
    var bodyBytes: Int { body.count }

    mutating func removeAll() { body.removeAll(keepingCapacity: true) }

    mutating func append(_ record: JournalRecord) { record.append(to: &body, with: &writer) }

    mutating func append(_ lines: ArraySlice<UInt8>) { body.append(contentsOf: lines) }

    /// Takes in records that follow from a state, which moves on to what holds after them.
    ///
    /// All in one call, since each access to a buffer that an object holds is checked.
    ///
    /// - Returns: Their lines, and where they stand after the batch's head.
    mutating func append(
        _ records: [JournalRecord],
        to state: inout JournalState
    ) throws(JournalError) -> [Batch.PlacedLine] {
        var lines: [Batch.PlacedLine] = []
        lines.reserveCapacity(records.count)
        let records = records.span
        for index in records.indices {
            let line: JournalLine
            let offset = body.count
            switch records[index] {
            case .entry(let position, let bytes):
                line = .entry(try Self.header(of: bytes, at: position))
                body.append(contentsOf: bytes)
            case .vote(let vote):
                line = .vote(vote)
                append(records[index])
            case .truncate(let last):
                guard last >= state.commit else { throw .refused(state.refusal(of: last)) }
                line = .truncate(after: last)
                append(records[index])
            case .commit(let index):
                state.know(commit: index)
                continue
            case .lost(let position):
                state.lose(through: position)
                continue
            }
            if let rule = state.apply(line) { throw .refused(rule) }
            lines.append(Batch.PlacedLine(line: line, offset: offset))
        }
        return lines
    }

    /// Puts a batch together.
    ///
    /// - Parameters:
    ///   - number: The batch's number.
    ///   - state: What holds after it.
    ///   - segment: The head of the file, if the batch begins one.
    /// - Returns: The offset of the first line within ``bytes``.
    mutating func finish(
        number: UInt64,
        state: JournalState,
        segment: SegmentHead? = nil
    ) -> Int {
        writer.removeAll()
        segment?.write(to: &writer)
        let head = BatchHead(
            number: number,
            bytes: body.count,
            through: state.terms.last,
            term: state.term,
            commit: state.commit
        )
        head.write(to: &writer)
        output.removeAll(keepingCapacity: true)
        output.append(contentsOf: writer.bytes)
        output.append(contentsOf: body)
        return writer.count
    }

    /// The batch.
    var bytes: [UInt8] { output }

    /// The number of ``bytes`` before those filled in.
    var count: Int { output.count }

    /// Takes off what was filled in after the first `count` bytes.
    mutating func cut(to count: Int) { output.removeLast(max(0, output.count - count)) }

    /// Adds line feeds.
    mutating func fill(_ count: Int) {
        var rest = count
        while rest > 0 {
            let step = min(rest, Self.lineFeeds.count)
            output.append(contentsOf: Self.lineFeeds[..<step])
            rest -= step
        }
    }

    /// Copied, since to append one byte again and again takes as long as to write the result.
    private static let lineFeeds = [UInt8](repeating: SegmentFile.lineFeed, count: 64 << 10)

    /// Reads the beginning of an entry's line, which must be whole and that of this entry.
    private static func header(
        of line: [UInt8],
        at position: LogPosition
    ) throws(JournalError) -> EntryHeader {
        do throws(LineError) {
            guard line.last == SegmentFile.lineFeed else {
                throw LineError(.unexpectedEnd, at: line.count)
            }
            let range = 0..<line.count - 1
            _ = try Line.check(line, in: range)
            let header = try EntryHeader(line, in: range)
            guard header.position == position else {
                throw LineError(.invalid("the line is not that of entry \(position)"))
            }
            return header
        } catch { throw .refused("entry \(position): \(error)") }
    }
}
