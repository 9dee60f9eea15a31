import Glibc
import Storage
import Testing

/// A directory of a test's own, gone with it.
final class ReplicaDirectory: Sendable {
    let path: String

    init() throws {
        var template = Array("/tmp/swift-chat-XXXXXX".utf8CString)
        let made = unsafe mkdtemp(&template) != nil
        try #require(made)
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit { Self.remove(path) }

    /// Removes a directory and what is in it, as far as that goes.
    private static func remove(_ path: String) {
        let disk = DiskFileSystem()
        for name in (try? disk.list(path)) ?? [] {
            let inner = path + "/" + name
            if (try? disk.remove(inner)) == nil { remove(inner) }
        }
        unsafe rmdir(path)
    }
}
