/// What becomes of memory that this process has freed.
package enum FreedMemory {
    /// Has large blocks go back to the system as soon as they are freed.
    ///
    /// The C library of Linux else raises the size from which it does so to that of the largest
    /// block freed so far: after many large requests at once, their memory stays with the process.
    package static func goesBackAtOnce() {
        #if !canImport(Darwin)
        _ = setMallocOption(mmapThreshold, 128 << 10)
        _ = setMallocOption(trimThreshold, 1 << 20)
        #endif
    }
}

#if !canImport(Darwin)
/// `M_MMAP_THRESHOLD` of malloc.h.
private let mmapThreshold: CInt = -3
/// `M_TRIM_THRESHOLD` of malloc.h.
private let trimThreshold: CInt = -1

// Swift's Glibc lacks malloc.h. Two integers and a result are passed alike by Swift and by C.
@_silgen_name("mallopt")
private func setMallocOption(_ option: CInt, _ value: CInt) -> CInt
#endif
