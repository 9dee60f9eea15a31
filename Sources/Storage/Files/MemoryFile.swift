/// A handle to a file of a ``MemoryFileSystem``; dead after a crash.
final class MemoryFile: File {
    private let system: MemoryFileSystem
    private let path: String
    private let node: Int
    private let boot: Int
    private var isOpen = true

    init(_ system: MemoryFileSystem, _ path: String, node: Int, boot: Int) {
        self.system = system
        self.path = path
        self.node = node
        self.boot = boot
    }

    func size() throws(FileError) -> Int {
        try call(.size) { (_, file) throws(FileError) in file.size }
    }

    func read(at offset: Int, count: Int) throws(FileError) -> [UInt8] {
        try call(.read) { (disk, file) throws(FileError) in
            let start = min(max(0, offset), file.cached.count)
            let end = start + min(max(0, count), file.cached.count - start)
            if file.unreadable?.overlaps(start..<end) == true {
                throw FileError(.inputOutput, call: "read", path: path)
            }
            var bytes = Array(file.cached[start..<end])
            disk.misreads.removeAll { flip in
                guard path.hasSuffix(flip.suffix), (start..<end).contains(flip.bit / 8) else {
                    return false
                }
                bytes[flip.bit / 8 - start] ^= UInt8(1) << UInt8(flip.bit % 8)
                disk.misread += 1
                return true
            }
            return bytes
        }
    }

    func write(_ bytes: [UInt8], at offset: Int) throws(FileError) {
        try call(.write) { (disk, file) throws(FileError) in
            // The half of a write that a crash or a failure lets through.
            let isHalf = disk.isCrashing || disk.failing != nil
            let part = isHalf ? bytes.prefix(bytes.count / 2) : bytes[...]
            let missing = missing(offset + part.count, disk, file)
            file.write(part.dropLast(missing), at: offset)
            guard missing > 0 else { return }
            // A disk that runs full writes out what it holds, to find space: this may be there
            // after a power loss, though no sync was tried.
            file.synchronize()
            disk.synchronizeNames()
            throw noSpace(disk, "write")
        }
    }

    func allocate(_ size: Int) throws(FileError) {
        try call(.allocate) { (disk, file) throws(FileError) in
            let missing = missing(size, disk, file)
            file.allocate(size - missing)
            if missing > 0 { throw noSpace(disk, "allocate") }
        }
    }

    func synchronize() throws(FileError) {
        try call(.synchronize) { (disk, file) throws(FileError) in
            if disk.failing == nil { file.synchronize() } else { file.dropDirt() }
        }
    }

    func truncate(to size: Int) throws(FileError) {
        try call(.truncate) { (_, file) throws(FileError) in file.truncate(to: size) }
    }

    func close() { isOpen = false }

    /// How much of a file that is to end at `end` does not fit onto the disk.
    private func missing(_ end: Int, _ disk: MemoryDisk, _ file: MemoryDisk.FileData) -> Int {
        guard let capacity = disk.capacity, end > file.size else { return 0 }
        let room = max(0, capacity.bytes - disk.usedBytes(besides: node) - file.size)
        return max(0, end - file.size - room)
    }

    private func noSpace(_ disk: MemoryDisk, _ call: String) -> FileError {
        FileError(.noSpace(disk.capacity?.limit ?? .disk), call: call, path: path)
    }

    private func call<Result: Sendable>(
        _ kind: FileCall.Kind,
        _ body: (inout MemoryDisk, inout MemoryDisk.FileData) throws(FileError) -> Result
    ) throws(FileError) -> Result {
        try system.call(kind, path) { (disk) throws(FileError) in
            guard isOpen, boot == disk.boot, var file = disk.files.removeValue(forKey: node) else {
                throw FileError(.crashed, call: kind.rawValue, path: path)
            }
            defer { disk.files[node] = file }
            return try body(&disk, &file)
        }
    }
}

/// A lock of a ``MemoryFileSystem``.
final class MemoryLock: FileLock {
    private let system: MemoryFileSystem
    private let path: String
    private let node: Int
    private let boot: Int

    init(_ system: MemoryFileSystem, _ path: String, node: Int, boot: Int) {
        self.system = system
        self.path = path
        self.node = node
        self.boot = boot
    }

    /// Past the faults and the count of calls: it changes nothing.
    func check() throws(FileError) {
        let isOurs = system.withDisk { $0.isCrashed || $0.node(at: path) == node }
        guard isOurs else { throw FileError(.isReplaced, call: "stat", path: path) }
    }

    func release() {
        system.withDisk { if $0.boot == boot { $0.locks.remove(node) } }
    }

    deinit { release() }
}
