internal import ReplicationCollections

/// Puts a chat together from its parts, and believes none that does not fit the ones before.
///
/// Whatever the parts are, it never traps, and what it gives keeps every rule that `apply` relies
/// on to be total.
package struct ChatRestoration: Sendable {
    /// Which rule a part breaks.
    package struct Rejection: Error, Hashable, Sendable {
        /// The rule, as a clause.
        package var rule: String
    }

    private var state = ChatState()
    private var rank = 0
    private var parts = 0

    /// Begins with a chat that has applied the log up to a moment.
    package init(at moment: Moment) { state.moment = moment }

    /// Takes the next part.
    ///
    /// - Throws: ``Rejection``, after which this value is of no use.
    /// - Complexity: O(log *n*).
    package mutating func add(_ part: ChatPart) throws(Rejection) {
        guard part.rank >= rank else { throw Rejection(rule: "its kind comes earlier") }
        rank = part.rank
        parts += 1
        switch part {
        case .account(let account): try add(account)
        case .session(let session): try add(session)
        case .endedToken(let token, let account): try add(ended: token, of: account)
        case .conversation(let conversation): try add(conversation)
        case .message(let message): try add(message)
        case .reading(let account, let conversation, let through, let unread):
            try add(
                Reading(through: through, unread: unread),
                of: Membership(account: account, conversation: conversation)
            )
        case .settled(let account, let conversation, let position):
            let membership = Membership(account: account, conversation: conversation)
            try add(settled: Mark(membership: membership, position: position))
        case .hidden(let account, let conversation, let position):
            let membership = Membership(account: account, conversation: conversation)
            try add(hidden: Mark(membership: membership, position: position))
        }
    }

    /// Gives the chat once all parts were added.
    ///
    /// - Parameter count: How many parts there must have been.
    /// - Returns: The chat, equal to the one whose parts they are.
    /// - Throws: ``Rejection`` if something is missing.
    /// - Complexity: O(*c*) in the number of conversations.
    package func finish(parts count: Int) throws(Rejection) -> ChatState {
        try require(parts == count, "\(parts) parts where \(count) must be")
        var taking = 0
        for (id, conversation) in state.conversations {
            taking += conversation.members.count
            try require(conversation.count > 0, "conversation \(id) has no message")
        }
        try require(
            state.readings.count == taking,
            "\(state.readings.count) readings where \(taking) must be"
        )
        return state
    }

    private func require(_ holds: Bool, _ rule: @autoclosure () -> String) throws(Rejection) {
        if !holds { throw Rejection(rule: rule()) }
    }

    /// Ids are entries' indices: each comes after the one before, and none after the moment.
    private func follow<ID: EntryIdentifier>(_ id: ID, _ last: ID?) throws(Rejection) {
        try require(last.map { $0 < id } ?? true, "\(id) comes after \(last ?? id)")
        try require(id.entry <= state.moment.entry, "\(id) is of a later entry")
    }

    private mutating func add(_ account: Account) throws(Rejection) {
        try follow(account.id, state.accounts.last?.key)
        try require(state.names[account.name] == nil, "the name \(account.name) is taken")
        state.accounts[account.id] = account
        state.names[account.name] = account.id
    }

    private mutating func add(_ session: Session) throws(Rejection) {
        try follow(session.id, state.sessions.last?.key)
        try require(state.accounts.contains(session.account), "no account \(session.account)")
        try require(
            session.earlierTokens.count <= Limits.earlierTokens,
            "\(session.id) has too many tokens"
        )
        state.sessions[session.id] = session
        for token in session.tokens {
            try require(!state.tokens.contains(token), "the token opens another session")
            state.tokens[token] = session.id
        }
        state.devices[Device(account: session.account, session: session.id)] = Present()
    }

    private mutating func add(ended token: TokenHash, of account: AccountID) throws(Rejection) {
        try require(state.accounts.contains(account), "no account \(account)")
        try require(
            !state.tokens.contains(token) && !state.endedTokens.contains(token),
            "the token stands for a session already"
        )
        state.endedTokens[token] = account
        state.endings.append(token)
    }

    private mutating func add(_ conversation: Conversation) throws(Rejection) {
        try follow(conversation.id, state.conversations.last?.key)
        try require(conversation.count == 0, "a conversation is counted by its messages")
        switch conversation.kind {
        case .direct(let first, let second):
            let pair = Pair(first, second)
            try require(pair.first == first, "the two accounts are out of order")
            try require(
                state.accounts.contains(first) && state.accounts.contains(second),
                "no account \(first) or \(second)"
            )
            try require(state.pairs[pair] == nil, "the two accounts have a conversation already")
            state.pairs[pair] = conversation.id
        }
        state.conversations[conversation.id] = conversation
    }

    private mutating func add(_ message: Message) throws(Rejection) {
        try follow(message.id, state.messages.last?.id)
        guard var conversation = state.conversations[message.conversation] else {
            throw Rejection(rule: "no conversation \(message.conversation)")
        }
        try require(
            conversation.members.contains(message.sender),
            "\(message.sender) is not of \(message.conversation)"
        )
        let position = conversation.takePosition()
        try require(
            message.position == position,
            "position \(message.position) where \(position) must be"
        )
        try require(
            message.deletion == nil || message.text.isEmpty,
            "it is deleted and has a text"
        )
        state.conversations[conversation.id] = conversation
        state.timelines[Place(conversation: conversation.id, position: position)] =
            state.messages.count
        state.messages.append(message)
    }

    private mutating func add(
        _ reading: Reading,
        of membership: Membership
    ) throws(Rejection) {
        let last = state.readings.last?.key
        try require(last.map { $0 < membership } ?? true, "it is out of order or stands twice")
        guard let conversation = state.conversations[membership.conversation],
            conversation.members.contains(membership.account)
        else {
            throw Rejection(rule: "\(membership.account) is not of \(membership.conversation)")
        }
        let counts = 0...conversation.count
        try require(
            counts.contains(reading.through) && counts.contains(reading.unread),
            "there are \(conversation.count) messages to read"
        )
        state.readings[membership] = Reading(through: reading.through)
        state.addUnread(reading.unread, to: membership)
    }

    private mutating func add(settled mark: Mark) throws(Rejection) {
        try check(mark, after: state.settledBeyond.last?.key)
        try require(
            mark.position > state.readings[mark.membership]?.through ?? .max,
            "all up to there was read"
        )
        state.settledBeyond[mark] = Present()
    }

    private mutating func add(hidden mark: Mark) throws(Rejection) {
        try check(mark, after: state.hidden.last?.key)
        state.hidden[mark] = Present()
    }

    private func check(_ mark: Mark, after last: Mark?) throws(Rejection) {
        try require(last.map { $0 < mark } ?? true, "it is out of order or stands twice")
        let count = state.conversations[mark.membership.conversation]?.count ?? 0
        try require(
            state.readings.contains(mark.membership) && mark.position >= 1
                && mark.position <= count,
            "there is no such message for \(mark.membership.account)"
        )
    }
}
