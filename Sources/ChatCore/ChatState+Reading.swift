internal import Collections

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
            return mark(chosen, for: account)
        case .through(let id):
            let message = try message(id, for: account)
            touch(session)
            return markThrough(message, for: account)
        }
    }

    /// How many messages are unread in all conversations of an account.
    ///
    /// - Complexity: O(*k* + log *n*) in the number *k* of its conversations.
    public func unreadCount(of account: AccountID) -> Int {
        memberships(of: account).reduce(0) { $0 + $1.value.unread }
    }

    /// Whether a message is still to be read by an account.
    func isUnread(_ message: Message, for account: AccountID) -> Bool {
        guard message.sender != account, message.deletion == nil else { return false }
        let mark = message.mark(for: account)
        guard let reading = readings[mark.membership], message.position > reading.through else {
            return false
        }
        return readBeyond[mark] == nil && hidden[mark] == nil
    }

    /// Makes a message count as no longer unread for an account; call before it is hidden or
    /// deleted, which would hide that it counted.
    mutating func settle(_ message: Message, for account: AccountID) {
        guard isUnread(message, for: account) else { return }
        let mark = message.mark(for: account)
        readings[mark.membership]?.unread -= 1
        readBeyond[mark] = Present()
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

    private func oldestUnread(
        _ count: Int,
        with name: String?,
        for account: AccountID
    ) throws(ChatError) -> [Message] {
        try Self.check(count: count)
        var chosen: [Message] = []
        if let name {
            let other = try user(name)
            guard let id = pairs[Pair(account, other)] else { return [] }
            let membership = Membership(account: account, conversation: id)
            guard let reading = readings[membership] else { return [] }
            chosen = unread(in: membership, reading, limit: count)
        } else {
            for (membership, reading) in memberships(of: account) {
                chosen += unread(in: membership, reading, limit: count)
            }
        }
        return Array(chosen.sorted { $0.id < $1.id }.prefix(count))
    }

    private mutating func mark(_ chosen: [Message], for account: AccountID) -> Marked {
        for message in chosen { settle(message, for: account) }
        if !chosen.isEmpty { emit(.read(chosen.map(\.id), to: account)) }
        return Marked(
            ids: chosen.map(\.id),
            count: chosen.count,
            unread: unreadCount(of: account)
        )
    }

    private mutating func markThrough(_ last: Message, for account: AccountID) -> Marked {
        let membership = last.mark(for: account).membership
        let reading = readings[membership] ?? Reading()
        var count = 0
        if last.position > reading.through {
            count = countUnread(in: membership, after: reading.through, through: last.position)
            forgetMarks(of: membership, through: last.position)
            readings[membership] = Reading(
                through: last.position,
                unread: reading.unread - count
            )
            advance(membership)
            if count > 0 { emit(.readThrough(last.id, to: account)) }
        }
        return Marked(ids: [], count: count, unread: unreadCount(of: account))
    }

    private func countUnread(
        in membership: Membership,
        after start: Int,
        through end: Int
    ) -> Int {
        timeline(of: membership.conversation, after: start, through: end)
            .count { isUnread(messages[$0.value], for: membership.account) }
    }

    /// Moves ``Reading/through`` past all that is settled right behind it.
    private mutating func advance(_ membership: Membership) {
        guard let reading = readings[membership] else { return }
        var through = reading.through
        for (place, offset) in timeline(of: membership.conversation, after: through) {
            guard !isUnread(messages[offset], for: membership.account) else { break }
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
        let marks = readBeyond.elements(from: first, through: last).map(\.key)
        for mark in marks { readBeyond[mark] = nil }
    }
}
