/// Small files at the end of a journal, which a start puts together.
///
/// Each start begins a file, so a node that starts again and again would leave ever more of them, and
/// take ever longer. The one file holds what the small ones hold, byte by byte, under the head of the
/// first of them: the same batches with the same numbers.
///
/// It is written under another name and synced before it takes the name of a journal's file. A crash
/// before that leaves a file that counts for nothing; a crash after it leaves old files that no head
/// names, each batch of which is in the new one. They go once the file that follows is durable.
extension Recovery {
    /// How many small files are put together; fewer are not worth the writing.
    static let foldedFiles = 5
    static let partial = ".partial"

    /// Puts the small files at the end together, if there are enough of them.
    ///
    /// - Returns: What is read from the files then: the same; nil if nothing was put together.
    /// - Throws: ``JournalError/file(_:)`` if the disk failed.
    func folded() throws(JournalError) -> Recovery? {
        guard damages.isEmpty, let state, state.lost == nil, lastBatch?.isComplete ?? true,
            let bytes = try foldedBytes()
        else { return nil }
        let path = FilePath.join(directory, SegmentName.name(nextSegment))
        do throws(FileError) {
            guard try write(bytes, path) else { return nil }
        } catch { throw .file(error) }
        let again = try Recovery.read(
            directory: directory,
            fileSystem: fileSystem,
            configuration: configuration,
            snapshot: snapshot
        )
        if again.damages.isEmpty, again.state == state, again.nextBatch == nextBatch,
            again.lastBatch?.body == lastBatch?.body
        {
            return again
        }
        // Not what it was to be: the old files are all there.
        do throws(FileError) {
            try fileSystem.remove(path)
            try fileSystem.syncDirectory(directory)
        } catch { throw .file(error) }
        return nil
    }

    /// The bytes of the new file; nil if there are too few small ones.
    private func foldedBytes() throws(JournalError) -> [UInt8]? {
        var parts: [(number: UInt64, end: Int)] = segments.map { ($0.number, $0.bytes) }
        if let last, let lastBatch {
            // What counts of the last file is all but the last batch, which is kept back.
            if parts.last?.number == last.number { parts.removeLast() }
            parts.append((last.number, lastBatch.bodyOffset + lastBatch.body.count))
        }
        var body: [UInt8] = []
        var first: SegmentHead?
        var count = 0
        for part in parts.reversed() {
            guard body.count + part.end <= configuration.fillBytes else { break }
            let file = try read(part.number, first: part.end)
            guard case .good(let head, let bodyOffset) = try head(of: file), head.batch != nil,
                head.lost == nil, first.map({ $0.identity == head.identity }) ?? true
            else { break }
            body = Array(file.bytes[bodyOffset...]) + body
            first = head
            count += 1
        }
        guard count >= Self.foldedFiles, var head = first else { return nil }
        head.segment = nextSegment
        var writer = JSONWriter()
        head.write(to: &writer)
        return writer.bytes + body
    }

    /// Writes the file, and gives it its name once it is durable.
    ///
    /// - Returns: Whether there was space for it.
    private func write(_ bytes: [UInt8], _ path: String) throws(FileError) -> Bool {
        let partial = path + Self.partial
        if try fileSystem.exists(partial) { try fileSystem.remove(partial) }
        do throws(FileError) {
            let file = try fileSystem.create(partial)
            defer { file.close() }
            try file.write(bytes, at: 0)
            try file.synchronize()
        } catch {
            guard error.isNoSpace else { throw error }
            if try fileSystem.exists(partial) { try fileSystem.remove(partial) }
            return false
        }
        try fileSystem.rename(partial, to: path)
        try fileSystem.syncDirectory(directory)
        return true
    }
}
