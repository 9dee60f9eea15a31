#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// Standard output without a buffer: what was printed outlives a kill.
enum Output {
    /// Prints a line that ends in `;`, since a kill may cut a line in two.
    static func print(_ line: String) { write(line + ";\n", to: STDOUT_FILENO) }

    /// Ends a line that another process may have left without an end.
    static func endLine() { write("\n", to: STDOUT_FILENO) }

    static func note(_ line: String) { write(line + "\n", to: STDERR_FILENO) }

    /// Ends the process.
    static func fail(_ line: String, code: Int32) -> Never {
        note("storage-load: \(line)")
        exit(code)
    }

    private static func write(_ text: String, to descriptor: Int32) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            // Sound: the pointer is that of the slice's bytes and lives for the call.
            let done = unsafe rest.withUnsafeBytes { bytes in
                #if canImport(Darwin)
                unsafe Darwin.write(descriptor, bytes.baseAddress, bytes.count)
                #else
                unsafe Glibc.write(descriptor, bytes.baseAddress, bytes.count)
                #endif
            }
            if done < 0, errno == EINTR { continue }
            // Nobody listens any more: nothing may be acknowledged to nobody.
            guard done > 0 else { exit(5) }
            rest.removeFirst(done)
        }
    }
}
