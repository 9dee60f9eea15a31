#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// A descriptor of a file.
final class DiskFile: File {
    private var descriptor: CInt
    private let path: String

    init(_ descriptor: CInt, _ path: String) {
        self.descriptor = descriptor
        self.path = path
    }

    func size() throws(FileError) -> Int {
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { throw .last("fstat", path) }
        return Int(status.st_size)
    }

    func read(at offset: Int, count: Int) throws(FileError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: max(0, count))
        let done = try Transfer.run(bytes.count, "read", path) { done in
            // Sound: the pointer stays within the array: `done` is below its count.
            unsafe bytes.withUnsafeMutableBytes { buffer in
                let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
                return unsafe pread(descriptor, rest.baseAddress, rest.count, off_t(offset + done))
            }
        }
        bytes.removeLast(bytes.count - done)
        return bytes
    }

    func write(_ bytes: [UInt8], at offset: Int) throws(FileError) {
        let done = try Transfer.run(bytes.count, "write", path) { done in
            // Sound: the pointer stays within the array: `done` is below its count.
            unsafe bytes.withUnsafeBytes { buffer in
                let rest = unsafe UnsafeRawBufferPointer(rebasing: buffer[done...])
                return unsafe pwrite(descriptor, rest.baseAddress, rest.count, off_t(offset + done))
            }
        }
        guard done == bytes.count else { throw .last("write", path, code: EIO) }
    }

    #if !canImport(Darwin)
    func allocate(_ size: Int) throws(FileError) {
        while true {
            // It gives the code back, and leaves errno alone.
            let code = posix_fallocate(descriptor, 0, off_t(size))
            switch code {
            case 0: return
            case EINTR: continue
            case EOPNOTSUPP, EINVAL, ENOSYS: return try writeZeros(size)
            default: throw .last("posix_fallocate", path, code: code)
            }
        }
    }
    #endif

    func synchronize() throws(FileError) {
        #if canImport(Darwin)
        // fsync on Darwin does not reach the platter.
        let code = unsafe fcntl(descriptor, F_FULLFSYNC)
        #else
        let code = fdatasync(descriptor)
        #endif
        // EINTR too is a failure: the kernel may have dropped dirty pages (fsyncgate).
        guard code == 0 else { throw .last("fdatasync", path) }
    }

    func truncate(to size: Int) throws(FileError) {
        while ftruncate(descriptor, off_t(size)) != 0 {
            guard errno == EINTR else { throw .last("ftruncate", path) }
        }
    }

    func close() {
        guard descriptor >= 0 else { return }
        #if canImport(Darwin)
        _ = Darwin.close(descriptor)
        #else
        _ = Glibc.close(descriptor)
        #endif
        descriptor = -1
    }

    deinit { close() }
}
