import Storage

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// What the system tells the process.
enum Signals {
    /// Blocks what is waited for, in this thread and those it makes, and ignores what would end
    /// the process for a lost reader or a full disk.
    static func prepare() {
        signal(SIGPIPE, SIG_IGN)
        signal(SIGXFSZ, SIG_IGN)
        var set = stops
        unsafe pthread_sigmask(SIG_BLOCK, &set, nil)
    }

    /// Calls back at SIGTERM or SIGINT; a second one ends the process at once.
    static func onStop(_ body: @escaping @Sendable () -> Void) {
        _ = spawnThread {
            waitForStop()
            body()
            waitForStop()
            _exit(130)
        }
    }

    /// Waits for SIGTERM or SIGINT.
    static func waitForStop() {
        var set = stops
        var caught: Int32 = 0
        while unsafe sigwait(&set, &caught) != 0 {}
    }

    /// Calls back when standard input ends.
    static func onInputEnd(_ body: @escaping @Sendable () -> Void) {
        _ = spawnThread {
            var byte: UInt8 = 0
            while true {
                let count = unsafe read(STDIN_FILENO, &byte, 1)
                if count == 0 || count < 0 && errno != EINTR { break }
            }
            body()
        }
    }

    private static var stops: sigset_t {
        var set = sigset_t()
        unsafe sigemptyset(&set)
        unsafe sigaddset(&set, SIGTERM)
        unsafe sigaddset(&set, SIGINT)
        return set
    }
}
