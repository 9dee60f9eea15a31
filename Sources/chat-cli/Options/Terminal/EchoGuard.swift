internal import Glibc
internal import Synchronization

/// The last signal that wanted to end the process while a guard lasted; 0 if none.
private let interruption = Atomic<Int32>(0)

/// A terminal that shows nothing of what is typed, until the guard goes out of scope.
///
/// While it lasts, signals that would end the process are only noted, whichever thread they reach, so
/// that none can leave the terminal without echo. Blocking them would not do: a thread that knows
/// nothing of this would still take them. At most one guard at a time.
struct EchoGuard: ~Copyable {
    private static let signals = [SIGINT, SIGTERM, SIGHUP, SIGQUIT]

    private let descriptor: Int32
    private let before: termios
    private let actionsBefore: [(signal: Int32, action: sigaction)]

    /// Switches the echo off.
    ///
    /// Typed lines that were not read yet are dropped: they were shown.
    init(_ descriptor: Int32) throws(SystemCalls.Failure) {
        var settings = termios()
        guard unsafe tcgetattr(descriptor, &settings) == 0 else {
            throw SystemCalls.Failure(code: errno)
        }
        self.descriptor = descriptor
        before = settings
        // Also initializes the variable, which a handler could not do safely.
        interruption.store(0, ordering: .relaxed)
        // A signal that the process was told to ignore stays ignored.
        var actions = Self.signals.filter { !SignalActions.isIgnored($0) }.map { signal in
            (
                signal,
                Self.replaceAction(of: signal) { interruption.store($0, ordering: .relaxed) }
            )
        }
        // A stopped job would leave the shell without echo.
        actions.append((SIGTSTP, Self.replaceAction(of: SIGTSTP, by: SIG_IGN)))
        actionsBefore = actions
        settings.c_lflag &= ~tcflag_t(ECHO)
        // The user's return still moves to the next line.
        settings.c_lflag |= tcflag_t(ICANON | ECHONL)
        _ = unsafe tcsetattr(descriptor, TCSAFLUSH, &settings)
    }

    /// Whether a signal came that wants to end the process.
    var isInterrupted: Bool { interruption.load(ordering: .relaxed) != 0 }

    /// Restores the terminal, then lets the signal do what it would have done: the process may end
    /// here.
    deinit {
        var settings = before
        _ = unsafe tcsetattr(descriptor, TCSANOW, &settings)
        for (signal, action) in actionsBefore {
            var action = action
            _ = unsafe sigaction(signal, &action, nil)
        }
        let signal = interruption.load(ordering: .relaxed)
        if signal != 0 { kill(getpid(), signal) }
    }

    private static func replaceAction(
        of signal: Int32,
        by handler: @escaping @convention(c) (Int32) -> Void
    ) -> sigaction {
        var action = sigaction()
        unsafe action.__sigaction_handler.sa_handler = handler
        var before = sigaction()
        _ = unsafe sigaction(signal, &action, &before)
        return before
    }
}
