internal import ReplicationCollections

extension ChatState {
    mutating func perform(_ read: Read) throws(ChatError) -> Marked {
        let session = try session(read.session)
        let account = session.account
        switch read.which {
        case .these(let ids):
            let chosen = try unread(among: ids, for: account)
            touch(session)
            return mark(chosen, for: account)
        case .next(let count, let name):
            let chosen = try oldestUnread(count, with: name, for: account)
            touch(session)
            let isPartial = steps == 0 && chosen.count < count
            return mark(chosen, for: account, isPartial: isPartial)
        case .through(let id):
            let message = try message(id, for: account)
            touch(session)
            return markThrough(message, for: account)
        }
    }

    /// How many messages are unread in all conversations of an account.
    ///
    /// - Complexity: O(log *n*).
    public func unreadCount(of account: AccountID) -> Int { unreadTotals[account] ?? 0 }

    /// Changes how many messages of a conversation are unread; every change goes this way.
    mutating func addUnread(_ change: Int, to membership: Membership) {
        guard change != 0 else { return }
        let unread = (readings[membership]?.unread ?? 0) + change
        readings[membership, default: Reading()].unread = unread
        let total = (unreadTotals[membership.account] ?? 0) + change
        unreadTotals[membership.account] = total == 0 ? nil : total
        if unread <= 0 {
            unreadConversations[membership] = nil
        } else if unread == change {
            unreadConversations[membership] = Present()
        }
    }

    /// The conversations in which an account has anything unread, in the order of their making.
    func unreadMemberships(of account: AccountID) -> SortedMap<Membership, Present>.Ascending {
        unreadConversations.elements(
            from: Membership(account: account, conversation: .first),
            through: Membership(account: account, conversation: .last)
        )
    }

    /// Whether a message is still to be read by an account.
    ///
    /// One that is hidden or deleted is not, because it was settled when that happened.
    func isUnread(_ message: Message, for account: AccountID) -> Bool {
        guard message.sender != account else { return false }
        let mark = message.mark(for: account)
        guard let reading = readings[mark.membership], message.position > reading.through else {
            return false
        }
        return settledBeyond[mark] == nil
    }

    /// Makes a message count as no longer unread for an account: it was read, hidden or deleted.
    mutating func settle(_ message: Message, for account: AccountID) {
        guard isUnread(message, for: account) else { return }
        let mark = message.mark(for: account)
        addUnread(-1, to: mark.membership)
        settledBeyond[mark] = Present()
        advance(mark.membership)
    }

    /// The conversations that an account takes part in, in the order of their making.
    func memberships(
        of account: AccountID,
        after id: ConversationID? = nil
    ) -> SortedMap<Membership, Reading>.Ascending {
        let last = Membership(account: account, conversation: .last)
        let first = Membership(account: account, conversation: id?.next ?? .first)
        return readings.elements(from: first, through: last)
    }

    /// The unread messages of a conversation, oldest first.
    func unread(
        in membership: Membership,
        _ reading: Reading,
        limit: Int
    ) -> [Message] {
        var found: [Message] = []
        guard reading.unread > 0 else { return found }
        for (_, offset) in timeline(of: membership.conversation, after: reading.through) {
            guard found.count < min(limit, reading.unread) else { break }
            let message = messages[offset]
            if isUnread(message, for: membership.account) { found.append(message) }
        }
        return found
    }

    /// The places of a conversation in a range of positions, ascending, with their offsets.
    func timeline(
        of id: ConversationID,
        after start: Int = 0,
        through end: Int = .max
    ) -> SortedMap<Place, Int>.Ascending {
        timelines.elements(
            from: Place(conversation: id, position: start + 1),
            through: Place(conversation: id, position: end)
        )
    }

    private func unread(
        among ids: [MessageID],
        for account: AccountID
    ) throws(ChatError) -> [Message] {
        try Self.check(count: ids.count)
        var chosen: [Message] = []
        for id in ids {
            let message = try message(id, for: account)
            if isUnread(message, for: account), !chosen.contains(where: { $0.id == id }) {
                chosen.append(message)
            }
        }
        return chosen.sorted { $0.id < $1.id }
    }

