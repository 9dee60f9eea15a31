extension ChatState {
    /// What an operation gives; it is kept for retries, so it holds no text and no secret.
    public enum Output: Hashable, Sendable {
        /// An account was made.
        case registered(Registered)
        /// A session was made, or has a new token.
        case loggedIn(LoggedIn)
        /// Sessions ended.
        case loggedOut([SessionID])
        /// A message was sent.
        case sent(Sent)
        /// Messages were marked as read.
        case marked(Marked)
        /// Messages were deleted, or not, each for itself.
        case deleted([Deleted])
        /// Nothing was done.
        case refused(ChatError)
    }

    /// The account that was made.
    public struct Registered: Hashable, Sendable {
        /// Its id.
        public var account: AccountID
        /// Its name.
        public var name: String

        /// Creates an output.
        public init(account: AccountID, name: String) {
            self.account = account
            self.name = name
        }
    }

    /// The session that was made; its token goes only to who asked, beside the output.
    public struct LoggedIn: Hashable, Sendable {
        /// Its id.
        public var session: SessionID
        /// Whose it is.
        public var account: AccountID
        /// The account's name as it was registered.
        public var name: String

        /// Creates an output.
        public init(session: SessionID, account: AccountID, name: String) {
            self.session = session
            self.account = account
            self.name = name
        }
    }

    /// The message that was sent.
    public struct Sent: Hashable, Sendable {
        /// Its id.
        public var id: MessageID
        /// Where it stands.
        public var conversation: ConversationID
        /// Its place there, 1 for the first.
        public var position: Int
        /// When it was sent.
        public var time: LogTime

        /// Creates an output.
        public init(
            id: MessageID,
            conversation: ConversationID,
            position: Int,
            time: LogTime
        ) {
            self.id = id
            self.conversation = conversation
            self.position = position
            self.time = time
        }
    }

    /// What was marked as read.
    ///
    /// The texts are asked for by id, with a query.
    public struct Marked: Hashable, Sendable {
        /// The messages that were unread until now, oldest first; empty for a reading through a
        /// message, which may mark very many.
        public var ids: [MessageID]
        /// How many were marked.
        public var count: Int
        /// How many messages of the account are unread now.
        public var unread: Int
        /// Whether the operation ended before it had looked at all that it was asked for: there was too
        /// much of it, and the same request, under another key, goes on.
        public var isPartial: Bool

        /// Creates an output.
        public init(ids: [MessageID], count: Int, unread: Int, isPartial: Bool = false) {
            self.ids = ids
            self.count = count
            self.unread = unread
            self.isPartial = isPartial
        }
    }

    /// What became of one message that was to be deleted.
    public struct Deleted: Hashable, Sendable {
        /// The message.
        public var id: MessageID
        /// Why it is still there; nil if it is gone, now or since before.
        public var error: ChatError.Code?

        /// Creates an output.
        public init(id: MessageID, error: ChatError.Code? = nil) {
            self.id = id
            self.error = error
        }
    }
}
