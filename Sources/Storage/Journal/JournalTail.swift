/// Follows the entries that a running node appends to its journal, without a lock.
///
/// It may see entries before they are durable, and entries that are truncated later. Batches are
/// numbered without a gap over all files, which tells what was seen: after a restart the last one is
/// written again, in a new file.
public struct JournalTail {
    private let directory: String
    private let fileSystem: any FileSystem
    /// The file that is read.
    private var number: UInt64
    private var offset: Int
    /// The last batch that was seen, and how many of its lines.
    private var seen: (batch: UInt64, lines: Int)
    /// Whether the file that is read puts together what was seen in others.
    private var repeats = false
    /// A file that was dropped before it was read to its end, as far as is known.
    private var dropped: FileError?

    /// Follows behind what a view has seen.
    init(_ recovery: Recovery) {
        directory = recovery.directory
        fileSystem = recovery.fileSystem
        number = recovery.last?.number ?? recovery.numbers.last ?? 0
        offset = recovery.lastBatch?.offset ?? recovery.last?.bodyOffset ?? 0
        seen = (recovery.nextBatch, recovery.lastBatch?.lines.count ?? 0)
    }

    /// The entries of the batches that are complete and were not seen yet.
    ///
    /// - Returns: Their positions and lines, in the order of the file; empty if there are none now.
    ///   Where a node that was damaged goes back to an earlier batch, entries come again.
    /// - Throws: ``JournalError/file(_:)``, with ``FileError/Reason/notFound`` if the node has
    ///   dropped a file that was not seen.
    public mutating func next() throws(JournalError) -> [(position: LogPosition, line: [UInt8])] {
        while true {
            let found = try readBatches()
            if !found.isEmpty { return found }
            guard let later = try laterFile() else {
                if let dropped { throw .file(dropped) }
                return []
            }
            // What was written to this file before the next one was begun.
            let rest = try readBatches()
            if !rest.isEmpty { return rest }
            number = later
            offset = 0
        }
    }

    private func laterFile() throws(JournalError) -> UInt64? {
        do throws(FileError) {
            return try fileSystem.list(directory).compactMap { SegmentName.number($0) }
                .filter { $0 > number }.min()
        } catch { throw .file(error) }
    }

    private mutating func readBatches() throws(JournalError) -> [(
        position: LogPosition, line: [UInt8]
    )] {
        let path = FilePath.join(directory, SegmentName.name(number))
        let bytes: [UInt8]
        do throws(FileError) {
            let file = try fileSystem.openForReading(path)
            defer { file.close() }
            bytes = try file.read(at: offset, count: max(0, try file.size() - offset))
        } catch {
            guard error.reason == .notFound else { throw .file(error) }
            // A later file tells whether anything was missed.
            dropped = error
            return []
        }
        let file = SegmentFile(number: number, path: path, bytes: bytes)
        var found: [(position: LogPosition, line: [UInt8])] = []
        var start = 0
        if offset == 0, bytes.holds(SegmentHead.prefix, at: 0), let end = file.lineEnd(from: 0) {
            start = end + 1
            // A node that was damaged goes back to an earlier batch too, and says what it lost.
            let head = try? SegmentHead(bytes, in: 0..<end)
            repeats = head.map { $0.lost == nil && $0.batch ?? .max < seen.batch } ?? false
        }
        while let end = file.lineEnd(from: start), end > start,
            let head = try? BatchHead(bytes, in: start..<end),
            case .complete(let batch) = file.batch(head.number, at: start, mayBeTorn: true)
        {
            found += try news(of: batch, in: bytes, path)
            start = batch.end
        }
        offset += start
        return found
    }

    /// The entries of a batch that were not seen yet.
    private mutating func news(
        of batch: Batch,
        in bytes: [UInt8],
        _ path: String
    ) throws(JournalError) -> [(position: LogPosition, line: [UInt8])] {
        let number = batch.head.number
        if repeats, number < seen.batch { return [] }
        guard number <= seen.batch || number - seen.batch == 1 else {
            throw .file(dropped ?? FileError(.notFound, call: "follow", path: path))
        }
        dropped = nil
        let known = number == seen.batch ? seen.lines : 0
        seen = (number, max(known, batch.lines.count))
        return batch.lines.dropFirst(known).compactMap { placed in
            guard case .entry(let header) = placed.line,
                let end = bytes[placed.offset...].firstIndex(of: SegmentFile.lineFeed)
            else { return nil }
            return (header.position, Array(bytes[placed.offset...end]))
        }
    }
}
