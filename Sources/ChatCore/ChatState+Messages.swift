internal import ReplicationCollections

extension ChatState {
    mutating func perform(_ send: Send) throws(ChatError) -> Sent {
        let session = try session(send.session)
        let recipient = try user(send.recipient)
        try Message.check(text: send.text)
        touch(session)
        let conversation = openConversation(of: session.account, with: recipient)
        return append(send.text, from: session.account, to: recipient, in: conversation)
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

    /// Checks how many messages a request names.
    package static func check(count: Int) throws(ChatError) {
        guard (1...Limits.idsPerRequest).contains(count) else { throw ChatError(.countInvalid) }
    }

    /// The conversation of two accounts, made if this is its first message.
    private mutating func openConversation(
        of account: AccountID,
        with other: AccountID
    ) -> ConversationID {
        let pair = Pair(account, other)
        if let id = pairs[pair] { return id }
        let conversation = Conversation(
            id: ConversationID(entry: moment.entry),
            kind: .direct(pair.first, pair.second)
        )
        pairs[pair] = conversation.id
        conversations[conversation.id] = conversation
        for member in conversation.members {
            readings[Membership(account: member, conversation: conversation.id)] = Reading()
        }
        return conversation.id
    }

    /// Every message goes this way, so each map is written with one look, in place.
    private mutating func append(
        _ text: String,
        from sender: AccountID,
        to recipient: AccountID,
        in conversation: ConversationID
    ) -> Sent {
        let id = MessageID(entry: moment.entry)
        let position = conversations[conversation]?.takePosition() ?? 0
        timelines[Place(conversation: conversation, position: position)] = messages.count
        messages.append(
            Message(
                id: id,
                conversation: conversation,
                position: position,
                sender: sender,
                time: time,
                text: text
            )
        )
        readings[
            Membership(account: sender, conversation: conversation),
            default: Reading()
        ].pass(own: position)
        if recipient != sender {
            addUnread(1, to: Membership(account: recipient, conversation: conversation))
        }
        emit(.message(id, to: recipient == sender ? [sender] : [sender, recipient]))
        return Sent(id: id, conversation: conversation, position: position, time: time)
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
