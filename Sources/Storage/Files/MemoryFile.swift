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
        try call(.size) { (_, file) throws(FileError) in file.cached.count }
    }

    func read(at offset: Int, count: Int) throws(FileError) -> [UInt8] {
        try call(.read) { (_, file) throws(FileError) in
            let start = min(max(0, offset), file.cached.count)
            return Array(file.cached[start..<start + min(max(0, count), file.cached.count - start)])
        }
    }

    func write(_ bytes: [UInt8], at offset: Int) throws(FileError) {
        try call(.write) { (disk, file) throws(FileError) in
            // The half of a write that a crash lets through.
            let part = disk.isCrashing ? bytes.prefix(bytes.count / 2) : bytes[...]
            file.write(part, at: offset)
        }
    }

    func synchronize() throws(FileError) {
        try call(.synchronize) { (disk, file) throws(FileError) in
            if let suffix = disk.failingSync, path.hasSuffix(suffix) {
                disk.failingSync = nil
                file.dropDirt()
                throw FileError(
                    .system(code: 5, text: "input/output error"),
                    call: "fdatasync",
                    path: path
                )
            }
            file.synchronize()
        }
    }

    func truncate(to size: Int) throws(FileError) {
        try call(.truncate) { (_, file) throws(FileError) in file.truncate(to: size) }
    }

    func close() { isOpen = false }

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
    private let boot: Int

    init(_ system: MemoryFileSystem, _ path: String, boot: Int) {
        self.system = system
        self.path = path
        self.boot = boot
    }

    func release() {
        system.withDisk { if $0.boot == boot { $0.locks.remove(path) } }
    }

    deinit { release() }
}
