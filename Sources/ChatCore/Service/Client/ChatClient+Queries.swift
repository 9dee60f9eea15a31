public import ChatCore

/// What changes nothing.
extension ChatClient {
    /// Who a session is, and what waits for it.
    public struct Identity: Hashable, Sendable {
        /// The account.
        public var user: UserView
        /// The session that asked.
        public var session: SessionID
        /// How many messages are unread.
        public var unread: Int
    }

    /// The unread messages, by conversation.
    public struct Inbox: Hashable, Sendable {
        /// The conversations that have any, each with them, oldest first.
        public var conversations: [ConversationView]
        /// How many there are in all; more than are listed if the limit was reached.
        public var unread: Int
    }

    /// The account and session of the token.
    ///
    /// - Throws: ``ChatClientError``.
    public func whoami() async throws(ChatClientError) -> Identity {
        guard case .whoami(let user, let session, let unread) = try await ask(.whoami) else {
            return try await expect(nil)
        }
        return Identity(user: user, session: session, unread: unread)
    }

    /// A page of accounts in the order of names; in the pattern, `*` is any run of characters and
    /// `?` any one.
    ///
    /// - Throws: ``ChatClientError``.
    public func users(
        matching pattern: String? = nil,
        after cursor: String? = nil,
        limit: Int? = nil
    ) async throws(ChatClientError) -> Page<UserView, String> {
        let query = ChatState.Query.users(pattern: pattern, after: cursor, limit: limit)
        guard case .users(let users, let next) = try await ask(query) else {
            return try await expect(nil)
        }
        return Page(items: users, next: next)
    }

    /// The unread messages; reading them changes nothing.
    ///
    /// - Throws: ``ChatClientError``.
    public func inbox(limit: Int? = nil) async throws(ChatClientError) -> Inbox {
        guard case .inbox(let views, let unread) = try await ask(.inbox(limit: limit)) else {
            return try await expect(nil)
        }
        return Inbox(conversations: views, unread: unread)
    }

    /// A page of the conversation with a user, in the order that the range asks for.
    ///
    /// - Throws: ``ChatClientError``.
    public func history(
        with name: String,
        _ range: HistoryRange = HistoryRange()
    ) async throws(ChatClientError) -> Page<MessageView, MessageID> {
        let query = ChatState.Query.history(with: name, range)
        guard case .history(let messages, let next) = try await ask(query) else {
            return try await expect(nil)
        }
        return Page(items: messages, next: next)
    }

    /// Messages by their ids; those that the account deleted for itself are left out.
    ///
    /// - Throws: ``ChatClientError``.
    public func messages(_ ids: [MessageID]) async throws(ChatClientError) -> [MessageView] {
        var (left, found) = (ids, [MessageView]())
        while true {
            guard case .messages(let messages, let next) = try await ask(.messages(left)) else {
                return try await expect(nil)
            }
            found += messages
            guard let next, let place = left.firstIndex(of: next), place > 0 else { return found }
            left.removeFirst(place)
        }
    }

    /// The sessions of the account.
    ///
    /// - Throws: ``ChatClientError``.
    public func sessions() async throws(ChatClientError) -> [SessionView] {
        guard case .sessions(let sessions) = try await ask(.sessions) else {
            return try await expect(nil)
        }
        return sessions
    }
}
