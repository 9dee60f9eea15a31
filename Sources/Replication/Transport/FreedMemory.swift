#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// What becomes of memory that this process has freed.
package enum FreedMemory {
    /// Has large blocks go back to the system as soon as they are freed.
    ///
    /// The C library of Linux else raises the size from which it does so to that of the largest
    /// block freed so far: after many large requests at once, their memory stays with the process.
    package static func goesBackAtOnce() {
        #if !canImport(Darwin)
        _ = mallopt(M_MMAP_THRESHOLD, 128 << 10)
        _ = mallopt(M_TRIM_THRESHOLD, 1 << 20)
        #endif
    }
}
