/// The lines that a node made durable: entries, votes and truncations in one order, in files.
///
/// Append-only: nothing that was synced is ever written over. Used by one thread at a time; all
/// calls block.
public final class Journal {
    let directory: String
    let fileSystem: any FileSystem
    let configuration: JournalConfiguration
    /// The lock of the directory, until the journal is closed.
    public internal(set) var lock: (any FileLock)?
    var state: JournalState
    var index: SparseIndex
    /// The files that count, oldest first; the last is being written.
    var segments: [Recovery.Segment]
    /// The file being written, once there is one.
    var active: ActiveSegment?
    var nextBatch: UInt64
    /// The stretches of good entries that a start found in damaged files.
    var keptRuns: [KeptRun] = []
    /// The last entry that could not be read back, or zero; nobody is to ask for it again.
    var unreadable = LogIndex.zero
    var failure: JournalError?
    var reserve: Reserve
    var buffer = BatchBuffer()

    /// Whether the last batch has lines and no batch follows it yet.
    ///
    /// An empty batch after it makes a torn end impossible there: what is bad in it from then on is
    /// known for damage. One is due within a second of idleness.
    public private(set) var needsEmptyBatch = false

    /// Why there was no space lately; nil once the reserve is there again, see ``endShortage()``.
    ///
    /// Until then nothing is filled ahead, and each batch takes of what the reserve set free.
    public internal(set) var shortage: FileError?

    /// Whose journal it is.
    public var identity: JournalIdentity { state.identity }
    /// The last entry.
    public var last: LogPosition { state.terms.last }

    /// A journal that was examined and is to be written from here on; see ``ExaminedJournal``.
    init(_ examined: ExaminedJournal, _ recovery: Recovery, lock: any FileLock) {
        directory = examined.directory
        fileSystem = examined.fileSystem
        configuration = examined.configuration
        self.lock = lock
        state = examined.state
        index = recovery.index
        segments = recovery.segments
        keptRuns = examined.keptRuns
        nextBatch = recovery.nextBatch
        reserve = Reserve(
            directory: directory,
            fileSystem: fileSystem,
            configuration: configuration
        )
    }

    /// Opens the journal of a directory, which is made if it is not there.
    ///
    /// What was read is durable on return, in files that this process wrote or that a later batch
    /// vouches for; only then may the node vote, acknowledge or answer. Whoever may refuse to start
    /// for what the journal holds, or for anything else, calls ``examine(directory:id:fileSystem:configuration:makeIncarnation:)``
    /// first, and ``ExaminedJournal/resume()`` once nothing refuses any more.
    ///
    /// Damage ends the log before the first entry that is not good;
    /// ``RecoveredJournal/lost`` then says what the node has to get back from others.
    ///
    /// - Parameters:
    ///   - directory: Where the files are; locked until ``close()`` or the end of the process.
    ///   - id: The node's id, which the directory must belong to.
    ///   - fileSystem: The disk.
    ///   - configuration: The sizes of the files, which may differ from start to start.
    ///   - makeIncarnation: Called for a new journal: 16 random lower-case hex digits.
    /// - Returns: The journal, and what it held.
    /// - Throws: ``JournalError``, ``JournalError/damaged(_:)`` among it if nothing says what the
    ///   journal held; the directory is left as it was, but for files that count for nothing.
    public static func open(
        directory: String,
        id: String,
        fileSystem: any FileSystem,
        configuration: JournalConfiguration = JournalConfiguration(),
        makeIncarnation: @Sendable () -> String
    ) throws(JournalError) -> sending (journal: Journal, recovered: RecoveredJournal) {
        let examined = try examine(
            directory: directory,
            id: id,
            fileSystem: fileSystem,
            configuration: configuration,
            makeIncarnation: makeIncarnation
        )
        let (journal, notes) = try examined.resume()
        var recovered = examined.recovered
        recovered.notes += notes
        return (journal, recovered)
    }

    /// Makes records durable: one write and one sync, or a new file if the last one is full.
    ///
    /// With no records it writes an empty batch; see ``needsEmptyBatch``.
    ///
    /// - Throws: ``JournalError/refused(_:)`` if the records don't follow from what is there, with
    ///   nothing written; ``JournalError/full(_:)`` if there is no space, with nothing written: try
    ///   again later; ``JournalError/failed(_:)`` if the disk failed, after which every call throws
    ///   that: never retry, start the node again.
    public func append(_ records: [JournalRecord]) throws(JournalError) {
        try checkUsable()
        var next = state
        buffer.removeAll()
        let lines = try buffer.append(records, to: &next)
        guard let lost = records.compactMap(\.lost).max() else { return try write(lines, next) }
        try append(lines, next, lost: lost)
    }

