/// One thing that the chat is made of; all of them, in their order, are the whole state.
///
/// What can be found again from these (names, tokens, pairs, places) is no part.
package enum ChatPart: Hashable, Sendable {
    /// Somebody who can log in.
    case account(Account)
    /// A device that is logged in, or was and is not forgotten yet.
    case session(Session)
    /// Whose a token of an ended session was; in the order of ending.
    case endedToken(TokenHash, AccountID)
    /// A conversation without its count, which its messages give.
    case conversation(Conversation)
    /// A message or its tombstone.
    case message(Message)
    /// What an account has read of a conversation.
    case reading(AccountID, ConversationID, through: Int, unread: Int)
    /// What an account has read, hidden or deleted beyond that, by its place there.
    case settled(AccountID, ConversationID, position: Int)
    /// What an account has deleted for itself.
    case hidden(AccountID, ConversationID, position: Int)

    /// The place of its kind among the kinds: a part names only what parts of earlier kinds made.
    var rank: Int {
        switch self {
        case .account: 1
        case .session: 2
        case .endedToken: 3
        case .conversation: 4
        case .message: 5
        case .reading: 6
        case .settled: 7
        case .hidden: 8
        }
    }
}
