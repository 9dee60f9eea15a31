#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// The lock of a directory, which `flock` ties to a descriptor of it.
final class DiskLock: FileLock {
    /// Which directory it is, whatever its name: no other has these numbers while it is open.
    private struct Place: Hashable, Sendable {
        var device: UInt64
        var inode: UInt64

        init(_ status: stat) {
            device = UInt64(truncatingIfNeeded: status.st_dev)
            inode = UInt64(truncatingIfNeeded: status.st_ino)
        }
    }

    private let path: String
    private let place: Place
    /// The descriptor; nil once the lock was given back.
    private let descriptor: Lock<CInt?>

    /// Locks the directory that has this name when the lock is there.
    ///
    /// Between opening and locking it may be exchanged, and the one that was opened be locked for
    /// nothing: then it is opened again.
    init(_ path: String) throws(FileError) {
        var held: (place: Place, descriptor: CInt)?
        while held == nil { held = try Self.attempt(path) }
        guard let held else { throw FileError(.isReplaced, call: "flock", path: path) }
        self.path = path
        place = held.place
        descriptor = Lock(held.descriptor)
    }

    /// Opens and locks a directory once.
    ///
    /// - Returns: What was locked, or nil if it does not have the name any more.
    private static func attempt(
        _ path: String
    ) throws(FileError) -> (place: Place, descriptor: CInt)? {
        let opened = try DiskFileSystem.open(path, O_RDONLY | O_DIRECTORY)
        do throws(FileError) {
            try lock(opened, path)
            var status = stat()
            guard unsafe fstat(opened, &status) == 0 else { throw .last("fstat", path) }
            let place = Place(status)
            if try Self.place(of: path) == place { return (place, opened) }
        } catch {
            closeDescriptor(opened)
            throw error
        }
        closeDescriptor(opened)
        return nil
    }

    private static func lock(_ descriptor: CInt, _ path: String) throws(FileError) {
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            switch errno {
            case EINTR: continue
            // This call alone means a lock by it; elsewhere the same code means "try again".
            case EWOULDBLOCK: throw FileError(.isLocked, call: "flock", path: path)
            default: throw .last("flock", path)
            }
        }
    }

    /// The directory that has the name now, or nil if none has.
    private static func place(of path: String) throws(FileError) -> Place? {
        var status = stat()
        if unsafe stat(path, &status) == 0 { return Place(status) }
        guard errno == ENOENT else { throw .last("stat", path) }
        return nil
    }

    func check() throws(FileError) {
        guard try Self.place(of: path) == place else {
            throw FileError(.isReplaced, call: "stat", path: path)
        }
    }

    func release() {
        descriptor.withLock { held in
            if let held {
                // A process that is just being started by this one may have the descriptor for a moment
                // more, and with it the lock.
                _ = flock(held, LOCK_UN)
                closeDescriptor(held)
            }
            held = nil
        }
    }

    deinit { release() }
}

private func closeDescriptor(_ descriptor: CInt) {
    #if canImport(Darwin)
    _ = Darwin.close(descriptor)
    #else
    _ = Glibc.close(descriptor)
    #endif
}
