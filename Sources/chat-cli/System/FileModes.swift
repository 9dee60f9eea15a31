import ChatOptions

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// Who may do what with a file.
enum FileModes {
    /// Refuses what others than its owner may read or change, or what is another user's.
    static func checkPrivate(_ path: String, remedy: String) throws {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else {
            throw Failure(.inputOutput, code: "file_failed", "stat \(path) failed (\(errno))")
        }
        guard status.st_uid == geteuid() else {
            throw Failure(
                .configuration,
                code: "profile_exposed",
                "\(path) belongs to another user; a session is not kept there"
            )
        }
        guard status.st_mode & 0o077 == 0 else {
            let mode = String(status.st_mode & 0o777, radix: 8)
            throw Failure(
                .configuration,
                code: "profile_exposed",
                "\(path) is open to others (mode \(mode)), and a session is a secret: \(remedy)"
            )
        }
    }
}
