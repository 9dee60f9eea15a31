internal import ReplicationCollections

extension ChatState {
    /// What is wrong with the state, each as a sentence; empty if nothing is.
    ///
    /// For tests and for `cluster check`: it counts again what the state keeps counts of.
    ///
    /// - Complexity: O(*n* log *n*) in the size of the state.
    public func violations() -> [String] {
        accountViolations() + sessionViolations() + messageViolations() + readingViolations()
    }

    private func accountViolations() -> [String] {
        var found: [String] = []
        for (id, account) in accounts where account.id != id || names[account.name] != id {
            found.append("account \(id) does not own its name")
        }
        if names.count != accounts.count { found.append("names and accounts differ in number") }
        return found
    }

    private func sessionViolations() -> [String] {
        var found: [String] = []
        var opening = 0
        for (id, session) in sessions {
            let device = Device(account: session.account, session: id)
            opening += session.tokens.count
            if session.id != id || session.tokens.contains(where: { tokens[$0] != id })
                || devices[device] == nil
                || accounts[session.account] == nil
            {
                found.append("session \(id) is not found by token, device and account")
            }
        }
        if tokens.count != opening || devices.count != sessions.count {
            found.append("tokens, devices and sessions differ in number")
        }
        if !endings.allSatisfy({ endedTokens[$0] != nil && tokens[$0] == nil })
            || endings.count != endedTokens.count
        {
            found.append("the ended tokens are not those that ended last")
        }
        return found
    }

    private func messageViolations() -> [String] {
        var found: [String] = []
        var positions = SortedMap<ConversationID, Int>()
        for (offset, message) in messages.enumerated() {
            let position = positions[message.conversation, default: 0] + 1
            positions[message.conversation] = position
            let place = Place(conversation: message.conversation, position: position)
            if message.position != position || timelines[place] != offset
                || self.offset(of: message.id) != offset
            {
                found.append("message \(message.id) is not where it should be")
            }
            if message.deletion != nil, !message.text.isEmpty {
                found.append("message \(message.id) is deleted and has a text")
            }
        }
        for (id, conversation) in conversations where positions[id] != conversation.count {
            found.append("conversation \(id) counts \(conversation.count) messages")
        }
        if timelines.count != messages.count || pairs.count != conversations.count {
            found.append("an index has another number of entries than what it points to")
        }
        return found
    }

    private func readingViolations() -> [String] {
        var found: [String] = []
        for (membership, reading) in readings {
            let all = timeline(of: membership.conversation).map { messages[$0.value] }
            let unread = all.count { isUnread($0, for: membership.account) }
            for message in all where isUnread(message, for: membership.account) {
                if message.deletion != nil || !isVisible(message, for: membership.account) {
                    found.append("message \(message.id) is gone and yet unread")
                }
            }
            if unread != reading.unread {
                found.append("\(membership.account) has \(unread) unread, not \(reading.unread)")
            }
            if reading.through > all.count { found.append("read through what is not there") }
        }
        var totals = SortedMap<AccountID, Int>()
        for (membership, reading) in readings where reading.unread > 0 {
            totals[membership.account, default: 0] += reading.unread
            if !unreadConversations.contains(membership) {
                found.append("\(membership.conversation) is not among those with unread messages")
            }
        }
        if totals != unreadTotals
            || unreadConversations.count != readings.count(where: { $0.value.unread > 0 })
        {
            found.append("the sums of unread messages are wrong")
        }
        for (mark, _) in settledBeyond
        where mark.position <= readings[mark.membership]?.through ?? .max {
            found.append("\(mark.membership.account) keeps a mark that is not needed")
        }
        return found
    }
}
