/// Where messages go: between two accounts, or an account and itself.
public struct Conversation: Hashable, Sendable {
    /// What kind of conversation it is.
    public enum Kind: Hashable, Sendable {
        /// Between two accounts, the one registered first first; both the same for notes to self.
        case direct(AccountID, AccountID)
    }

    /// Its id.
    public let id: ConversationID
    /// What kind it is, and who takes part.
    public let kind: Kind
    /// The number of messages, which is the position of the last.
    public internal(set) var count = 0

    /// Creates a conversation without messages.
    package init(id: ConversationID, kind: Kind) {
        self.id = id
        self.kind = kind
    }

    /// Who takes part, each once, in order.
    public var members: [AccountID] {
        switch kind {
        case .direct(let first, let second): first == second ? [first] : [first, second]
        }
    }

    /// The position of the next message, which is then taken.
    mutating func takePosition() -> Int {
        count += 1
        return count
    }

    /// Whom `account` talks to here: itself in its notes to self.
    public func peer(of account: AccountID) -> AccountID {
        switch kind {
        case .direct(let first, let second): first == account ? second : first
        }
    }
}

/// The two accounts of a direct conversation, in order.
struct Pair: Hashable, Comparable, Sendable {
    let first: AccountID
    let second: AccountID

    init(_ one: AccountID, _ other: AccountID) {
        (first, second) = (min(one, other), max(one, other))
    }

    static func < (left: Pair, right: Pair) -> Bool {
        (left.first, left.second) < (right.first, right.second)
    }
}

/// Where a message stands: a conversation and a position in it.
struct Place: Hashable, Comparable, Sendable {
    let conversation: ConversationID
    let position: Int

    static func < (left: Place, right: Place) -> Bool {
        (left.conversation, left.position) < (right.conversation, right.position)
    }
}
