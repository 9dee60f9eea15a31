/// The sizes that the chat allows; changing one changes what `apply` does on old entries.
public enum Limits {
    /// The largest text of a message, in bytes of UTF-8.
    public static let messageBytes = 8_192
    /// The largest display name or device name, in bytes of UTF-8.
    public static let labelBytes = 64
    /// The shortest password, in Unicode scalars; checked at admission.
    public static let passwordScalars = 8
    /// The longest password, in bytes of UTF-8: what crypt(3) takes for sure.
    public static let passwordBytes = 256
    /// The most messages that one request may name.
    public static let idsPerRequest = 256
    /// The most items on one page.
    public static let pageItems = 200
    /// About how many bytes one page of messages has as JSON; a message that is larger is alone.
    public static let pageBytes = 256 << 10
    /// The most hidden messages that one page passes over.
    public static let hiddenPerPage = 10_000
    /// The most names that one page of a wildcard looks at.
    public static let namesPerPage = 10_000
    /// How many messages one operation walks past at the most, to mark them as read or to find the
    /// oldest unread ones; it says then that there is more, and the next one goes on.
    public static let stepsPerOperation = 16_384
    /// The longest wildcard, in bytes.
    public static let patternBytes = 64
    /// The most sessions of an account; a login beyond it ends the one idle for longest.
    public static let sessionsPerAccount = 64
    /// How many tokens of earlier tries of its login open a session beside the newest.
    public static let earlierTokens = 3
    /// How many tokens of ended sessions are remembered, over all accounts.
    public static let endedTokens = 65_536
    /// How long a session lives without use: 30 days.
    public static let sessionIdleMilliseconds: Int64 = 30 * 24 * 3_600 * 1_000
    /// How exact a session's last use is: 1 minute, so that not every message rewrites it.
    public static let lastSeenStepMilliseconds: Int64 = 60 * 1_000
}
