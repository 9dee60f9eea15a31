import ChatOptions
import Storage
import Synchronization

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// The writing end of the pipe that tells of a signal; -1 before there is one.
private let signalPipe = Atomic<Int32>(-1)

/// Makes Ctrl-C a cancellation, so that a request that is under way can still tell its key.
enum Interrupts {
    /// How long a command may take to end; one that waits for input never notices.
    private static let graceMilliseconds: Int32 = 300

    /// Runs the body; its task is cancelled at SIGINT, and the code is then 130.
    static func run(_ body: @escaping @Sendable () async -> ExitCode) async -> ExitCode {
        let task = Task { await body() }
        let wasInterrupted = Lock(false)
        watch {
            wasInterrupted.withLock { $0 = true }
            task.cancel()
        }
        let code = await task.value
        return wasInterrupted.withLock { $0 } ? .interrupted : code
    }

    private static func watch(_ onInterrupt: @escaping @Sendable () -> Void) {
        // Whoever starts a program in the background may want Ctrl-C to leave it alone.
        guard !SignalActions.isIgnored(SIGINT) else { return }
        var ends: [Int32] = [-1, -1]
        guard unsafe pipe(&ends) == 0 else { return }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let reading = ends[0]
        signalPipe.store(ends[1], ordering: .sequentiallyConsistent)
        // A handler, and not a thread that waits for the signal: a password prompt has to be able
        // to put its own in the place.
        signal(SIGINT) { _ in
            var byte: UInt8 = 0
            _ = unsafe write(signalPipe.load(ordering: .relaxed), &byte, 1)
        }
        _ = spawnThread {
            waitForByte(reading, milliseconds: -1)
            onInterrupt()
            waitForByte(reading, milliseconds: graceMilliseconds)
            _exit(ExitCode.interrupted.rawValue)
        }
    }

    private static func waitForByte(_ descriptor: Int32, milliseconds: Int32) {
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        while unsafe poll(&entry, 1, milliseconds) < 0, errno == EINTR {}
        var byte: UInt8 = 0
        if entry.revents != 0 { _ = unsafe read(descriptor, &byte, 1) }
    }
}
