#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// What the system says in a file of /proc or /sys, or nil if there is no such file.
///
/// Its length is not known before. What stands behind `maximumBytes` is left out.
package func readSystemFile(_ path: String, maximumBytes: Int = 1 << 16) -> String? {
    // Sound: the path is a C string for the time of the call.
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: maximumBytes)
    var count = 0
    while count < maximumBytes {
        let taken = unsafe bytes.withUnsafeMutableBytes { buffer in
            // Sound: the rest of the array, which stays where it is for the time of the call.
            unsafe read(
                descriptor,
                buffer.baseAddress.map { unsafe $0 + count },
                buffer.count - count
            )
        }
        if taken < 0, errno == EINTR { continue }
        guard taken > 0 else { break }
        count += taken
    }
    return String(decoding: bytes[..<count], as: UTF8.self)
}
