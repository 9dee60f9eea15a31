/// A message as one account sees it.
public struct MessageView: Hashable, Sendable {
    /// Its id.
    public var id: MessageID
    /// Where it was sent.
    public var conversation: ConversationID
    /// Its place there, 1 for the first.
    public var position: Int
    /// The name of who sent it.
    public var from: String
    /// The name of whom it was sent to.
    public var to: String
    /// When.
    public var time: LogTime
    /// The text; nil when it was deleted for all.
    public var text: String?
    /// Who deleted it for all, and when.
    public var deletion: Deletion?
    /// Whether the account has yet to read it.
    public var isUnread: Bool

    /// Who took a message back, and when.
    public struct Deletion: Hashable, Sendable {
        /// The name of who deleted it.
        public var by: String
        /// When.
        public var time: LogTime

        /// Creates a view.
        public init(by: String, time: LogTime) {
            self.by = by
            self.time = time
        }
    }

    /// Creates a view.
    public init(
        id: MessageID,
        conversation: ConversationID,
        position: Int,
        from: String,
        to: String,
        time: LogTime,
        text: String?,
        deletion: Deletion? = nil,
        isUnread: Bool = false
    ) {
        self.id = id
        self.conversation = conversation
        self.position = position
        self.from = from
        self.to = to
        self.time = time
        self.text = text
        self.deletion = deletion
        self.isUnread = isUnread
    }
}

/// A conversation as one account sees it.
public struct ConversationView: Hashable, Sendable {
    /// Its id.
    public var id: ConversationID
    /// The name of whom the account talks to there.
    public var with: String
    /// How many messages the account has yet to read.
    public var unread: Int
    /// The unread messages, oldest first, or the last message, as the query says.
    public var messages: [MessageView]

    /// Creates a view.
    public init(id: ConversationID, with: String, unread: Int, messages: [MessageView]) {
        self.id = id
        self.with = with
        self.unread = unread
        self.messages = messages
    }
}

/// An account as others see it.
public struct UserView: Hashable, Sendable {
    /// Its id.
    public var id: AccountID
    /// Its name.
    public var name: String
    /// What it shows beside the name.
    public var displayName: String?

    /// Creates a view.
    public init(id: AccountID, name: String, displayName: String? = nil) {
        self.id = id
        self.name = name
        self.displayName = displayName
    }
}

/// A session as its owner sees it.
public struct SessionView: Hashable, Sendable {
    /// Its id.
    public var id: SessionID
    /// What the device calls itself.
    public var device: String
    /// When it was made.
    public var created: LogTime
    /// When it was last used.
    public var lastSeen: LogTime
    /// Whether it is the one that asks.
    public var isCurrent: Bool

    /// Creates a view.
    public init(
        id: SessionID,
        device: String,
        created: LogTime,
        lastSeen: LogTime,
        isCurrent: Bool
    ) {
        self.id = id
        self.device = device
        self.created = created
        self.lastSeen = lastSeen
        self.isCurrent = isCurrent
    }
}
