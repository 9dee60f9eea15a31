/// The file that a journal writes.
struct ActiveSegment {
    let number: UInt64
    let file: any File
    /// The end of the last batch.
    var position = 0
    /// The end of what was filled ahead.
    var filled = 0

    /// Writes a batch after the last one, filling ahead if it reaches beyond what is filled.
    ///
    /// - Returns: The end of the batch, which counts once it is synced.
    mutating func write(
        _ buffer: inout BatchBuffer,
        fillingTo segmentBytes: Int,
        by fillBytes: Int
    ) throws(FileError) -> Int {
        let end = position + buffer.count
        if end > filled {
            // In the same write: one call, and no gap that would read as NUL.
            buffer.fill(min(segmentBytes, end + fillBytes) - end)
            filled = position + buffer.count
        }
        try file.write(buffer.bytes, at: position)
        return end
    }

    /// Makes a batch durable that was written up to `end`; the one sync of a batch.
    mutating func synchronize(to end: Int) throws(FileError) {
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

    /// Cuts off what a write left that failed before its sync was tried.
    ///
    /// The batch may be there whole, with only its filling missing, and on the disk already: the next
    /// one, which has the same number, must not mix with it in a power loss.
    mutating func cutOff() throws(FileError) {
        try file.truncate(to: position)
        try file.synchronize()
        filled = position
    }

    /// Ends the file for good: another one follows it and is durable.
    ///
    /// Without space for the line the file stays open-ended: no harm, but the loss of the one after
    /// it would not be noticed.
    func close(next: UInt64) throws(FileError) {
        var writer = JSONWriter()
        ClosedLine.write(next: next, to: &writer)
        var end = position
        do throws(FileError) {
            try file.write(writer.bytes, at: position)
            end += writer.count
        } catch { if !error.isNoSpace { throw error } }
        try file.truncate(to: end)
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
    ///
    /// Nor does a file go on whose head was taken back: no log can begin with it, so those before
    /// it would have to stay as long.
    func write(_ lines: [Batch.PlacedLine], _ next: JournalState) throws(JournalError) {
        guard let segment = active else { throw .closed }
        let bodyOffset = buffer.finish(number: nextBatch, state: next)
        let goesOn = segments.last?.isOvertaken != true
        guard goesOn, segment.position + buffer.count <= configuration.segmentBytes else {
            return try startSegment(lines, next)
        }
        let count = buffer.count
        try sparing { () throws(JournalError) in
            buffer.cut(to: count)
            var written = segment
            let end = try write(into: &written) { (segment) throws(FileError) in
                try segment.cutOff()
                active = segment
            }
            do throws(FileError) {
                try written.synchronize(to: end)
                try checkOwnership()
            } catch { throw fail(error) }
            segments[segments.count - 1].bytes = end
            active = written
        }
        let start = segment.position
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
        let count = buffer.count
        try sparing { () throws(JournalError) in
            buffer.cut(to: count)
            let segment = try begin(number)
            do throws(FileError) { try active?.close(next: number) } catch { throw fail(error) }
            active = segment
            segments.append(
                Recovery.Segment(number: number, bytes: segment.position, after: state.terms.last)
            )
        }
        commit(lines, next, segment: number, bodyOffset: bodyOffset)
    }

    /// Makes a file and its name durable, with what is in the buffer.
    private func begin(_ number: UInt64) throws(JournalError) -> ActiveSegment {
        let path = FilePath.join(directory, SegmentName.name(number))
        var segment: ActiveSegment
        do throws(FileError) {
            try checkOwnership()
            segment = ActiveSegment(number: number, file: try fileSystem.create(path))
        } catch { throw error.isNoSpace ? .full(error) : fail(error) }
        let end = try write(into: &segment) { (segment) throws(FileError) in
            segment.file.close()
            try fileSystem.remove(path)
            // The file may be whole but for its filling, and on the disk. Were it to come back with
            // a power loss after a batch of the same number became durable in the file before, it
            // would hide that one.
            try fileSystem.syncDirectory(directory)
        }
        do throws(FileError) {
            try segment.synchronize(to: end)
            try fileSystem.syncDirectory(directory)
            try checkOwnership()
        } catch { throw fail(error) }
        return segment
    }

    /// Writes the batch in the buffer, and takes it back if there is no space for all of it.
    ///
    /// - Parameters:
    ///   - segment: The file.
    ///   - undo: Makes durable that nothing of the batch is there.
    /// - Returns: The end of the batch.
    /// - Throws: ``JournalError/full(_:)`` if there is no space, ``JournalError/failed(_:)`` for
    ///   anything else, and if it can't be taken back.
    private func write(
        into segment: inout ActiveSegment,
        undo: (inout ActiveSegment) throws(FileError) -> Void
    ) throws(JournalError) -> Int {
        do throws(FileError) {
            return try segment.write(
                &buffer,
                fillingTo: configuration.segmentBytes,
                by: fillBytes
            )
        } catch {
            guard error.isNoSpace else { throw fail(error) }
            do throws(FileError) { try undo(&segment) } catch { throw fail(error) }
            throw .full(error)
        }
    }

    /// Checks that the directory is still the one that was locked.
    ///
    /// After a sync: what is called durable then was in the place where the next start looks for it.
    /// Before a file is made: in a directory that took the place of this one it would be another
    /// node's.
    private func checkOwnership() throws(FileError) {
        try lock?.check()
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
