/// Where a library says what an operator may want to know; silent unless given something to do.
///
/// The levels are those of swift-log, so a closure of a few lines joins the two. No message holds
/// users' text or a secret.
public struct LogSink: Sendable {
    private let body: (@Sendable (LogLevel, String) -> Void)?

    /// Hands each message of `level` and above to `body`, on any thread.
    public init(
        from level: LogLevel = .info,
        _ body: @escaping @Sendable (LogLevel, String) -> Void
    ) {
        self.body = { if $0 >= level { body($0, $1) } }
    }

    private init() { body = nil }

    /// Says nothing.
    public static let silent = LogSink()

    /// Says a message.
    package func log(_ level: LogLevel, _ message: @autoclosure () -> String) {
        body?(level, message())
    }
}
