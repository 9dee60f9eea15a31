extension ChatState {
    /// What `apply` tells to open streams, with its recipients.
    ///
    /// It names messages and never holds their text: the text is looked up when the event is
    /// shown, so that what was deleted meanwhile is not in a replay.
    public enum Event: Hashable, Sendable {
        /// A message was sent; shown to its sender's other devices too.
        case message(MessageID, to: [AccountID])
        /// Messages were read, by one device of the account.
        case read([MessageID], to: AccountID)
        /// A conversation was read up to a message, by one device of the account.
        case readThrough(MessageID, to: AccountID)
        /// A message was deleted: for all, or for the one account that is named.
        case deleted(MessageID, scope: Delete.Scope, to: [AccountID])
        /// A session of the account has ended.
        case sessionEnded(SessionID, to: AccountID)

        /// Whom it is for.
        public var accounts: [AccountID] {
            switch self {
            case .message(_, let accounts), .deleted(_, _, let accounts): accounts
            case .read(_, let account), .readThrough(_, let account): [account]
            case .sessionEnded(_, let account): [account]
            }
        }
    }
}