    private mutating func oldestUnread(
        _ count: Int,
        with name: String?,
        for account: AccountID
    ) throws(ChatError) -> [Message] {
        try Self.check(count: count)
        var chosen: [Message] = []
        if let name {
            let other = try user(name)
            guard let id = pairs[Pair(account, other)] else { return [] }
            addUnread(in: Membership(account: account, conversation: id), count, to: &chosen)
        } else {
            for (membership, _) in unreadMemberships(of: account) {
                guard steps > 0 else { break }
                steps -= 1
                addUnread(in: membership, count, to: &chosen)
            }
        }
        return Array(chosen.sorted { $0.id < $1.id }.prefix(count))
    }

    /// Adds the oldest unread messages of a conversation to those that were found, of which no more
    /// than a few times `count` are kept.
    private mutating func addUnread(
        in membership: Membership,
        _ count: Int,
        to chosen: inout [Message]
    ) {
        // What is settled is passed by for good, and not looked at again by the next operation.
        advance(membership)
        var last: MessageID?
        if chosen.count >= 4 * count {
            chosen = Array(chosen.sorted { $0.id < $1.id }.prefix(count))
            last = chosen.last?.id
        }
        guard let reading = readings[membership] else { return }
        var found = 0
        for (_, offset) in timeline(of: membership.conversation, after: reading.through) {
            guard steps > 0, found < min(count, reading.unread) else { return }
            steps -= 1
            let message = messages[offset]
            // Ids ascend: what follows is newer than all that are needed.
            if let last, message.id > last { return }
            guard isUnread(message, for: membership.account) else { continue }
            chosen.append(message)
            found += 1
        }
    }

    private mutating func mark(
        _ chosen: [Message],
        for account: AccountID,
        isPartial: Bool = false
    ) -> Marked {
        for message in chosen { settle(message, for: account) }
        if !chosen.isEmpty { emit(.read(chosen.map(\.id), to: account)) }
        return Marked(
            ids: chosen.map(\.id),
            count: chosen.count,
            unread: unreadCount(of: account),
            isPartial: isPartial
        )
    }

    private mutating func markThrough(_ last: Message, for account: AccountID) -> Marked {
        let membership = last.mark(for: account).membership
        let reading = readings[membership] ?? Reading()
        var (count, reached) = (0, reading.through)
        var newest = last.id
        for (place, offset) in timeline(
            of: membership.conversation,
            after: reading.through,
            through: last.position
        ) {
            guard steps > 0 else { break }
            steps -= 1
            let message = messages[offset]
            if isUnread(message, for: account) { count += 1 }
            (reached, newest) = (place.position, message.id)
        }
        if reached > reading.through {
            forgetMarks(of: membership, through: reached)
            addUnread(-count, to: membership)
            readings[membership, default: Reading()].through = reached
            advance(membership)
            if count > 0 { emit(.readThrough(newest, to: account)) }
        }
        return Marked(
            ids: [],
            count: count,
            unread: unreadCount(of: account),
            isPartial: reached < last.position
        )
    }

    /// Moves ``Reading/through`` past what is settled right behind it, as far as the operation may go;
    /// it is a lower bound, and the next operation goes on.
    private mutating func advance(_ membership: Membership) {
        guard let reading = readings[membership] else { return }
        var through = reading.through
        for (place, offset) in timeline(of: membership.conversation, after: through) {
            guard steps > 0, !isUnread(messages[offset], for: membership.account) else { break }
            steps -= 1
            through = place.position
        }
        guard through > reading.through else { return }
        forgetMarks(of: membership, through: through)
        readings[membership]?.through = through
    }

    /// Drops the marks that ``Reading/through`` makes needless.
    private mutating func forgetMarks(of membership: Membership, through position: Int) {
        let first = Mark(membership: membership, position: 0)
        let last = Mark(membership: membership, position: position)
        let marks = settledBeyond.elements(from: first, through: last).map(\.key)
        for mark in marks { settledBeyond[mark] = nil }
    }
}
