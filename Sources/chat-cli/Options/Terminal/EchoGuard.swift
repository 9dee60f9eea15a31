internal import Glibc

/// A terminal that shows nothing of what is typed, until it is restored.
///
/// While it lasts, the signals that would end or stop the process wait, so that none can leave the
/// terminal without echo. They reach the process when the guard is restored.
struct EchoGuard: ~Copyable {
    private let descriptor: Int32
    private let before: termios
    private let signalsBefore: sigset_t

    /// Switches the echo off.
    ///
    /// Typed lines that were not read yet are dropped: they were shown.
    init(_ descriptor: Int32) throws(SystemCalls.Failure) {
        var signals = Self.set(of: [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP])
        var previous = sigset_t()
        _ = unsafe pthread_sigmask(SIG_BLOCK, &signals, &previous)
        var settings = termios()
        guard unsafe tcgetattr(descriptor, &settings) == 0 else {
            let code = errno
            _ = unsafe pthread_sigmask(SIG_SETMASK, &previous, nil)
            throw SystemCalls.Failure(code: code)
        }
        self.descriptor = descriptor
        before = settings
        signalsBefore = previous
        settings.c_lflag &= ~tcflag_t(ECHO)
        // The user's return still moves to the next line.
        settings.c_lflag |= tcflag_t(ICANON | ECHONL)
        _ = unsafe tcsetattr(descriptor, TCSAFLUSH, &settings)
    }

    /// Whether a signal waits that is going to end the process.
    var isInterrupted: Bool {
        var pending = sigset_t()
        _ = unsafe sigpending(&pending)
        for signal in [SIGINT, SIGTERM, SIGHUP, SIGQUIT] {
            if unsafe sigismember(&pending, signal) == 1 { return true }
        }
        return false
    }

    /// Restores the terminal first, then lets the signals in: the process may end here.
    deinit {
        var settings = before
        var signals = signalsBefore
        _ = unsafe tcsetattr(descriptor, TCSANOW, &settings)
        _ = unsafe pthread_sigmask(SIG_SETMASK, &signals, nil)
    }

    private static func set(of signals: [Int32]) -> sigset_t {
        var set = sigset_t()
        _ = unsafe sigemptyset(&set)
        for signal in signals { _ = unsafe sigaddset(&set, signal) }
        return set
    }
}
