/// The snapshots of a data directory.
///
/// Copies share the pins. Writing and receiving are for one thread at a time, and only while the
/// journal beside them is locked; reading is for any.
public struct SnapshotStore: Sendable {
    /// The directory.
    public let directory: String
    let fileSystem: any FileSystem
    /// The lock of the directory, checked before anything is changed there.
    private let lock: (any FileLock)?
    private let pins = SnapshotPins()

    /// Creates a store; nothing is read yet.
    ///
    /// - Parameters:
    ///   - directory: Where the snapshots are.
    ///   - fileSystem: The disk.
    ///   - lock: The lock of the directory, so that nothing is written into another one that took
    ///     its place; nil for a store that only reads, or a directory that nobody can move.
    public init(directory: String, fileSystem: any FileSystem, lock: (any FileLock)? = nil) {
        self.directory = directory
        self.fileSystem = fileSystem
        self.lock = lock
    }

    /// The newest snapshot that is good from head to foot; changes nothing.
    ///
    /// Damage is believed only after a second reading. It shows what the page cache holds.
    ///
    /// - Throws: ``SnapshotError/newerFormat(file:)``, ``SnapshotError/file(_:)``.
    public func newest() throws(SnapshotError) -> FoundSnapshots {
        // A writer may remove a file that was just listed: there is a newer one by then.
        for _ in 0..<4 {
            do throws(SnapshotError) { return try newestListed() } catch {
                guard error.isNotFound else { throw error }
            }
        }
        return try newestListed()
    }

    private func newestListed() throws(SnapshotError) -> FoundSnapshots {
        var found = FoundSnapshots()
        for index in try indices().reversed() {
            do throws(SnapshotError) {
                found.head = try verifyAtStart(path(index), index: index)
                return found
            } catch {
                guard case .damaged(let damage) = error else { throw error }
                found.damages.append(damage)
            }
        }
        return found
    }

    /// Opens a snapshot to be read line by line.
    ///
    /// - Throws: ``SnapshotError``; ``SnapshotError/file(_:)`` if there is none that ends there.
    public func read(_ position: LogPosition) throws(SnapshotError) -> SnapshotReader {
        let path = path(position.index)
        let reader = try SnapshotReader(try open(path), path: path)
        guard reader.head.position == position else {
            throw .invalid("\(path) ends at \(reader.head.position), not at \(position)")
        }
        return reader
    }

    /// Some bytes of a snapshot as they stand in the file, to be sent elsewhere.
    ///
    /// - Parameters:
    ///   - position: Which one.
    ///   - offset: The first byte.
    ///   - maximumBytes: How many at most.
    /// - Returns: The bytes, and the length of the whole file.
    /// - Throws: ``SnapshotError/file(_:)``.
    public func chunk(
        of position: LogPosition,
        at offset: Int,
        maximumBytes: Int
    ) throws(SnapshotError) -> (bytes: [UInt8], whole: Int) {
        let file = try open(path(position.index))
        defer { file.close() }
        do throws(FileError) {
            let whole = try file.size()
            let count = min(maximumBytes, whole - max(0, offset))
            return (try file.read(at: max(0, offset), count: count), whole)
        } catch { throw .file(error) }
    }

    /// Keeps a snapshot from being removed for as long as the answer lives.
    ///
    /// One that is just being removed may still go: reading it then fails with
    /// ``FileError/Reason/notFound``.
    public func pin(_ position: LogPosition) -> SnapshotPin {
        SnapshotPin(pins, position.index)
    }

    /// Removes the snapshots before one but those that are pinned, what was left half written, and
    /// transfers of what is not needed any more.
    ///
    /// A newer one stays: it may have been received just now, and the journal not reset to it yet.
    ///
    /// - Throws: ``SnapshotError/file(_:)``; what is left is removed the next time.
    public func removeOthers(keeping position: LogPosition) throws(SnapshotError) {
        let pinned = pins.indices
        let old = try indices().filter { $0 < position.index && !pinned.contains($0) }
        do throws(FileError) {
            try checkOwnership()
            for index in old { try fileSystem.remove(path(index)) }
            for name in try fileSystem.list(directory)
            where SnapshotName.isLeftover(name, after: position.index) {
                try fileSystem.remove(FilePath.join(directory, name))
            }
        } catch { throw .file(error) }
    }

