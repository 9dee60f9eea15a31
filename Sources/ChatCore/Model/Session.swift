/// One device of one account, logged in.
///
/// It ends by logout, by being revoked, or when it was idle for ``Limits/sessionIdleMilliseconds``
/// of log time. Only what goes through the log counts as use, so that all nodes agree.
public struct Session: Hashable, Sendable {
    /// Its id.
    public let id: SessionID
    /// Whose it is.
    public let account: AccountID
    /// What the device calls itself; may be empty.
    public let device: String
    /// The hash of its token.
    public var token: TokenHash
    /// When it was made.
    public let created: LogTime
    /// When it was last used, within ``Limits/lastSeenStepMilliseconds``.
    public var lastSeen: LogTime

    /// Creates a session.
    package init(
        id: SessionID,
        account: AccountID,
        device: String,
        token: TokenHash,
        created: LogTime,
        lastSeen: LogTime
    ) {
        self.id = id
        self.account = account
        self.device = device
        self.token = token
        self.created = created
        self.lastSeen = lastSeen
    }

    /// Whether it has been idle for too long.
    public func isExpired(at now: LogTime) -> Bool {
        lastSeen.isOlder(than: Limits.sessionIdleMilliseconds, at: now)
    }
}
