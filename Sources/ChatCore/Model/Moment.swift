/// A time of the log in milliseconds since 1970; it never falls from entry to entry.
public struct LogTime: Hashable, Comparable, Sendable {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    public var milliseconds: Int64

    /// Creates a time.
    public init(milliseconds: Int64) { self.milliseconds = milliseconds }

    /// Orders by time.
    public static func < (left: LogTime, right: LogTime) -> Bool {
        left.milliseconds < right.milliseconds
    }

    /// Whether at least `milliseconds` lie between this and a later time.
    func isOlder(than milliseconds: Int64, at now: LogTime) -> Bool {
        let (age, overflows) = now.milliseconds.subtractingReportingOverflow(self.milliseconds)
        return overflows ? now > self : age >= milliseconds
    }
}

/// Where in the log an operation stands; all that `apply` may know of the world.
public struct Moment: Hashable, Sendable {
    /// The entry's index, 1 for the first.
    public var entry: UInt64
    /// The entry's time, the only clock there is.
    public var time: LogTime

    /// Creates a moment.
    public init(entry: UInt64, time: LogTime) {
        self.entry = entry
        self.time = time
    }
}
