internal import ReplicationCollections

extension ChatState {
    /// How many parts there are.
    package var partCount: Int {
        accounts.count + sessions.count + endings.count + conversations.count + messages.count
            + readings.count + settledBeyond.count + hidden.count
    }

    /// Gives each part in order, without a copy of the state or a sort.
    ///
    /// Events that nobody has taken are none: they belong to the operation that gave them off.
    ///
    /// - Complexity: O(*n*) in the number of parts.
    package func forEachPart<Failure>(
        _ body: (ChatPart) throws(Failure) -> Void
    ) throws(Failure) {
        for (_, account) in accounts { try body(.account(account)) }
        for (_, session) in sessions { try body(.session(session)) }
        for token in endings {
            if let account = endedTokens[token] { try body(.endedToken(token, account)) }
        }
        for (_, conversation) in conversations { try body(.conversation(conversation)) }
        for message in messages { try body(.message(message)) }
        for (of, reading) in readings {
            try body(
                .reading(
                    of.account,
                    of.conversation,
                    through: reading.through,
                    unread: reading.unread
                )
            )
        }
        for (mark, _) in settledBeyond {
            let of = mark.membership
            try body(.settled(of.account, of.conversation, position: mark.position))
        }
        for (mark, _) in hidden {
            let of = mark.membership
            try body(.hidden(of.account, of.conversation, position: mark.position))
        }
    }
}
