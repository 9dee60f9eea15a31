/// An account's part in a conversation: the key of what it has read there.
struct Membership: Hashable, Comparable, Sendable {
    let account: AccountID
    let conversation: ConversationID

    static func < (left: Membership, right: Membership) -> Bool {
        (left.account, left.conversation) < (right.account, right.conversation)
    }
}

/// What an account has read of a conversation.
struct Reading: Hashable, Sendable {
    /// Nothing up to this position is unread: it was read, is one's own, hidden or deleted.
    ///
    /// A lower bound; what was read beyond it is kept message by message in ``ChatState``.
    var through = 0
    /// How many messages are unread; always exact.
    var unread = 0
}

/// What one account has noted of one message: that it has read it, or does not want to see it.
struct Mark: Hashable, Comparable, Sendable {
    let membership: Membership
    let position: Int

    static func < (left: Mark, right: Mark) -> Bool {
        (left.membership, left.position) < (right.membership, right.position)
    }
}

/// The value of a map that is used as a set.
struct Present: Hashable, Sendable {}