    /// Removes one snapshot that is of no use; what cannot be removed is taken for one at the start.
    ///
    /// - Throws: ``SnapshotError/file(_:)``.
    public func remove(_ position: LogPosition) throws(SnapshotError) {
        do throws(FileError) {
            try fileSystem.remove(path(position.index))
            try fileSystem.syncDirectory(directory)
        } catch { throw .file(error) }
    }

    /// Checks that the directory is the one that was locked, if one was.
    func checkOwnership() throws(FileError) { try lock?.check() }

    func path(_ index: LogIndex) -> String {
        FilePath.join(directory, SnapshotName.name(index))
    }

    /// Reads a snapshot to its end; what the disk does not give back twice is as good as damaged.
    private func verifyAtStart(_ path: String, index: LogIndex) throws(SnapshotError)
        -> SnapshotHead
    {
        do throws(SnapshotError) { return try verifyTwice(path, index: index) } catch {
            guard case .file(let fault) = error, fault.isInputOutput else { throw error }
        }
        do throws(SnapshotError) { return try verify(path, index: index) } catch {
            guard case .file(let fault) = error, fault.isInputOutput else { throw error }
            throw .damaged(JournalDamage(file: path, line: 1, offset: 0, reason: "\(fault)"))
        }
    }

    /// Reads a snapshot to its end; twice if the first time it looks damaged.
    func verifyTwice(_ path: String, index: LogIndex) throws(SnapshotError) -> SnapshotHead {
        do throws(SnapshotError) { return try verify(path, index: index) } catch {
            guard case .damaged = error else { throw error }
            return try verify(path, index: index)
        }
    }

    /// Reads a snapshot to its end.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - index: Where it must end.
    ///   - goesOn: Called now and then with how much was read since; what it has not read when it
    ///     is told to stop counts as good.
    /// - Returns: Its head.
    /// - Throws: ``SnapshotError``.
    func verify(
        _ path: String,
        index: LogIndex,
        goesOn: (_ bytes: Int) -> Bool = { _ in true }
    ) throws(SnapshotError) -> SnapshotHead {
        let file = try open(path)
        defer { file.close() }
        var reader = try SnapshotReader(file, path: path)
        guard reader.head.position.index == index else {
            throw .damaged(
                JournalDamage(
                    file: path,
                    line: 1,
                    offset: 0,
                    reason: "the snapshot ends at \(reader.head.position)"
                )
            )
        }
        try reader.verify(goesOn)
        return reader.head
    }

    /// Refuses a position that no file is named by.
    func checkName(_ position: LogPosition) throws(SnapshotError) {
        guard SnapshotName.index(SnapshotName.name(position.index)) == position.index else {
            throw .invalid("no snapshot ends at \(position)")
        }
    }

    /// The last entries of all snapshots that have a name, in order.
    ///
    /// - Returns: Their indices.
    /// - Throws: ``SnapshotError/file(_:)``.
    package func indices() throws(SnapshotError) -> [LogIndex] {
        do throws(FileError) {
            // A directory that was never made holds none.
            guard try fileSystem.exists(directory) else { return [] }
            return try fileSystem.list(directory).compactMap { SnapshotName.index($0) }.sorted()
        } catch { throw .file(error) }
    }

    private func open(_ path: String) throws(SnapshotError) -> any File {
        do throws(FileError) { return try fileSystem.openForReading(path) } catch {
            throw .file(error)
        }
    }
}

/// What a directory holds of snapshots.
public struct FoundSnapshots: Hashable, Sendable {
    /// The newest good one, or nil if there is none.
    public var head: SnapshotHead?
    /// What is wrong with newer ones.
    public var damages: [JournalDamage] = []
}

/// Keeps a snapshot from being removed.
public final class SnapshotPin: Sendable {
    private let pins: SnapshotPins
    private let index: LogIndex

    fileprivate init(_ pins: SnapshotPins, _ index: LogIndex) {
        self.pins = pins
        self.index = index
        pins.add(index)
    }

    deinit { pins.remove(index) }
}

private final class SnapshotPins: Sendable {
    private let counts = Lock<[LogIndex: Int]>([:])

    var indices: Set<LogIndex> { counts.withLock { Set($0.keys) } }
    func add(_ index: LogIndex) { counts.withLock { $0[index, default: 0] += 1 } }
    func remove(_ index: LogIndex) {
        counts.withLock { counts in
            let left = (counts[index] ?? 1) - 1
            counts[index] = left > 0 ? left : nil
        }
    }
}
