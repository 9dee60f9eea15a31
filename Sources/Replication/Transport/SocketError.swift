#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// What the system refused, and why.
package struct SocketError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The call or the step that failed, such as `connect`.
    package var operation: String
    /// The system's number, or 0 if the reason is in ``operation`` alone.
    package var code: Int32

    /// Creates an error.
    package init(_ operation: String, code: Int32 = 0) {
        self.operation = operation
        self.code = code
    }

    /// The error of the call that just failed.
    static func last(_ operation: String) -> SocketError {
        SocketError(operation, code: errno)
    }

    /// Whether this machine has no such address, or no such kind of addresses.
    var isNotOfThisMachine: Bool { code == EADDRNOTAVAIL || code == EAFNOSUPPORT }

    /// What failed and why, as a clause.
    package var description: String {
        guard code != 0 else { return operation }
        var text = [CChar](repeating: 0, count: 128)
        // `strerror_r` is the one of XPG here: it fills the buffer and ends it with a zero.
        _ = unsafe strerror_r(code, &text, text.count)
        let bytes = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        return "\(operation): \(String(decoding: bytes, as: UTF8.self))"
    }
}
