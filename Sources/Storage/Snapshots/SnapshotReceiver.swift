/// A snapshot that comes from elsewhere, in pieces; it goes on where an earlier transfer stopped.
///
/// Used by one thread at a time. What it holds counts for nothing before ``finish()``.
public final class SnapshotReceiver {
    private let store: SnapshotStore
    private let position: LogPosition
    /// The length of the whole snapshot.
    public let bytes: Int
    private let path: String
    private let file: any File
    private var synced: Int
    /// The first byte that is missing.
    public private(set) var offset: Int

    /// What waits for a sync at most: a large one would hold up the journal's.
    private static let syncBytes = 4 << 20

    fileprivate init(
        _ store: SnapshotStore,
        _ position: LogPosition,
        bytes: Int
    ) throws(SnapshotError) {
        self.store = store
        self.position = position
        self.bytes = bytes
        path = store.path(position.index) + SnapshotName.incoming
        do throws(FileError) {
            try Self.removeOthers(path, store)
            let isThere = try store.fileSystem.exists(path)
            file = try isThere ? store.fileSystem.open(path) : store.fileSystem.create(path)
            // What a crash left may be anything; the foot tells in the end.
            offset = try file.size()
            if offset > bytes {
                try file.truncate(to: 0)
                offset = 0
            }
            // What waits may have come through an earlier receiver of the same snapshot.
            synced = offset - offset % Self.syncBytes
        } catch { throw .file(error) }
    }

    private static func removeOthers(
        _ path: String,
        _ store: SnapshotStore
    ) throws(FileError) {
        for name in try store.fileSystem.list(store.directory)
        where name.hasSuffix(SnapshotName.incoming) {
            let other = FilePath.join(store.directory, name)
            if other != path { try store.fileSystem.remove(other) }
        }
    }

    /// Takes the next bytes.
    ///
    /// - Throws: ``SnapshotError/invalid(_:)`` if they do not follow, with nothing taken: send from
    ///   ``offset`` on; ``SnapshotError/file(_:)``.
    public func append(_ piece: [UInt8], at start: Int) throws(SnapshotError) {
        guard start == offset, piece.count <= bytes - offset else {
            throw .invalid(
                "\(piece.count) bytes at \(start) do not follow \(offset) of \(bytes) bytes"
            )
        }
        do throws(FileError) {
            try file.write(piece, at: offset)
            offset += piece.count
            guard offset - synced >= Self.syncBytes else { return }
            try file.synchronize()
            synced = offset
        } catch { throw .file(error) }
    }

    /// Checks all that came, makes it durable and gives it its name.
    ///
    /// Older snapshots stay: the journal must be reset to this one before they go, by
    /// ``SnapshotStore/removeOthers(keeping:)``.
    ///
    /// - Returns: The snapshot's head.
    /// - Throws: ``SnapshotError/damaged(_:)`` if it is not whole; it is removed then, and must be
    ///   sent anew. ``SnapshotError/file(_:)`` if the disk failed.
    public func finish() throws(SnapshotError) -> SnapshotHead {
        guard offset == bytes else { throw .invalid("\(offset) of \(bytes) bytes came") }
        do throws(FileError) { try file.synchronize() } catch { throw .file(error) }
        file.close()
        do throws(SnapshotError) {
            let head = try store.verifyTwice(path, index: position.index)
            guard head.position == position else {
                throw .invalid("\(path) ends at \(head.position), not at \(position)")
            }
            try store.publish(path, as: store.path(position.index))
            return head
        } catch {
            if case .file = error { throw error }
            // What can't be removed is begun anew by the next transfer.
            do throws(FileError) { try store.fileSystem.remove(path) } catch {}
            throw error
        }
    }
}

extension SnapshotStore {
    /// Begins to take a snapshot from elsewhere, or goes on with one of the same name.
    ///
    /// - Parameters:
    ///   - position: The last entry that it holds.
    ///   - bytes: Its length.
    /// - Returns: The receiver, which says where to go on.
    /// - Throws: ``SnapshotError/file(_:)``.
    public func receive(
        _ position: LogPosition,
        bytes: Int
    ) throws(SnapshotError) -> SnapshotReceiver {
        try SnapshotReceiver(self, position, bytes: bytes)
    }
}
