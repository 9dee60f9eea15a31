/// Follows the entries that a running node appends to its journal, without a lock.
///
/// It may see entries before they are durable, and entries that are truncated later.
public struct JournalTail {
    private let directory: String
    private let fileSystem: any FileSystem
    /// The file that is read; 0 before the first.
    private var number: UInt64
    private var offset: Int
    /// The last entry that was read: after a restart the last batch is written again in a new file,
    /// and what follows a truncation has a later term.
    private var last: LogPosition

    /// Follows behind what a view has seen.
    init(_ recovery: Recovery, behind last: LogPosition) {
        directory = recovery.directory
        fileSystem = recovery.fileSystem
        number = recovery.last?.number ?? 0
        offset = recovery.lastBatch?.offset ?? recovery.last?.bodyOffset ?? 0
        self.last = last
    }

    /// The entries of the batches that are complete and were not seen yet.
    ///
    /// - Returns: Their positions and lines, in the order of the file; empty if there are none now.
    /// - Throws: ``JournalError/file(_:)``, with ``FileError/Reason/notFound`` if the node has
    ///   dropped the file meanwhile.
    public mutating func next() throws(JournalError) -> [(position: LogPosition, line: [UInt8])] {
        while true {
            if number > 0 {
                let found = try readBatches()
                if !found.isEmpty { return found }
            }
            guard let later = try laterFile() else { return [] }
            // What was written to this file before the next one was begun.
            if number > 0 {
                let found = try readBatches()
                if !found.isEmpty { return found }
            }
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
            let file = try fileSystem.open(path)
            defer { file.close() }
            bytes = try file.read(at: offset, count: max(0, try file.size() - offset))
        } catch { throw .file(error) }
        let file = SegmentFile(number: number, path: path, bytes: bytes)
        var found: [(position: LogPosition, line: [UInt8])] = []
        var start = 0
        while let end = file.lineEnd(from: start), end > start {
            if let head = try? BatchHead(bytes, in: start..<end) {
                guard case .complete(let read) = file.batch(head.number, at: start, mayBeTorn: true)
                else { break }
                found += Self.entries(of: read, in: bytes).filter { last < $0.position }
                last = max(last, found.last?.position ?? last)
                start = read.end
            } else if start == 0, bytes.holds(SegmentHead.prefix, at: 0) {
                start = end + 1
            } else {
                break
            }
        }
        offset += start
        return found
    }

    private static func entries(
        of batch: Batch,
        in bytes: [UInt8]
    ) -> [(position: LogPosition, line: [UInt8])] {
        batch.lines.compactMap { placed in
            guard case .entry(let header) = placed.line,
                let end = bytes[placed.offset...].firstIndex(of: SegmentFile.lineFeed)
            else { return nil }
            return (header.position, Array(bytes[placed.offset...end]))
        }
    }
}
