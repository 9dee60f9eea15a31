internal import ReplicationCollections

extension ChatState {
    /// All unread messages of an account, by conversation, oldest first.
    ///
    /// The limit is on messages, over all conversations, and there are never more than
    /// ``Limits/pageBytes`` of them; counts are exact all the same.
    ///
    /// - Throws: ``ChatError`` with `limit_invalid`.
    /// - Complexity: O(*k* + *m* log *n*) for *k* conversations and *m* messages.
    public func inbox(
        of account: AccountID,
        limit: Int = Limits.pageItems
    ) throws(ChatError) -> [ConversationView] {
        try Self.check(limit: limit)
        var left = limit
        var room = PageRoom()
        var views: [ConversationView] = []
        for (membership, _) in unreadMemberships(of: account) {
            let reading = readings[membership] ?? Reading()
            let messages = unread(in: membership, reading, limit: left)
            left -= messages.count
            var shown: [MessageView] = []
            for message in messages {
                let message = view(message, for: account, isUnread: true)
                guard room.take(message) else {
                    left = 0
                    break
                }
                shown.append(message)
            }
            views.append(view(membership, reading, shown))
        }
        return views
    }

    /// The unread counts of an account, of each conversation that has any.
    public func unreadCounts(of account: AccountID) -> [ConversationView] {
        unreadMemberships(of: account).map { view($0.key, readings[$0.key] ?? Reading(), []) }
    }

    /// The conversations of an account in the order of their making, each with its last message.
    ///
    /// - Throws: ``ChatError`` with `limit_invalid`.
    public func conversations(
        of account: AccountID,
        after cursor: ConversationID? = nil,
        limit: Int = 50
    ) throws(ChatError) -> Page<ConversationView, ConversationID> {
        try Self.check(limit: limit)
        var page = Page<ConversationView, ConversationID>(items: [], next: nil)
        var room = PageRoom()
        for (membership, reading) in memberships(of: account, after: cursor) {
            if page.items.count == limit {
                page.next = page.items.last?.id
                break
            }
            let last = lastVisible(in: membership).map { view($0, for: account) }
            if let last, !room.take(last), !page.items.isEmpty {
                page.next = page.items.last?.id
                break
            }
            page.items.append(view(membership, reading, last.map { [$0] } ?? []))
        }
        return page
    }

    /// Messages by their ids, in the order asked for.
    ///
    /// What the account deleted for itself is left out. The next page begins with the id that this
    /// one had no room for.
    ///
    /// - Throws: ``ChatError`` with `message_unknown` or `count_invalid`.
    public func messages(
        _ ids: [MessageID],
        for account: AccountID
    ) throws(ChatError) -> Page<MessageView, MessageID> {
        try Self.check(count: ids.count)
        var page = Page<MessageView, MessageID>(items: [], next: nil)
        var room = PageRoom()
        for id in ids {
            let message = try message(id, for: account)
            guard isVisible(message, for: account) else { continue }
            let view = view(message, for: account)
            guard room.take(view) else {
                page.next = id
                break
            }
            page.items.append(view)
        }
        return page
    }

    /// Accounts by name, in the order of names.
    ///
    /// In the pattern, `*` is any run of characters and `?` any one; the cursor is the name that
    /// the page before gave.
    ///
    /// - Throws: ``ChatError`` with `pattern_invalid`, `name_invalid` for the cursor, or
    ///   `limit_invalid`.
    /// - Complexity: O(log *n* + *k*), where *k* names begin like the pattern, at most
    ///   ``Limits/namesPerPage``.
    public func users(
        matching pattern: String = "*",
        after cursor: String? = nil,
        limit: Int = 50
    ) throws(ChatError) -> Page<UserView, String> {
        try Self.check(limit: limit)
        guard let wildcard = Wildcard(pattern) else { throw ChatError(.patternInvalid) }
        let last = try cursor.map { (text) throws(ChatError) in
            guard let name = AccountName(text) else { throw ChatError(.nameInvalid) }
            return name
        }
        // A pattern whose fixed start is no name matches none.
        let prefix = wildcard.prefix
        guard let first = prefix.isEmpty ? .lowest : AccountName(prefix) else {
            return Page(items: [], next: nil)
        }
        var page = Page<UserView, String>(items: [], next: nil)
        var seen = 0
        let candidates =
            if let last, last >= first { names.elements(after: last) } else {
                names.elements(from: first)
            }
        for (name, id) in candidates {
            guard name.hasPrefix(prefix) else { break }
            if page.items.count == limit || seen == Limits.namesPerPage { return page }
            seen += 1
            page.next = name.text
            if wildcard.matches(name), let account = accounts[id] {
                page.items.append(
                    UserView(id: id, name: name.text, displayName: account.displayName)
                )
            }
        }
        page.next = nil
        return page
    }