    /// Writes a batch into a new file, whose head says what this node does not hold any more.
    private func append(
        _ lines: [Batch.PlacedLine],
        _ next: JournalState,
        lost: LogPosition
    ) throws(JournalError) {
        let before = state
        state.lose(through: lost)
        do throws(JournalError) { try startSegment(lines, next) } catch {
            state = before
            throw error
        }
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
        let before = state
        state = next
        buffer.removeAll()
        do throws(JournalError) { try startSegment([], next) } catch {
            state = before
            throw error
        }
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
        segments.apply(lines)
        state = next
        nextBatch += 1
        needsEmptyBatch = !lines.isEmpty
    }
}

extension Journal {
    static func newestSnapshot(
        _ directory: String,
        _ fileSystem: any FileSystem
    ) throws(JournalError) -> FoundSnapshots {
        do throws(SnapshotError) {
            return try SnapshotStore(directory: directory, fileSystem: fileSystem).newest()
        } catch {
            switch error {
            case .damaged(let damage): throw .damaged(damage)
            case .newerFormat(let file): throw .newerFormat(file: file)
            case .file(let error): throw .file(error)
            case .invalid(let reason): throw .refused(reason)
            }
        }
    }

    /// Writes the last batch again, in a new file, and makes the way to it durable.
    ///
    /// - Parameters:
    ///   - recovery: What was read.
    ///   - snapshot: The newest good snapshot beside it.
    ///   - changed: The directories in which this start made one.
    /// - Returns: What an operator may want to know.
    /// - Throws: ``JournalError`` if it can't be written.
    func resume(
        _ recovery: Recovery,
        _ snapshot: SnapshotHead?,
        _ changed: [String]
    ) throws(JournalError) -> [String] {
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
            next.know(commit: batch.commit)
        }
        if !recovery.damages.isEmpty, let vote = next.spentVote(through: recovery.namedTerm) {
            next.vote = vote
            lines.append(Batch.PlacedLine(line: .vote(vote), offset: buffer.bodyBytes))
            buffer.append(.vote(vote))
        }
        if next.connect(to: snapshot, in: directory) != nil {
            state = next
            lines = []
            buffer.removeAll()
            forgetEntries()
        }
        let number = recovery.nextSegment
        try startSegment(lines, next, number: number)
        do throws(FileError) {
            // The newest file, even if nothing of it counts: without the new one it is the end.
            let older = next.lost == nil ? segments.dropLast().last?.number : recovery.newest
            if let older { try closeOlder(older, next: number) }
            // Before this the whole directory may be gone after a power loss. Not only for a new
            // journal: the process that made it may have crashed just before this line.
            try fileSystem.syncAncestors(of: directory, changed: changed)
        } catch { throw fail(error) }
        return removeLeftovers(recovery)
    }

    /// Removes files that count for nothing; safe, since a file that says so is durable by now.
    ///
    /// While entries are lost, only what was never begun: others may hold what no other node has.
    private func removeLeftovers(_ recovery: Recovery) -> [String] {
        let leftovers =
            state.lost == nil
            ? recovery.numbers.filter { number in !segments.contains { $0.number == number } }
            : recovery.unbegun
        do throws(FileError) {
            try remove(leftovers)
            for name in try fileSystem.list(directory)
            where name.hasPrefix(SegmentName.prefix) && name.hasSuffix(Recovery.partial) {
                try fileSystem.remove(FilePath.join(directory, name))
            }
            return []
        } catch {
            return ["a file that counts for nothing was left: \(error)"]
        }
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
            bytes: try file.salvage(try file.size()).bytes
        )
        guard !read.isClosed(at: read.lastLine) else { return }
        var writer = JSONWriter()
        ClosedLine.write(next: next, to: &writer)
        try file.write([SegmentFile.lineFeed] + writer.bytes, at: read.contentEnd)
        try file.truncate(to: read.contentEnd + 1 + writer.count)
        try file.synchronize()
    }
}
