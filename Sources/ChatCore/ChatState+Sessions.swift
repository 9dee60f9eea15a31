internal import ReplicationCollections

extension ChatState {
    /// The session that a token opens, unless it has ended by the log's time.
    ///
    /// - Complexity: O(log *n*).
    public func session(token: TokenHash) -> Session? {
        tokens[token].flatMap { try? session($0) }
    }

    /// Whose a token is or was: of a session, or of one that ended not long ago.
    ///
    /// - Complexity: O(log *n*).
    public func owner(of token: TokenHash) -> AccountID? {
        tokens[token].flatMap { sessions[$0]?.account } ?? endedTokens[token]
    }

    /// A session that has not ended.
    ///
    /// - Throws: ``ChatError`` with `session_unknown`.
    public func session(_ id: SessionID) throws(ChatError) -> Session {
        guard let session = sessions[id], !session.isExpired(at: time) else {
            throw ChatError(.sessionUnknown)
        }
        return session
    }

    /// Counts a session as used; called when the operation can no longer be refused.
    mutating func touch(_ session: Session) {
        if session.lastSeen.isOlder(than: Limits.lastSeenStepMilliseconds, at: time) {
            var used = session
            used.lastSeen = time
            sessions[session.id] = used
        }
    }

    mutating func perform(_ login: Login) throws(ChatError) -> LoggedIn {
        let account = try checkedAccount(login)
        guard owner(of: login.token) == nil else { throw ChatError(.sessionUnknown) }
        makeRoom(for: account.id)
        let id = SessionID(entry: moment.entry)
        sessions[id] = Session(
            id: id,
            account: account.id,
            device: login.device,
            token: login.token,
            created: time,
            lastSeen: time
        )
        tokens[login.token] = id
        devices[Device(account: account.id, session: id)] = Present()
        return LoggedIn(session: id, account: account.id, name: account.name.text)
    }

    mutating func perform(_ rekey: Rekey) throws(ChatError) -> LoggedIn {
        let account = try checkedAccount(rekey.login)
        var session = try session(rekey.session)
        guard session.account == account.id else { throw ChatError(.sessionUnknown) }
        // The same try may come twice: its node sends it again to each new leader.
        if !session.tokens.contains(rekey.login.token) {
            guard owner(of: rekey.login.token) == nil else { throw ChatError(.sessionUnknown) }
            if let dropped = session.add(rekey.login.token) { tokens[dropped] = nil }
            tokens[rekey.login.token] = session.id
        }
        session.lastSeen = time
        sessions[session.id] = session
        return LoggedIn(session: session.id, account: account.id, name: account.name.text)
    }

    mutating func perform(_ logout: Logout) throws(ChatError) -> [SessionID] {
        let session = try session(logout.session)
        let ending = try endings(of: logout, for: session)
        touch(session)
        for id in ending { end(id) }
        return ending
    }

    /// The account of a login whose password has not changed since it was checked.
    private func checkedAccount(_ login: Login) throws(ChatError) -> Account {
        guard let account = account(named: login.name) else { throw ChatError(.credentialsWrong) }
        guard account.passwordVersion == login.passwordVersion else {
            throw ChatError(.passwordChanged)
        }
        try Label.check(login.device)
        return account
    }

    private func endings(
        of logout: Logout,
        for session: Session
    ) throws(ChatError) -> [SessionID] {
        switch logout.which {
        case .this: return [session.id]
        case .all: return sessions(of: session.account).map(\.id)
        case .others: return sessions(of: session.account).map(\.id).filter { $0 != session.id }
        case .one(let id):
            guard devices[Device(account: session.account, session: id)] != nil else {
                throw ChatError(.deviceUnknown, about: id.description)
            }
            return [id]
        }
    }

    /// Ends what has expired of an account's sessions, and the idlest while there are too many.
    private mutating func makeRoom(for account: AccountID) {
        var live: [Session] = []
        for session in sessions(of: account) {
            if session.isExpired(at: time) { end(session.id) } else { live.append(session) }
        }
        live.sort { ($0.lastSeen, $0.id) < ($1.lastSeen, $1.id) }
        for session in live.dropLast(Limits.sessionsPerAccount - 1) { end(session.id) }
    }

    private mutating func end(_ id: SessionID) {
        guard let session = sessions.removeValue(forKey: id) else { return }
        devices[Device(account: session.account, session: id)] = nil
        for token in session.tokens {
            tokens[token] = nil
            endedTokens[token] = session.account
            endings.append(token)
            if endings.count > Limits.endedTokens, let oldest = endings.popFirst() {
                endedTokens[oldest] = nil
            }
        }
        emit(.sessionEnded(id, to: session.account))
    }

    /// All sessions of an account that are kept, expired ones too, oldest first.
    func sessions(of account: AccountID) -> [Session] {
        devices.elements(
            from: Device(account: account, session: .first),
            through: Device(account: account, session: .last)
        ).compactMap { sessions[$0.key.session] }
    }
}
