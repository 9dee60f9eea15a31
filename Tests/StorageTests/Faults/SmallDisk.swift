#if os(Linux)
import Glibc
import Storage
import Testing

/// A file system of a few MiB in memory, mounted on a directory of its own; for root alone.
final class SmallDisk {
    /// Why the tests that need one are skipped.
    static let need: Comment = "mounts a tmpfs: needs root with CAP_SYS_ADMIN"
    /// Whether this process may mount one.
    static let isAllowed: Bool = {
        do {
            _ = try SmallDisk(bytes: 64 << 10)
            return true
        } catch { return false }
    }()

    let path: String
    private let bytes: Int

    init(bytes: Int) throws {
        self.bytes = bytes
        var template = Array("/tmp/swift-chat-disk-XXXXXX".utf8CString)
        let isMade = unsafe mkdtemp(&template) != nil
        try #require(isMade)
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let code = unsafe mount("tmpfs", path, "tmpfs", 0, "size=\(bytes)")
        if code != 0 {
            unsafe rmdir(path)
            throw FileError(.system(code: errno, text: "not permitted"), call: "mount", path: path)
        }
    }

    /// Lets nobody write any more, or again.
    func setReadOnly(_ isReadOnly: Bool) throws {
        let flags = UInt(MS_REMOUNT) | (isReadOnly ? UInt(MS_RDONLY) : 0)
        let code = unsafe mount("tmpfs", path, "tmpfs", flags, "size=\(bytes)")
        try #require(code == 0)
    }

    deinit {
        // Lazily: a descriptor that a failed test left open must not keep it.
        unsafe umount2(path, CInt(MNT_DETACH))
        unsafe rmdir(path)
    }
}
#endif
