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
    /// The hash of its newest token.
    public private(set) var token: TokenHash
    /// Those of earlier tries of the login that made it, oldest first; they open it as well.
    ///
    /// Tries overtake each other, and which one's answer the client took is not known here.
    public private(set) var earlierTokens: [TokenHash]
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
        earlierTokens: [TokenHash] = [],
        created: LogTime,
        lastSeen: LogTime
    ) {
        self.id = id
        self.account = account
        self.device = device
        self.token = token
        self.earlierTokens = earlierTokens
        self.created = created
        self.lastSeen = lastSeen
    }

    /// All that open it, the newest last.
    var tokens: [TokenHash] { earlierTokens + [token] }

    /// Takes a token of another try of its login.
    ///
    /// - Returns: One that opens it no more, since there are too many.
    mutating func add(_ token: TokenHash) -> TokenHash? {
        earlierTokens.append(self.token)
        self.token = token
        return earlierTokens.count > Limits.earlierTokens ? earlierTokens.removeFirst() : nil
    }

    /// Whether it has been idle for too long.
    public func isExpired(at now: LogTime) -> Bool {
        lastSeen.isOlder(than: Limits.sessionIdleMilliseconds, at: now)
    }
}
