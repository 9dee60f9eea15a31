internal import Collections

extension ChatState {
    mutating func perform(_ send: Send) throws(ChatError) -> Sent {
        let session = try session(send.session)
        let recipient = try user(send.recipient)
        try Message.check(text: send.text)
        touch(session)
        let conversation = openConversation(of: session.account, with: recipient)
        return append(send.text, from: session.account, to: conversation)
    }

    mutating func perform(_ delete: Delete) throws(ChatError) -> [Deleted] {
        let session = try session(delete.session)
        try Self.check(count: delete.ids.count)
        touch(session)
        var results: [Deleted] = []
        for id in delete.ids {
            do throws(ChatError) {
                switch delete.scope {
                case .me: try hide(id, from: session.account)
                case .all: try takeBack(id, by: session.account)
                }
                results.append(Deleted(id: id))
            } catch {
                results.append(Deleted(id: id, error: error.code))
            }
        }
        return results
    }

    /// The offset of a message in ``messages``.
    ///
    /// - Complexity: O(log *n*).
    func offset(of id: MessageID) -> Int? {
        var range = 0..<messages.count
        while !range.isEmpty {
            let middle = range.lowerBound + range.count / 2
            let found = messages[middle].id
            if found == id { return middle }
            range = found < id ? middle + 1..<range.upperBound : range.lowerBound..<middle
        }
        return nil
    }

    /// A message of a conversation that the account takes part in, hidden or not.
    func message(_ id: MessageID, for account: AccountID) throws(ChatError) -> Message {
        guard let offset = offset(of: id) else {
            throw ChatError(.messageUnknown, about: id.description)
        }
        let message = messages[offset]
        guard
            readings[Membership(account: account, conversation: message.conversation)] != nil
        else { throw ChatError(.messageUnknown, about: id.description) }
        return message
    }

    static func check(count: Int) throws(ChatError) {
        guard (1...Limits.idsPerRequest).contains(count) else { throw ChatError(.countInvalid) }
    }

    private mutating func openConversation(
        of account: AccountID,
        with other: AccountID
    ) -> Conversation {
        let pair = Pair(account, other)
        if let id = pairs[pair], let conversation = conversations[id] { return conversation }
        let id = ConversationID(entry: moment.entry)
        let conversation = Conversation(id: id, kind: .direct(pair.first, pair.second))
        pairs[pair] = id
        conversations[id] = conversation
        for member in conversation.members {
            readings[Membership(account: member, conversation: id)] = Reading()
        }
        return conversation
    }

    private mutating func append(
        _ text: String,
        from sender: AccountID,
        to conversation: Conversation
    ) -> Sent {
        let id = MessageID(entry: moment.entry)
        let position = conversation.count + 1
        timelines[Place(conversation: conversation.id, position: position)] = messages.count
        messages.append(
            Message(
                id: id,
                conversation: conversation.id,
                position: position,
                sender: sender,
                time: time,
                text: text
            )
        )
        conversations[conversation.id]?.count = position
        for member in conversation.members {
            let membership = Membership(account: member, conversation: conversation.id)
            if member == sender {
                // Keeps a sender's reading close behind, so that no later one must pass by all
                // that it has sent.
                if readings[membership]?.through == position - 1 {
                    readings[membership]?.through = position
                }
            } else {
                readings[membership]?.unread += 1
            }
        }
        emit(.message(id, to: conversation.members))
        return Sent(id: id, conversation: conversation.id, position: position, time: time)
    }

    /// Deletes a message for one account; once more is no error.
    private mutating func hide(_ id: MessageID, from account: AccountID) throws(ChatError) {
        let message = try message(id, for: account)
        let mark = message.mark(for: account)
        guard hidden[mark] == nil else { return }
        settle(message, for: account)
        hidden[mark] = Present()
        emit(.deleted(id, scope: .me, to: [account]))
    }

    /// Deletes a message for all; once more is no error.
    private mutating func takeBack(_ id: MessageID, by account: AccountID) throws(ChatError) {
        var message = try message(id, for: account)
        guard message.sender == account else {
            throw ChatError(.notYours, about: id.description)
        }
        guard message.deletion == nil, let offset = offset(of: id) else { return }
        let members = conversations[message.conversation]?.members ?? []
        for member in members { settle(message, for: member) }
        message.text = ""
        message.deletion = Message.Deletion(account: account, time: time)
        messages[offset] = message
        emit(.deleted(id, scope: .all, to: members))
    }
}

extension Message {
    func mark(for account: AccountID) -> Mark {
        Mark(
            membership: Membership(account: account, conversation: conversation),
            position: position
        )
    }
}
