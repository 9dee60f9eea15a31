/// The lines that a node made durable: entries, votes and truncations in one order, in files.
///
/// Append-only: nothing that was synced is ever written over. Used by one thread at a time; all
/// calls block.
public final class Journal {
    let directory: String
    let fileSystem: any FileSystem
    let configuration: JournalConfiguration
    var lock: (any FileLock)?
    var state: JournalState
    var index: SparseIndex
    /// The files that count, oldest first; the last is being written.
    var segments: [Recovery.Segment]
    /// The file being written, once there is one.
    var active: ActiveSegment?
    var nextBatch: UInt64
    var failure: JournalError?
    var buffer = BatchBuffer()

    /// Whether the last batch has lines and no batch follows it yet.
    ///
    /// An empty batch after it makes a torn end impossible there: what is bad in it from then on is
    /// known for damage. One is due within a second of idleness.
    public private(set) var needsEmptyBatch = false

    /// Whose journal it is.
    public var identity: JournalIdentity { state.identity }
    /// The last entry.
    public var last: LogPosition { state.terms.last }

    private init(
        directory: String,
        fileSystem: any FileSystem,
        configuration: JournalConfiguration,
        lock: any FileLock,
        state: JournalState,
        recovery: Recovery
    ) {
        self.directory = directory
        self.fileSystem = fileSystem
        self.configuration = configuration
        self.lock = lock
        self.state = state
        index = recovery.index
        segments = recovery.segments
        nextBatch = recovery.nextBatch
    }

    /// Opens the journal of a directory, which is made if it is not there.
    ///
    /// What was read is durable on return, in files that this process wrote or that a later batch
    /// vouches for; only then may the node vote, acknowledge or answer.
    ///
    /// - Parameters:
    ///   - directory: Where the files are; locked until ``close()`` or the end of the process.
    ///   - id: The node's id, which the directory must belong to.
    ///   - fileSystem: The disk.
    ///   - configuration: The sizes of the files, which may differ from start to start.
    ///   - makeIncarnation: Called for a new journal: 16 random lower-case hex digits.
    /// - Returns: The journal, and what it held.
    /// - Throws: ``JournalError``; the directory is left as it was, but for files that count for
    ///   nothing.
    public static func open(
        directory: String,
        id: String,
        fileSystem: any FileSystem,
        configuration: JournalConfiguration = JournalConfiguration(),
        makeIncarnation: @Sendable () -> String
    ) throws(JournalError) -> sending (journal: Journal, recovered: RecoveredJournal) {
        let lock = try takeLock(directory, fileSystem)
        let recovery = try Recovery(
            directory: directory,
            fileSystem: fileSystem,
            configuration: configuration
        )
        let state =
            recovery.state
            ?? JournalState(
                identity: JournalIdentity(
                    node: NodeIdentity(id: id, incarnation: makeIncarnation())
                )
            )
        guard state.identity.node.id == id else {
            throw .otherNode(directory: directory, found: state.identity.node, asked: id)
        }
        let journal = Journal(
            directory: directory,
            fileSystem: fileSystem,
            configuration: configuration,
            lock: lock,
            state: state,
            recovery: recovery
        )
        try journal.resume(recovery)
        let notes = recovery.notes + journal.removeLeftovers(recovery.leftovers)
        let recovered = RecoveredJournal(
            identity: journal.state.identity,
            vote: journal.state.vote,
            terms: journal.state.terms,
            membershipIndex: journal.state.memberships.last,
            notes: notes,
            isNew: recovery.state == nil
        )
        return (journal, recovered)
    }

    /// Makes records durable: one write and one sync, or a new file if the last one is full.
    ///
    /// With no records it writes an empty batch; see ``needsEmptyBatch``.
    ///
    /// - Throws: ``JournalError/refused(_:)`` if the records don't follow from what is there, with
    ///   nothing written; ``JournalError/failed(_:)`` if the disk failed, after which every call
    ///   throws that: never retry, start the node again.
    public func append(_ records: [JournalRecord]) throws(JournalError) {
        try checkUsable()
        var next = state
        buffer.removeAll()
        let lines = try buffer.append(records, to: &next)
        try write(lines, next)
    }

