#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// Reading and writing by calls that may do less than they were asked for.
package enum Transfer {
    /// Calls until all is done, or until a call does nothing.
    ///
    /// A signal ends a call early, or before it began (`EINTR`); a disk that gets full or a limit
    /// that is reached shortens a write: what is left is tried again, and tells why.
    ///
    /// - Parameters:
    ///   - count: The bytes to transfer.
    ///   - name: The call, for errors.
    ///   - path: The file, for errors.
    ///   - call: Given how many bytes are done, tries the rest; answers as `pread` and `pwrite` do.
    /// - Returns: The bytes that were transferred, fewer than `count` only if a call did nothing.
    /// - Throws: ``FileError`` of the first call that failed for another reason than a signal.
    package static func run(
        _ count: Int,
        _ name: String,
        _ path: String,
        _ call: (_ done: Int) -> Int
    ) throws(FileError) -> Int {
        var done = 0
        while done < count {
            let result = call(done)
            if result == 0 { break }
            if result > 0 {
                done += result
            } else if errno != EINTR {
                throw .last(name, path)
            }
        }
        return done
    }
}
