#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// A port that the system chose, kept from everybody but a server that is told of it.
///
/// The socket is bound and never listens. The system then gives the port to nobody else, neither
/// for listening on port 0 nor for connections, while the server is down; and the server can listen
/// there, because both sides allow the address to be used again.
package final class ReservedPort: Sendable {
    /// `127.0.0.1:` and the port.
    package let address: String
    private let descriptor: Int32

    package init() throws {
        let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        descriptor = socket(AF_INET, type, 0)
        var on: Int32 = 1
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(4))
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = descriptor
        let code = unsafe withUnsafeMutablePointer(to: &name) { pointer in
            // Sound: every socket address may be seen as its general form.
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { general in
                unsafe bind(descriptor, general, length) == 0
                    ? unsafe getsockname(descriptor, general, &length) : -1
            }
        }
        address = "127.0.0.1:\(UInt16(bigEndian: name.sin_port))"
        guard code == 0 else { throw NoPort(code: errno) }
    }

    deinit { _ = close(descriptor) }

    private struct NoPort: Error { var code: Int32 }
}
