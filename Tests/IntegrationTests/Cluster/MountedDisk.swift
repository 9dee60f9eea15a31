import Glibc
import Storage
import Testing

/// A file system of a few MiB in memory, mounted over a directory, what was in it moved along; for
/// root alone.
final class MountedDisk {
    /// Why the tests that need one are skipped.
    static let need: Comment = "mounts a tmpfs: needs root with CAP_SYS_ADMIN"
    /// Whether this process may mount one.
    static let isAllowed: Bool = {
        var template = Array("/tmp/chat-mount-XXXXXX".utf8CString)
        guard unsafe mkdtemp(&template) != nil else { return false }
        let path = String(
            decoding: template.dropLast().map { UInt8(bitPattern: $0) },
            as: UTF8.self
        )
        defer { unsafe rmdir(path) }
        do {
            _ = try MountedDisk(over: path, mebibytes: 1)
            return true
        } catch { return false }
    }()

    private let path: String

    init(over path: String, mebibytes: Int) throws {
        self.path = path
        let disk = DiskFileSystem()
        let contents = try disk.list(path).map { name in
            let file = try disk.open("\(path)/\(name)")
            return (name, try file.read(at: 0, count: try file.size()))
        }
        guard unsafe mount("tmpfs", path, "tmpfs", 0, "size=\(mebibytes)m,mode=700") == 0 else {
            throw NotInTime(description: "mount \(path): \(errno)")
        }
        for (name, bytes) in contents {
            let file = try disk.create("\(path)/\(name)")
            try file.write(bytes, at: 0)
            file.close()
        }
    }

    /// Makes it read-only.
    func protect() throws {
        let flags = UInt(MS_REMOUNT) | UInt(MS_RDONLY)
        guard unsafe mount("tmpfs", path, "tmpfs", flags, nil) == 0 else {
            throw NotInTime(description: "protect \(path): \(errno)")
        }
    }

    /// Takes all space that is left.
    func fill() throws {
        let file = try DiskFileSystem().create("\(path)/ballast")
        defer { file.close() }
        var size = 1 << 30
        while size >= 4_096 {
            let held = try file.size()
            do throws(FileError) {
                try file.allocate(held + size)
            } catch {
                try file.truncate(to: held)
                size /= 2
            }
        }
    }

    /// Gives it back.
    func makeRoom() throws { try DiskFileSystem().remove("\(path)/ballast") }

    deinit {
        // Lazily: a process of a failed test may still have files open.
        unsafe umount2(path, CInt(MNT_DETACH))
    }
}
