/// Where a library says what an operator may want to know; silent unless given something to do.
///
/// The levels are those of swift-log, so a closure of a few lines joins the two. No message holds
/// users' text or a secret.
public struct LogSink: Sendable {
    private let level: LogLevel
    private let body: (@Sendable (LogLevel, String) -> Void)?

    /// Hands each message of `level` and above to `body`, on a thread that does nothing else.
    ///
    /// It may block, and holds nobody up. Lines that come while too many wait are dropped, and
    /// counted.
    public init(
        from level: LogLevel = .info,
        _ body: @escaping @Sendable (LogLevel, String) -> Void
    ) {
        self.level = level
        self.body = body
    }

    private init() {
        level = .critical
        body = nil
    }

    /// Says nothing.
    public static let silent = LogSink()

    /// Whether anybody listens at all.
    var isSilent: Bool { body == nil }

    /// Says a message.
    package func log(_ level: LogLevel, _ message: @autoclosure () -> String) {
        guard let body, level >= self.level else { return }
        body(level, message())
    }

    /// The same, but for what is done with a message.
    func passing(to body: @escaping @Sendable (LogLevel, String) -> Void) -> LogSink {
        isSilent ? self : LogSink(from: level, body)
    }
}