    /// The sessions of the account of `current` that have not ended, oldest first.
    public func sessions(asSeenFrom current: Session) -> [SessionView] {
        sessions(of: current.account).filter { !$0.isExpired(at: time) }.map { session in
            SessionView(
                id: session.id,
                device: session.device,
                created: session.created,
                lastSeen: session.lastSeen,
                isCurrent: session.id == current.id
            )
        }
    }

    /// A message as an account sees it, or nil if it is not for it, or hidden by it.
    public func view(of id: MessageID, for account: AccountID) -> MessageView? {
        guard let message = try? message(id, for: account), isVisible(message, for: account)
        else { return nil }
        return view(message, for: account)
    }

    /// The messages of a conversation that an account sees, one page.
    ///
    /// The name says whom the account talks to there. A conversation that nobody has begun yet
    /// is an empty page.
    ///
    /// - Throws: ``ChatError`` with `user_unknown`, `limit_invalid`, or `message_unknown` for a
    ///   cursor that is no message of the conversation.
    /// - Complexity: O(*k* + log *n*) for *k* messages, with those passed by that are hidden.
    public func history(
        of account: AccountID,
        with name: String,
        _ range: HistoryRange = HistoryRange()
    ) throws(ChatError) -> Page<MessageView, MessageID> {
        try Self.check(limit: range.limit)
        let other = try user(name)
        var page = Page<MessageView, MessageID>(items: [], next: nil)
        guard let id = pairs[Pair(account, other)] else {
            if let cursor = range.before ?? range.after {
                throw ChatError(.messageUnknown, about: cursor.description)
            }
            return page
        }
        let first = try range.after.map { (cursor) throws(ChatError) in
            try position(of: cursor, in: id, for: account) + 1
        }
        let last = try range.before.map { (cursor) throws(ChatError) in
            try position(of: cursor, in: id, for: account) - 1
        }
        var room = PageRoom()
        var hidden = 0
        var previous: MessageID?
        for offset in offsets(in: id, first ?? 1, last ?? .max, newestFirst: range.newestFirst) {
            let message = messages[offset]
            if !isVisible(message, for: account) {
                guard hidden < Limits.hiddenPerPage else {
                    page.next = previous
                    break
                }
                hidden += 1
            } else {
                let view = view(message, for: account)
                guard page.items.count < range.limit, room.take(view) else {
                    page.next = page.items.last?.id
                    break
                }
                page.items.append(view)
            }
            previous = message.id
        }
        return page
    }

    static func check(limit: Int) throws(ChatError) {
        guard (1...Limits.pageItems).contains(limit) else { throw ChatError(.limitInvalid) }
    }

    func isVisible(_ message: Message, for account: AccountID) -> Bool {
        hidden[message.mark(for: account)] == nil
    }

    func view(_ message: Message, for account: AccountID, isUnread: Bool? = nil) -> MessageView {
        MessageView(
            id: message.id,
            conversation: message.conversation,
            position: message.position,
            from: name(of: message.sender),
            to: name(
                of: conversations[message.conversation]?.peer(of: message.sender)
                    ?? message.sender
            ),
            time: message.time,
            text: message.deletion == nil ? message.text : nil,
            deletion: message.deletion.map {
                MessageView.Deletion(by: name(of: $0.account), time: $0.time)
            },
            isUnread: isUnread ?? self.isUnread(message, for: account)
        )
    }

    private func view(
        _ membership: Membership,
        _ reading: Reading,
        _ messages: [MessageView]
    ) -> ConversationView {
        let peer = conversations[membership.conversation]?.peer(of: membership.account)
        return ConversationView(
            id: membership.conversation,
            with: name(of: peer ?? membership.account),
            unread: reading.unread,
            messages: messages
        )
    }

    private func position(
        of id: MessageID,
        in conversation: ConversationID,
        for account: AccountID
    ) throws(ChatError) -> Int {
        let message = try message(id, for: account)
        guard message.conversation == conversation else {
            throw ChatError(.messageUnknown, about: id.description)
        }
        return message.position
    }

    private func lastVisible(in membership: Membership) -> Message? {
        offsets(in: membership.conversation, 1, .max, newestFirst: true)
            .prefix(Limits.pageItems).lazy
            .map { messages[$0] }.first { isVisible($0, for: membership.account) }
    }

    private func offsets(
        in id: ConversationID,
        _ first: Int,
        _ last: Int,
        newestFirst: Bool
    ) -> AnySequence<Int> {
        guard first <= last else { return AnySequence(EmptyCollection()) }
        let (lower, upper) = (
            Place(conversation: id, position: first), Place(conversation: id, position: last)
        )
        return newestFirst
            ? AnySequence(timelines.descending(from: upper, downTo: lower).lazy.map(\.value))
            : AnySequence(timelines.elements(from: lower, through: upper).lazy.map(\.value))
    }
}
