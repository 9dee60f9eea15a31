#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// The file system of this machine.
///
/// Where the process has a limit on the length of files (`ulimit -f`), ignore `SIGXFSZ`: a write
/// beyond it then fails with ``FileError/SpaceLimit/fileSize`` instead of ending the process. A
/// library installs no signal handlers.
public struct DiskFileSystem: FileSystem {
    /// Creates the file system.
    public init() {}

    /// Makes one directory (mode 0700).
    public func createDirectory(_ path: String) throws(FileError) {
        guard unsafe mkdir(path, 0o700) == 0 else { throw .last("mkdir", path) }
    }

    /// Whether a file or a directory has this name.
    public func exists(_ path: String) throws(FileError) -> Bool {
        var status = stat()
        if unsafe stat(path, &status) == 0 { return true }
        guard errno == ENOENT else { throw .last("stat", path) }
        return false
    }

    /// The names in a directory, sorted.
    public func list(_ directory: String) throws(FileError) -> [String] {
        guard let stream = unsafe opendir(directory) else { throw .last("opendir", directory) }
        defer { unsafe closedir(stream) }
        var names: [String] = []
        errno = 0
        while let entry = unsafe readdir(stream) {
            // Sound: d_name is a C string within the entry, valid until the next readdir.
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) {
                    unsafe String(cString: $0)
                }
            }
            if name != ".", name != ".." { names.append(name) }
            errno = 0
        }
        guard errno == 0 else { throw .last("readdir", directory) }
        return names.sorted()
    }

    /// Makes a file (mode 0600) that does not exist yet.
    public func create(_ path: String) throws(FileError) -> any File {
        DiskFile(try Self.open(path, O_RDWR | O_CREAT | O_EXCL), path)
    }

    /// Opens a file that exists.
    public func open(_ path: String) throws(FileError) -> any File {
        DiskFile(try Self.open(path, O_RDWR), path)
    }

    /// Opens a file that exists for reading alone.
    public func openForReading(_ path: String) throws(FileError) -> any File {
        DiskFile(try Self.open(path, O_RDONLY), path)
    }

    /// Gives a file another name, replacing what had it.
    public func rename(_ path: String, to other: String) throws(FileError) {
        #if canImport(Darwin)
        let code = unsafe Darwin.rename(path, other)
        #else
        let code = unsafe Glibc.rename(path, other)
        #endif
        guard code == 0 else { throw .last("rename", path) }
    }

    /// Removes a file.
    public func remove(_ path: String) throws(FileError) {
        guard unsafe unlink(path) == 0 else { throw .last("unlink", path) }
    }

    /// Returns once the names in a directory are on the disk.
    public func syncDirectory(_ path: String) throws(FileError) {
        let descriptor = try Self.open(path, O_RDONLY | O_DIRECTORY)
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw .last("fsync", path) }
    }

    /// Takes the lock of a directory with `flock` on the directory's own descriptor.
    public func lock(_ directory: String) throws(FileError) -> any FileLock {
        try DiskLock(directory)
    }

    static func open(_ path: String, _ flags: CInt) throws(FileError) -> CInt {
        while true {
            #if canImport(Darwin)
            let descriptor = unsafe Darwin.open(path, flags | O_CLOEXEC, 0o600)
            #else
            let descriptor = unsafe Glibc.open(path, flags | O_CLOEXEC, 0o600)
            #endif
            if descriptor >= 0 { return descriptor }
            guard errno == EINTR else { throw .last("open", path) }
        }
    }
}

extension FileError {
    /// The error that `errno` tells of.
    static func last(_ call: String, _ path: String, code: CInt = errno) -> FileError {
        let reason: Reason
        switch code {
        case ENOENT: reason = .notFound
        case EEXIST: reason = .alreadyExists
        case ENOSPC: reason = .noSpace(.disk)
        case EDQUOT: reason = .noSpace(.quota)
        case EFBIG: reason = .noSpace(.fileSize)
        case EMFILE, ENFILE: reason = .noSpace(.descriptors)
        default:
            // Sound: the answer is a C string that lives until this thread's next strerror.
            let message = unsafe strerror(code).map { unsafe String(cString: $0) }
            reason = .system(code: code, text: message ?? "unknown error")
        }
        return FileError(reason, call: call, path: path)
    }
}
