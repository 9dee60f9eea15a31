import Storage

/// Another file system as a user sees it who may not do all.
struct LimitedFileSystem: FileSystem {
    let disk: any FileSystem
    /// Directories that may be gone through, and not read.
    var unreadable: Set<String> = []
    /// Whether it is mounted read-only.
    var isReadOnly = false

    private func write(_ call: String, _ path: String) throws(FileError) {
        let reason = FileError.Reason.system(code: 30, text: "read-only file system")
        if isReadOnly { throw FileError(reason, call: call, path: path) }
    }

    func createDirectory(_ path: String) throws(FileError) {
        try write("mkdir", path)
        try disk.createDirectory(path)
    }
    func exists(_ path: String) throws(FileError) -> Bool { try disk.exists(path) }
    func list(_ directory: String) throws(FileError) -> [String] { try disk.list(directory) }
    func create(_ path: String) throws(FileError) -> any File {
        try write("open", path)
        return try disk.create(path)
    }
    func open(_ path: String) throws(FileError) -> any File {
        try write("open", path)
        return try disk.open(path)
    }
    func openForReading(_ path: String) throws(FileError) -> any File {
        try disk.openForReading(path)
    }
    func rename(_ path: String, to other: String) throws(FileError) {
        try write("rename", path)
        try disk.rename(path, to: other)
    }
    func remove(_ path: String) throws(FileError) {
        try write("unlink", path)
        try disk.remove(path)
    }
    func syncDirectory(_ path: String) throws(FileError) {
        guard !unreadable.contains(path) else {
            let reason = FileError.Reason.system(code: 13, text: "permission denied")
            throw FileError(reason, call: "open", path: path)
        }
        try disk.syncDirectory(path)
    }
    func lock(_ path: String) throws(FileError) -> any FileLock { try disk.lock(path) }
}
