/// Reads a journal's files and says what of them counts; changes nothing.
///
/// The last batch is handed back unapplied, to be written again: after a failed sync, reading shows
/// the page cache and not the disk, so it is not believed where it lies. The same holds for a file
/// whose only batch it is.
struct Recovery {
    /// A file of the journal and how much of it counts.
    struct Segment: Hashable {
        var number: UInt64
        var bytes: Int
    }

    /// What the files hold, up to the last batch; nil if there is no journal.
    var state: JournalState?
    var index: SparseIndex
    /// The files that count, oldest first.
    var segments: [Segment] = []
    /// The good lines of the last batch, which must be written again.
    var lastBatch: Batch?
    /// The number of the next batch, be it the last one again.
    var nextBatch: UInt64 = 1
    var notes: [String] = []
    /// All numbers in the directory.
    private let numbers: [UInt64]

    private let directory: String
    private let fileSystem: any FileSystem

    /// Reads all files.
    init(
        directory: String,
        fileSystem: any FileSystem,
        configuration: JournalConfiguration
    ) throws(JournalError) {
        self.directory = directory
        self.fileSystem = fileSystem
        index = SparseIndex(strideBytes: configuration.indexBytes)
        do throws(FileError) {
            numbers = try fileSystem.list(directory).compactMap { SegmentName.number($0) }.sorted()
        } catch { throw .file(error) }
        guard let top = try findTop() else { return }
        for link in try chain(to: top.head) {
            let file = try read(link.segment, limit: link.bytes)
            try readOlder(file)
        }
        try readLast(top)
    }

    /// The number of the next file: above all that were ever begun.
    var nextSegment: UInt64 { (numbers.last ?? 0) + 1 }

    /// Files that do not count: begun and never completed, or written again since.
    var leftovers: [UInt64] {
        numbers.filter { number in !segments.contains { $0.number == number } }
    }
}

extension Recovery {
    typealias Top = (file: SegmentFile, head: SegmentHead, bodyOffset: Int)

    /// The newest file that was begun completely.
    private mutating func findTop() throws(JournalError) -> Top? {
        for number in numbers.reversed() {
            let file = try read(number, limit: nil)
            if file.isBlank(from: 0) { continue }
            if let (head, bodyOffset) = try readHead(of: file, mayBeTorn: true),
                try isComplete(file, bodyOffset)
            {
                return (file, head, bodyOffset)
            }
            notes.append(file.dropped(from: 0, "the file was never begun completely"))
        }
        return nil
    }

    /// Whether a file's first batch was written completely, and with it the file's beginning.
    ///
    /// If not, nothing of the file counts, not even good lines: they may be copies of lines that
    /// are complete in the file before, where an earlier recovery crashed. If the file was durable
    /// once, the one before it is closed, and that is damage.
    private func isComplete(
        _ file: SegmentFile,
        _ bodyOffset: Int
    ) throws(JournalError) -> Bool {
        guard bodyOffset < file.bytes.count, !file.isBlank(from: bodyOffset) else { return false }
        let end = file.lineEnd(from: bodyOffset) ?? file.bytes.count
        // Which number it must have is known only once the files before are read. If the head can't
        // be read, any batch after it is one too many.
        let number = (try? BatchHead(file.bytes, in: bodyOffset..<end))?.number ?? 1
        let (batch, _) = try file.batch(number, at: bodyOffset, mayBeTorn: true)
        return batch.map { $0.tear == nil } ?? false
    }

    /// Reads the first line; nil if the file was never completed.
    func readHead(
        of file: SegmentFile,
        mayBeTorn: Bool
    ) throws(JournalError) -> (SegmentHead, bodyOffset: Int)? {
        let end = file.lineEnd(from: 0) ?? file.bytes.count
        let head: SegmentHead
        do throws(LineError) {
            head = try SegmentHead(file.bytes, in: 0..<end)
        } catch {
            if error.reason == SegmentHead.newer { throw .newerFormat(file: file.path) }
            // A file is begun with one batch and one write. A second one was written only after
            // that was durable, head and all.
            guard mayBeTorn, file.isUnwrittenHead([SegmentHead.prefix], at: 0),
                file.batches(from: 0).count < 2
            else {
                throw file.damage(at: 0, "the head of the file can't be read: \(error)")
            }
            return nil
        }
        guard head.segment == file.number, head.previous.map({ $0.segment < file.number }) ?? true
        else { throw file.damage(at: 0, "the head belongs to file \(head.segment)") }
        return (head, min(end + 1, file.bytes.count))
    }

    /// The files before the one with this head, oldest first, and how much of each counts.
    private func chain(
        to last: SegmentHead
    ) throws(JournalError) -> [SegmentHead.Previous] {
        var found: [SegmentHead.Previous] = []
        var head = last
        while let previous = head.previous {
            let file = try read(previous.segment, limit: previous.bytes, first: 1 << 16)
            guard let (inner, _) = try readHead(of: file, mayBeTorn: false) else { break }
            found.append(previous)
            head = inner
        }
        return found.reversed()
    }

    /// Reads a file, or its first `first` bytes, of which `limit` must be there.
    private func read(
        _ number: UInt64,
        limit: Int?,
        first: Int = .max
    ) throws(JournalError) -> SegmentFile {
        let path = FilePath.join(directory, SegmentName.name(number))
        guard numbers.contains(number) else {
            throw .damaged(
                JournalDamage(file: path, line: 1, offset: 0, reason: "the file is missing")
            )
        }
        let found: SegmentFile
        let size: Int
        do throws(FileError) {
            let file = try fileSystem.open(path)
            defer { file.close() }
            size = try file.size()
            let bytes = try file.read(at: 0, count: min(size, limit ?? size, first))
            found = SegmentFile(number: number, path: path, bytes: bytes)
        } catch { throw .file(error) }
        guard limit.map({ $0 <= size }) ?? true else {
            throw found.damage(
                at: found.bytes.count,
                "the file ends before byte \(limit ?? 0), which it had"
            )
        }
        return found
    }
}
