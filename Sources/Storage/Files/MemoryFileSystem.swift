/// A file system in memory that can crash, lose what was not synced, tear writes and rot.
///
/// It knows for each file and each directory what the page cache holds and what the disk holds.
/// Deterministic: all chance comes from the generator handed to ``powerLoss(using:)``.
public final class MemoryFileSystem: FileSystem {
    private let state: Lock<MemoryDisk>

    /// Creates an empty file system.
    public convenience init() { self.init(MemoryDisk()) }

    private init(_ disk: MemoryDisk) { state = Lock(disk) }

    /// A file system of its own with the same content, cache and faults.
    public func clone() -> MemoryFileSystem {
        MemoryFileSystem(state.withLock { $0 })
    }

    /// Makes one directory.
    public func createDirectory(_ path: String) throws(FileError) {
        try call(.createDirectory, path) { (disk) throws(FileError) in
            try disk.createDirectory(path)
        }
    }

    /// Whether a file or a directory has this name.
    public func exists(_ path: String) throws(FileError) -> Bool {
        try call(.exists, path) { (disk) throws(FileError) in disk.node(at: path) != nil }
    }

    /// The names in a directory, sorted.
    public func list(_ directory: String) throws(FileError) -> [String] {
        try call(.list, directory) { (disk) throws(FileError) in
            try disk.names(in: directory).keys.sorted()
        }
    }

    /// Makes a file that does not exist yet.
    public func create(_ path: String) throws(FileError) -> any File {
        let handle = try call(.create, path) { (disk) throws(FileError) in
            (try disk.createFile(path), disk.boot)
        }
        return MemoryFile(self, path, node: handle.0, boot: handle.1)
    }

    /// Opens a file that exists.
    public func open(_ path: String) throws(FileError) -> any File {
        let handle = try call(.open, path) { (disk) throws(FileError) in
            guard let node = disk.node(at: path), disk.files[node] != nil else {
                throw FileError(.notFound, call: "open", path: path)
            }
            return (node, disk.boot)
        }
        return MemoryFile(self, path, node: handle.0, boot: handle.1)
    }

    /// Gives a file another name, replacing what had it.
    public func rename(_ path: String, to other: String) throws(FileError) {
        try call(.rename, path) { (disk) throws(FileError) in try disk.rename(path, to: other) }
    }

    /// Removes a file.
    public func remove(_ path: String) throws(FileError) {
        try call(.remove, path) { (disk) throws(FileError) in try disk.remove(path) }
    }

    /// Makes the names in a directory survive a power loss.
    public func syncDirectory(_ path: String) throws(FileError) {
        try call(.syncDirectory, path) { (disk) throws(FileError) in
            try disk.syncDirectory(path)
        }
    }

    /// Takes the lock of a directory.
    public func lock(_ directory: String) throws(FileError) -> any FileLock {
        let held = try call(.lock, directory) { (disk) throws(FileError) in
            guard let node = disk.node(at: directory), disk.directories[node] != nil else {
                throw FileError(.notFound, call: "lock", path: directory)
            }
            guard disk.locks.insert(node).inserted else {
                throw FileError(.isLocked, call: "lock", path: directory)
            }
            return (node, disk.boot)
        }
        return MemoryLock(self, directory, node: held.0, boot: held.1)
    }

    /// Counts a call, lets the faults have their say, and makes it.
    func call<Result: Sendable>(
        _ kind: FileCall.Kind,
        _ path: String,
        _ body: (inout MemoryDisk) throws(FileError) -> Result
    ) throws(FileError) -> Result {
        try state.withLock { (disk) throws(FileError) in
            let point = try disk.enter(FileCall(kind, of: path))
            if point == .before { throw disk.crash(kind, path) }
            let failing = disk.failing
            // Of a call that fails only a write and a sync leave something behind.
            if let failing, kind != .write, kind != .synchronize { throw failing }
            let result = try body(&disk)
            if let failing { throw failing }
            if point == .after { throw disk.crash(kind, path) }
            return result
        }
    }

    /// Looks at or changes the disk, past the faults and the count.
    func withDisk<Result: Sendable>(_ body: (inout MemoryDisk) -> Result) -> Result {
        state.withLock { body(&$0) }
    }
}

/// A call that a test may want to count, fail or crash at.
public struct FileCall: Hashable, Sendable {
    /// Which call.
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        case createDirectory, exists, list, create, open, rename, remove, syncDirectory, lock
        case size, read, write, synchronize, truncate, allocate
    }

    /// Which call.
    public var kind: Kind
    /// What it is made on.
    public var path: String

    /// Creates a call.
    public init(_ kind: Kind, of path: String) {
        self.kind = kind
        self.path = path
    }
}
