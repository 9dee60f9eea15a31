/// What the storage asks of a file system; the one seam between it and the disk.
///
/// All calls block. A new, renamed or removed name survives a power loss only after
/// ``syncDirectory(_:)`` of its directory returned, and bytes only after ``File/synchronize()``.
/// Paths are parted by `/`.
public protocol FileSystem: Sendable {
    /// Makes one directory (mode 0700); its parent must exist.
    func createDirectory(_ path: String) throws(FileError)

    /// Whether a file or a directory has this name.
    func exists(_ path: String) throws(FileError) -> Bool

    /// The names in a directory, sorted.
    func list(_ directory: String) throws(FileError) -> [String]

    /// Makes a file (mode 0600) that does not exist yet, open for reading and writing.
    func create(_ path: String) throws(FileError) -> any File

    /// Opens a file that exists for reading and writing.
    func open(_ path: String) throws(FileError) -> any File

    /// Opens a file that exists for reading alone, as it can be on a disk that takes no writes.
    func openForReading(_ path: String) throws(FileError) -> any File

    /// Gives a file another name, replacing what had it.
    func rename(_ path: String, to other: String) throws(FileError)

    /// Removes a file.
    func remove(_ path: String) throws(FileError)

    /// Returns once the names in a directory are on the disk.
    func syncDirectory(_ path: String) throws(FileError)

    /// Takes the lock of a directory for as long as the answer lives, and never waits for it.
    ///
    /// The lock is on the directory itself and not on a file in it, which a sweeper may remove: the
    /// next process would make that file anew, and lock another one (pitfall 50).
    ///
    /// - Throws: ``FileError`` with ``FileError/Reason/isLocked`` if another process has it, with
    ///   ``FileError/Reason/notFound`` if there is no such directory.
    func lock(_ directory: String) throws(FileError) -> any FileLock
}

/// An open file.
///
/// Used by one thread at a time.
public protocol File: AnyObject {
    /// The length in bytes.
    func size() throws(FileError) -> Int

    /// Reads `count` bytes from `offset`, fewer only at the end of the file.
    func read(at offset: Int, count: Int) throws(FileError) -> [UInt8]

    /// Writes all of `bytes` at `offset`, growing the file if it must.
    func write(_ bytes: [UInt8], at offset: Int) throws(FileError)

    /// Returns once all that was written is on the disk.
    ///
    /// After a failure nothing that was written since the last success may be believed, and
    /// calling again is no remedy: the kernel may have dropped the bytes.
    func synchronize() throws(FileError)

    /// Cuts or grows the file to `size` bytes.
    func truncate(to size: Int) throws(FileError)

    /// Makes a file `size` bytes long for which the space is really set aside.
    ///
    /// Which bytes it holds is not said. After a failure a part may be set aside.
    func allocate(_ size: Int) throws(FileError)

    /// Gives the descriptor back; later calls fail.
    func close()
}

extension File {
    /// Sets space aside by writing, where the system has no call for it.
    public func allocate(_ size: Int) throws(FileError) { try writeZeros(size) }

    func writeZeros(_ size: Int) throws(FileError) {
        let piece = [UInt8](repeating: 0, count: min(size, 1 << 20))
        for offset in stride(from: 0, to: size, by: piece.count) {
            try write(Array(piece.prefix(size - offset)), at: offset)
        }
    }
}

/// The lock of a directory, held until it is released or its holder ends, however it ends.
public protocol FileLock: AnyObject, Sendable {
    /// Checks that the path still names the directory that was locked.
    ///
    /// Whoever moves a directory takes the lock along, and another process may lock what stands in
    /// its place: files that are made by path from then on would be that one's.
    ///
    /// - Throws: ``FileError`` with ``FileError/Reason/isReplaced`` if it names another one, or none.
    func check() throws(FileError)

    /// Gives the lock back; calling again does nothing.
    func release()
}

extension FileSystem {
    /// Opens a file for reading and writing, where a file system knows no other way.
    public func openForReading(_ path: String) throws(FileError) -> any File { try open(path) }
}

extension FileSystem {
    /// Makes a directory and those above it that are missing.
    ///
    /// Nothing is synced: see ``syncAncestors(of:changed:)``.
    ///
    /// - Returns: The directories in which one was made.
    @discardableResult
    package func createDirectories(_ path: String) throws(FileError) -> [String] {
        var changed: [String] = []
        let all = FilePath.ancestors(of: path) + [path]
        for (outer, ancestor) in zip([all[0]] + all, all) where try !exists(ancestor) {
            do throws(FileError) {
                try createDirectory(ancestor)
                changed.append(outer)
            } catch  where error.reason == .alreadyExists {
                // Another process was faster; the directory is there, which is all that matters.
                continue
            }
        }
        return changed
    }

    /// Syncs every directory above `path`, so that the way to it survives a power loss.
    ///
    /// Also those that this process did not change: an earlier one may have made them and crashed
    /// before it synced. Of those, one that may not be read is left out: it was given to this user as
    /// it is, by whoever made what is below it.
    ///
    /// - Parameters:
    ///   - path: What is reached through them.
    ///   - changed: In which of them this process made a directory.
    /// - Throws: ``FileError`` of the first that can't be synced.
    package func syncAncestors(of path: String, changed: [String]) throws(FileError) {
        for ancestor in FilePath.ancestors(of: path).reversed() {
            do throws(FileError) { try syncDirectory(ancestor) } catch
                where
                error.isForbidden && !changed.contains(ancestor)
            {
                continue
            }
        }
    }
}

/// Paths as text.
package enum FilePath {
    /// A name in a directory.
    package static func join(_ directory: String, _ name: String) -> String {
        directory.hasSuffix("/") ? directory + name : directory + "/" + name
    }

    /// The directories above `path`, from the outermost; begins with `/` or `.`.
    package static func ancestors(of path: String) -> [String] {
        let isAbsolute = path.hasPrefix("/")
        var found = [isAbsolute ? "/" : "."]
        for part in path.split(separator: "/").dropLast() {
            let outer = found[found.count - 1]
            found.append(outer == "." && !isAbsolute ? String(part) : join(outer, String(part)))
        }
        return found
    }
}