    /// Makes the cluster's id durable, in the head of a new file.
    public func adopt(cluster: String) throws(JournalError) {
        try checkUsable()
        if state.identity.cluster == cluster { return }
        if let found = state.identity.cluster {
            throw .otherCluster(found: found, asked: cluster)
        }
        var next = state
        next.identity.cluster = cluster
        state = next
        buffer.removeAll()
        try startSegment([], next)
    }

    /// Cuts off what was filled ahead and gives files and lock back.
    public func close() {
        guard failure == nil else { return }
        failure = .closed
        active?.trim()
        active = nil
        lock?.release()
        lock = nil
    }

    func checkUsable() throws(JournalError) {
        if let failure { throw failure }
    }

    /// Notes what a batch that is durable now holds.
    func commit(
        _ lines: [Batch.PlacedLine],
        _ next: JournalState,
        segment: UInt64,
        bodyOffset: Int
    ) {
        index.apply(lines, segment: segment, bodyOffset: bodyOffset)
        state = next
        nextBatch += 1
        needsEmptyBatch = !lines.isEmpty
    }
}

extension Journal {
    private static func takeLock(
        _ directory: String,
        _ fileSystem: any FileSystem
    ) throws(JournalError) -> any FileLock {
        do throws(FileError) {
            try fileSystem.createDirectories(directory)
            return try fileSystem.lock(FilePath.join(directory, "lock"))
        } catch {
            throw error.reason == .isLocked ? .locked(directory: directory) : .file(error)
        }
    }

    /// Writes the last batch again, in a new file, and makes the way to it durable.
    private func resume(_ recovery: Recovery) throws(JournalError) {
        var next = state
        var lines: [Batch.PlacedLine] = []
        buffer.removeAll()
        if let batch = recovery.lastBatch {
            for var placed in batch.lines {
                if let rule = next.apply(placed.line) { throw .refused(rule) }
                placed.offset -= batch.bodyOffset
                lines.append(placed)
            }
            buffer.append(batch.body)
        }
        let older = segments.last?.number
        try startSegment(lines, next, number: recovery.nextSegment)
        do throws(FileError) {
            if let older { try closeOlder(older, next: recovery.nextSegment) }
            // Before this the whole directory may be gone after a power loss. Not only for a new
            // journal: the process that made it may have crashed just before this line.
            try fileSystem.syncAncestors(of: directory)
        } catch { throw fail(error) }
    }

    /// Ends a file that an earlier process wrote, so that the loss of the one after it is found.
    ///
    /// The line comes after all that was read, good or torn, and counts only while this is the last
    /// file. What is cut off is fill.
    private func closeOlder(_ number: UInt64, next: UInt64) throws(FileError) {
        let path = FilePath.join(directory, SegmentName.name(number))
        let file = try fileSystem.open(path)
        defer { file.close() }
        let read = SegmentFile(
            number: number,
            path: path,
            bytes: try file.read(at: 0, count: try file.size())
        )
        guard !read.isClosed(at: read.lastLine) else { return }
        var writer = JSONWriter()
        ClosedLine.write(next: next, to: &writer)
        try file.write([SegmentFile.lineFeed] + writer.bytes, at: read.contentEnd)
        try file.truncate(to: read.contentEnd + 1 + writer.count)
        try file.synchronize()
    }

    /// Removes files that count for nothing; safe, since a file that says so is durable by now.
    private func removeLeftovers(_ numbers: [UInt64]) -> [String] {
        var notes: [String] = []
        for number in numbers {
            let path = FilePath.join(directory, SegmentName.name(number))
            do throws(FileError) {
                try fileSystem.remove(path)
            } catch {
                notes.append("a file that counts for nothing was left: \(error)")
            }
        }
        return notes
    }
}
