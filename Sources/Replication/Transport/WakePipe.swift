#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// A pipe to oneself that ends another thread's `poll`.
struct WakePipe: ~Copyable {
    private let source: Int32
    private let sink: Int32

    /// Makes the pipe.
    init() throws(SocketError) {
        var ends: [Int32] = [-1, -1]
        guard unsafe pipe(&ends) == 0 else { throw .last("pipe") }
        for end in ends {
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
        }
        (source, sink) = (ends[0], ends[1])
    }

    /// The end to watch.
    var descriptor: Int32 { source }

    /// Makes the watched end readable; a full pipe is readable already.
    borrowing func signal() {
        var byte: UInt8 = 1
        _ = unsafe write(sink, &byte, 1)
    }

    /// Forgets the signals so far.
    borrowing func drain() {
        var bytes: UInt64 = 0
        while unsafe read(source, &bytes, MemoryLayout<UInt64>.size)
            == MemoryLayout<UInt64>.size
        {}
    }

    deinit {
        _ = close(source)
        _ = close(sink)
    }
}
