/// The file that a journal writes.
struct ActiveSegment {
    let number: UInt64
    let file: any File
    /// The end of the last batch.
    var position = 0
    /// The end of what was filled ahead.
    var filled = 0

    /// Writes a batch after the last one, filling ahead if it reaches beyond what is filled, and
    /// syncs once.
    mutating func append(
        _ buffer: inout BatchBuffer,
        _ configuration: JournalConfiguration
    ) throws(FileError) {
        let end = position + buffer.count
        if end > filled {
            // In the same write: one call, and no gap that would read as NUL.
            let target = min(configuration.segmentBytes, end + configuration.fillBytes)
            buffer.fill(target - end)
            filled = max(target, end)
        }
        try file.write(buffer.bytes, at: position)
        #if PLANTED_BUGS
        // The beginning of a file is synced, so that more shows than the loss of whole files.
        if PlantedBug.persistWithoutSync.isActive, position > 0 {
            position = end
            return
        }
        #endif
        try file.synchronize()
        position = end
    }

    /// Ends the file for good: another one follows it and is durable.
    func close(next: UInt64) throws(FileError) {
        var writer = JSONWriter()
        ClosedLine.write(next: next, to: &writer)
        try file.write(writer.bytes, at: position)
        try file.truncate(to: position + writer.count)
        try file.synchronize()
        file.close()
    }

    /// Cuts off what was filled ahead.
    func trim() {
        // All batches are durable. If this fails, fill stays, which the next start skips.
        do throws(FileError) {
            try file.truncate(to: position)
            try file.synchronize()
        } catch {}
        file.close()
    }
}

extension Journal {
    /// Writes the batch in the buffer, into a new file if it does not fit into this one.
    func write(_ lines: [Batch.PlacedLine], _ next: JournalState) throws(JournalError) {
        guard var segment = active else { throw .closed }
        let bodyOffset = buffer.finish(number: nextBatch, state: next)
        guard segment.position + buffer.count <= configuration.segmentBytes else {
            return try startSegment(lines, next)
        }
        let start = segment.position
        do throws(FileError) {
            try segment.append(&buffer, configuration)
        } catch { throw fail(error) }
        active = segment
        segments[segments.count - 1].bytes = segment.position
        commit(lines, next, segment: segment.number, bodyOffset: start + bodyOffset)
    }

    /// Begins a file with the batch in the buffer.
    ///
    /// The file and its name are durable before the one before it is closed: a crash between the
    /// two leaves one that is not closed, which is no harm; the other way round would look like a
    /// loss.
    func startSegment(
        _ lines: [Batch.PlacedLine],
        _ next: JournalState,
        number: UInt64? = nil
    ) throws(JournalError) {
        let number = number ?? (active?.number ?? 0) + 1
        let previous = segments.last.map {
            SegmentHead.Previous(segment: $0.number, bytes: $0.bytes)
        }
        let bodyOffset = buffer.finish(
            number: nextBatch,
            state: next,
            segment: state.head(segment: number, batch: nextBatch, previous: previous)
        )
        let path = FilePath.join(directory, SegmentName.name(number))
        do throws(FileError) {
            var segment = ActiveSegment(number: number, file: try fileSystem.create(path))
            try segment.append(&buffer, configuration)
            try fileSystem.syncDirectory(directory)
            try active?.close(next: number)
            active = segment
            segments.append(
                Recovery.Segment(number: number, bytes: segment.position, after: state.terms.last)
            )
        } catch { throw fail(error) }
        commit(lines, next, segment: number, bodyOffset: bodyOffset)
    }

    /// Ends all writing: what the disk holds is not known any more (fsyncgate).
    func fail(_ error: FileError) -> JournalError {
        let failed = JournalError.failed(error)
        failure = failed
        active?.file.close()
        active = nil
        return failed
    }
}
