/// A message of a conversation, or the tombstone that is left of it.
public struct Message: Hashable, Sendable {
    /// Its id; greater than that of every earlier message anywhere.
    public let id: MessageID
    /// Where it was sent.
    public let conversation: ConversationID
    /// Its place there, 1 for the first, without gaps.
    public let position: Int
    /// Who sent it.
    public let sender: AccountID
    /// When it was sent.
    public let time: LogTime
    /// The text; empty once it was deleted for all.
    public internal(set) var text: String
    /// Who deleted it for all, and when.
    public internal(set) var deletion: Deletion?

    /// Creates a message.
    package init(
        id: MessageID,
        conversation: ConversationID,
        position: Int,
        sender: AccountID,
        time: LogTime,
        text: String,
        deletion: Deletion? = nil
    ) {
        self.id = id
        self.conversation = conversation
        self.position = position
        self.sender = sender
        self.time = time
        self.text = text
        self.deletion = deletion
    }

    /// Who took a message back, and when.
    public struct Deletion: Hashable, Sendable {
        /// Who deleted it.
        public let account: AccountID
        /// When.
        public let time: LogTime

        /// Creates a note of who and when.
        package init(account: AccountID, time: LogTime) {
            self.account = account
            self.time = time
        }
    }

    /// Checks a text against the rules, which need no state.
    ///
    /// Control characters are allowed: it is the client that must not show them raw.
    ///
    /// - Throws: ``ChatError`` with `message_empty` or `message_too_large`.
    public static func check(text: String) throws(ChatError) {
        guard !text.utf8.isEmpty else { throw ChatError(.messageEmpty) }
        guard text.utf8.count <= Limits.messageBytes else {
            throw ChatError(.messageTooLarge, about: "\(text.utf8.count) bytes")
        }
    }
}
