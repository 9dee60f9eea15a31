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
            term: state.term
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
}
