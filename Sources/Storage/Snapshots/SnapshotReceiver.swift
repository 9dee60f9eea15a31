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
    /// How much an earlier transfer left.
    private let found: Int
    private var synced: Int
    private var failure: FileError?
    /// The first byte that is missing.
    public private(set) var offset: Int

    /// What waits for a sync at most: a large one would hold up the journal's.
    private static let syncBytes = 4 << 20
    private static let pieceBytes = 256 << 10

    fileprivate init(
        _ store: SnapshotStore,
        _ position: LogPosition,
        bytes: Int
    ) throws(SnapshotError) {
        try store.checkName(position)
        self.store = store
        self.position = position
        self.bytes = bytes
        path = store.path(position.index) + SnapshotName.incoming
        do throws(FileError) {
            try store.checkOwnership()
            try Self.removeOthers(path, store)
            let isThere = try store.fileSystem.exists(path)
            file = try isThere ? store.fileSystem.open(path) : store.fileSystem.create(path)
            do throws(FileError) {
                let size = try file.size()
                if size > bytes { try file.truncate(to: 0) }
                // What a crash left may be anything; the foot tells in the end.
                found = size > bytes ? 0 : size
            } catch {
                file.close()
                throw error
            }
        } catch { throw .file(error) }
        offset = found
        // What waits may have come through an earlier receiver of the same snapshot.
        synced = found - found % Self.syncBytes
    }

    deinit { file.close() }

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
    ///   ``offset`` on. ``SnapshotError/file(_:)``: if a sync failed, now or earlier, all that came
    ///   is gone, and must be sent anew to another receiver.
    public func append(_ piece: [UInt8], at start: Int) throws(SnapshotError) {
        guard start == offset, piece.count <= bytes - offset else {
            throw .invalid(
                "\(piece.count) bytes at \(start) do not follow \(offset) of \(bytes) bytes"
            )
        }
        do throws(FileError) {
            if let failure { throw failure }
            try file.write(piece, at: offset)
            if offset + piece.count - synced >= Self.syncBytes {
                try synchronize()
                synced = offset + piece.count
            }
            offset += piece.count
        } catch { throw .file(error) }
    }

    /// Checks all that came, makes it durable and gives it its name.
    ///
    /// Older snapshots stay: the journal must be reset to this one before they go, by
    /// ``SnapshotStore/removeOthers(keeping:)``.
    ///
    /// - Returns: The snapshot's head.
    /// - Throws: ``SnapshotError/damaged(_:)`` if it is not whole; it is removed then, and must be
    ///   sent anew. ``SnapshotError/file(_:)`` if the disk failed. The receiver is of no more use
    ///   after either.
    public func finish() throws(SnapshotError) -> SnapshotHead {
        guard offset == bytes else { throw .invalid("\(offset) of \(bytes) bytes came") }
        do throws(FileError) {
            if let failure { throw failure }
            try writeFoundAgain()
            try synchronize()
        } catch { throw .file(error) }
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
            removeIncoming()
            throw error
        }
    }

    /// Writes what an earlier transfer left once more, so that a sync covers it.
    ///
    /// A sync of it may have failed: it is then in the page cache, where it reads well and counts as
    /// clean, and never reaches the disk.
    private func writeFoundAgain() throws(FileError) {
        var done = 0
        while done < found {
            let count = min(Self.pieceBytes, found - done)
            try file.write(try file.read(at: done, count: count), at: done)
            done += count
            if done % Self.syncBytes == 0 { try synchronize() }
        }
    }

    /// After a failure nothing that came is believed, or synced again.
    private func synchronize() throws(FileError) {
        do throws(FileError) { try file.synchronize() } catch {
            failure = error
            removeIncoming()
            throw error
        }
    }

    private func removeIncoming() {
        // What can't be removed is checked again, and written again, by the next transfer.
        do throws(FileError) { try store.fileSystem.remove(path) } catch {}
    }
}

extension SnapshotStore {
    /// Begins to take a snapshot from elsewhere, or goes on with one of the same name.
    ///
    /// - Parameters:
    ///   - position: The last entry that it holds.
    ///   - bytes: Its length.
    /// - Returns: The receiver, which says where to go on.
    /// - Throws: ``SnapshotError/file(_:)``; ``SnapshotError/invalid(_:)`` for a position that no
    ///   snapshot ends at.
    public func receive(
        _ position: LogPosition,
        bytes: Int
    ) throws(SnapshotError) -> SnapshotReceiver {
        try SnapshotReceiver(self, position, bytes: bytes)
    }
}
