/// A journal that was read under the lock of its directory, with nothing there changed yet.
///
/// A start has two parts. First all is read, and whatever may refuse to start does: the journal, the
/// snapshot, the configuration, the ports (pitfall 51). Then ``resume()`` writes. The lock is held
/// from before the first reading to the end of the journal.
public struct ExaminedJournal: Sendable {
    let directory: String
    let fileSystem: any FileSystem
    let configuration: JournalConfiguration
    /// The lock; nil if there is no directory yet.
    let lock: (any FileLock)?
    let recovery: Recovery
    /// What was read up to the last batch, or a new node's nothing.
    let state: JournalState
    /// Where the entries stand, those of the last batch among them.
    private let index: SparseIndex
    private let segments: [Recovery.Segment]
    /// Where good entries behind the damage stand.
    let keptRuns: [KeptRun]
    /// What the journal holds once it is resumed.
    public let recovered: RecoveredJournal

    /// The lines of entries, as ``Journal/entries(after:through:maximumBytes:)`` will give them.
    ///
    /// - Parameters:
    ///   - after: The entry before the first one wanted.
    ///   - through: The last one wanted; entries beyond the end of the log are left out.
    ///   - maximumBytes: The lines together are not longer than this, but for the first.
    /// - Returns: The entries, in order.
    /// - Throws: ``JournalError`` if a line is not what was written, or can't be read, twice.
    public func entries(
        after: LogIndex,
        through: LogIndex,
        maximumBytes: Int
    ) throws(JournalError) -> [(position: LogPosition, line: [UInt8])] {
        let reader = EntryReader(
            directory: directory,
            fileSystem: fileSystem,
            terms: recovered.terms,
            index: index,
            segments: segments,
            active: nil
        )
        var wanted = after.next
        do throws(JournalError) {
            return try reader.entries(&wanted, through: through, maximumBytes: maximumBytes)
        } catch {
            // It may have been the memory's or the cable's fault.
            wanted = after.next
            return try reader.entries(&wanted, through: through, maximumBytes: maximumBytes)
        }
    }

    /// Makes durable what was read, in a new file, and goes on from there.
    ///
    /// To be called once, and only when nothing is left that may refuse to start.
    ///
    /// - Returns: The journal, and what an operator may want to know.
    /// - Throws: ``JournalError``; the lock is given back then.
    public func resume() throws(JournalError) -> sending (journal: Journal, notes: [String]) {
        let (lock, changed) = try ownedLock()
        let recovery: Recovery
        do throws(JournalError) { recovery = try self.recovery.folded() ?? self.recovery } catch {
            lock.release()
            throw error
        }
        let journal = Journal(self, recovery, lock: lock)
        do throws(JournalError) {
            let notes = try journal.resume(recovery, recovered.snapshot, changed)
            return (journal, notes + (try journal.makeFirstReserve()))
        } catch {
            journal.close()
            lock.release()
            // A file that can't be made, as on a read-only disk: nothing was written.
            if case .failed(let file) = error, file.call == "open" { throw .file(file) }
            throw error
        }
    }

    /// Gives the lock back, for a start that is refused.
    public func release() { lock?.release() }

    /// The lock, of a directory that is made now if there was none, and where one was made.
    private func ownedLock() throws(JournalError) -> (lock: any FileLock, changed: [String]) {
        if let lock { return (lock, []) }
        do throws(FileError) {
            let changed = try fileSystem.createDirectories(directory)
            let lock = try fileSystem.lock(directory)
            // Another process may have been here since it was looked for.
            guard try fileSystem.list(directory).isEmpty else {
                lock.release()
                throw FileError(.isLocked, call: "lock", path: directory)
            }
            return (lock, changed)
        } catch { throw .locking(directory, error) }
    }
}

extension Journal {
    /// Reads the journal of a directory under its lock, and changes nothing.
    ///
    /// A directory that is not there is not made; it is locked when it is.
    ///
    /// - Parameters:
    ///   - directory: Where the files are.
    ///   - id: The node's id, which the directory must belong to.
    ///   - fileSystem: The disk.
    ///   - configuration: The sizes of the files, which may differ from start to start.
    ///   - makeIncarnation: Called for a new journal: 16 random lower-case hex digits.
    /// - Returns: What is there; the lock goes with it.
    /// - Throws: ``JournalError`` if the node must not start on it.
    public static func examine(
        directory: String,
        id: String,
        fileSystem: any FileSystem,
        configuration: JournalConfiguration = JournalConfiguration(),
        makeIncarnation: @Sendable () -> String
    ) throws(JournalError) -> ExaminedJournal {
        let lock: (any FileLock)?
        do throws(FileError) {
            lock = try fileSystem.exists(directory) ? try fileSystem.lock(directory) : nil
        } catch { throw .locking(directory, error) }
        do throws(JournalError) {
            return try ExaminedJournal(
                directory: directory,
                id: id,
                fileSystem: fileSystem,
                configuration: configuration,
                lock: lock,
                makeIncarnation: makeIncarnation
            )
        } catch {
            lock?.release()
            throw error
        }
    }
}

extension ExaminedJournal {
    fileprivate init(
        directory: String,
        id: String,
        fileSystem: any FileSystem,
        configuration: JournalConfiguration,
        lock: (any FileLock)?,
        makeIncarnation: @Sendable () -> String
    ) throws(JournalError) {
        let snapshots =
            lock == nil ? FoundSnapshots() : try Journal.newestSnapshot(directory, fileSystem)
        let recovery = try Recovery.read(
            directory: directory,
            fileSystem: fileSystem,
            configuration: configuration,
            snapshot: snapshots.head?.position ?? .zero,
            exists: lock != nil
        )
        if let head = snapshots.head, recovery.state == nil {
            throw .noJournal(directory: directory, snapshot: head.position)
        }
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
        let view = try recovery.state.map { (state) throws(JournalError) in
            try JournalView(recovery, state, snapshots)
        }
        self.init(
            directory: directory,
            fileSystem: fileSystem,
            configuration: configuration,
            lock: lock,
            recovery: recovery,
            state: state,
            index: view?.reader.index ?? recovery.index,
            segments: view?.reader.segments ?? [],
            keptRuns: view?.keptRuns ?? [],
            recovered: RecoveredJournal(
                identity: state.identity,
                vote: view?.vote ?? state.vote,
                terms: view?.terms ?? state.terms,
                memberships: view?.memberships ?? [],
                snapshot: snapshots.head,
                commit: view?.commit ?? .zero,
                lost: view?.lost,
                kept: view?.kept ?? [],
                damages: snapshots.damages + recovery.damages,
                notes: view?.notes ?? recovery.notes,
                isNew: recovery.state == nil
            )
        )
    }
}

extension JournalError {
    /// What a lock that could not be taken means.
    fileprivate static func locking(_ directory: String, _ error: FileError) -> JournalError {
        error.reason == .isLocked ? .locked(directory: directory) : .file(error)
    }
}
