/// How important a log message is; the levels of swift-log.
public enum LogLevel: String, Hashable, Sendable, CaseIterable, Comparable {
    /// Every step.
    case trace
    /// For developers.
    case debug
    /// For operators, normal.
    case info
    /// Normal but worth a look.
    case notice
    /// May need a hand.
    case warning
    /// Something failed.
    case error
    /// The node cannot go on.
    case critical

    /// Orders by severity.
    public static func < (left: LogLevel, right: LogLevel) -> Bool {
        left.severity < right.severity
    }

    private var severity: Int {
        switch self {
        case .trace: 0
        case .debug: 1
        case .info: 2
        case .notice: 3
        case .warning: 4
        case .error: 5
        case .critical: 6
        }
    }
}
