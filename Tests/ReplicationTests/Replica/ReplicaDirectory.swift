import Glibc
import Storage
import TestSupport
import Testing

/// A directory of a test's own, gone with it.
final class ReplicaDirectory: Sendable {
    let path: String
    private let ports = Lock([ReservedPort]())

    init() throws {
        var template = Array("/tmp/swift-chat-XXXXXX".utf8CString)
        let made = unsafe mkdtemp(&template) != nil
        try #require(made)
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit { Self.remove(path) }

    /// An address that is nobody else's for as long as the directory lives.
    func address() throws -> String {
        let port = try ReservedPort()
        ports.withLock { $0.append(port) }
        return port.address
    }

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
