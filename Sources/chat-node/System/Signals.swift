import ChatOptions
import Storage

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// What the system tells the process.
enum Signals {
    /// A signal that is waited for.
    enum Caught: Equatable {
        /// SIGTERM or SIGINT.
        case stop
        /// SIGHUP: the terminal went away, or somebody wants the configuration read again.
        case hangUp
    }

    /// Blocks what is waited for, in this thread and those it makes, and ignores what would end
    /// the process for a lost reader or a full disk.
    ///
    /// A signal that the process was started with ignored is neither blocked nor waited for.
    static func prepare() {
        signal(SIGPIPE, SIG_IGN)
        signal(SIGXFSZ, SIG_IGN)
        var set = awaited
        unsafe pthread_sigmask(SIG_BLOCK, &set, nil)
    }

    /// Calls back at SIGTERM or SIGINT; a second one ends the process at once.
    ///
    /// - Parameters:
    ///   - onHangUp: What to do at each SIGHUP; by default it is one that stops.
    ///   - body: What to do when the process is to stop.
    static func onStop(
        onHangUp: (@Sendable () -> Void)? = nil,
        _ body: @escaping @Sendable () -> Void
    ) {
        _ = spawnThread {
            waitForStop(onHangUp: onHangUp)
            body()
            waitForStop(onHangUp: onHangUp)
            _exit(130)
        }
    }

    /// Waits for SIGTERM or SIGINT, and for SIGHUP if nothing else is to be done at it.
    static func waitForStop(onHangUp: (() -> Void)? = nil) {
        while true {
            guard next() == .hangUp, let onHangUp else { return }
            onHangUp()
        }
    }

    private static func next() -> Caught {
        var set = awaited
        var caught: Int32 = 0
        while unsafe sigwait(&set, &caught) != 0 {}
        return caught == SIGHUP ? .hangUp : .stop
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

    /// The signals that are waited for: those that nobody wanted ignored at the start.
    private static var awaited: sigset_t {
        var set = sigset_t()
        unsafe sigemptyset(&set)
        for signal in [SIGTERM, SIGINT, SIGHUP] where !SignalActions.isIgnored(signal) {
            unsafe sigaddset(&set, signal)
        }
        return set
    }
}
