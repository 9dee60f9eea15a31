import ChatCore
import Testing

/// A chat under test, with a log that counts its entries and a clock that is set by hand.
struct Chat {
    var state = ChatState()
    var entry: UInt64 = 0
    var time: Int64 = 1_000_000
    /// All events so far.
    var events: [ChatState.Event] = []

    /// Registers and logs in; gives the session.
    mutating func join(_ name: String) throws -> SessionID {
        apply(.register(ChatState.Register(name: name, passwordHash: "hash of \(name)")))
        return try login(name)
    }

    mutating func login(_ name: String, device: String = "") throws -> SessionID {
        let account = try #require(state.account(named: name))
        let output = apply(
            .login(
                ChatState.Login(
                    name: name,
                    passwordVersion: account.passwordVersion,
                    token: try token(),
                    device: device
                )
            )
        )
        guard case .loggedIn(let session) = output else {
            throw Unexpected(output: output)
        }
        return session.session
    }

    /// The hash of a token that no session has yet.
    func token() throws -> TokenHash {
        let next = entry + 1
        let number = (0..<8).map { UInt8(truncatingIfNeeded: next >> (56 - 8 * UInt64($0))) }
        return try #require(TokenHash([UInt8](repeating: 7, count: 24) + number))
    }

    @discardableResult
    mutating func apply(_ operation: ChatState.Operation) -> ChatState.Output {
        entry += 1
        let moment = Moment(entry: entry, time: LogTime(milliseconds: time))
        let output = state.apply(operation, at: moment)
        events += state.takeEvents()
        return output
    }

    @discardableResult
    mutating func send(
        _ text: String,
        to name: String,
        by session: SessionID
    ) throws -> ChatState.Sent {
        let output = apply(.send(ChatState.Send(session: session, to: name, text: text)))
        guard case .sent(let sent) = output else { throw Unexpected(output: output) }
        return sent
    }

    @discardableResult
    mutating func read(
        _ which: ChatState.Read.Which,
        by session: SessionID
    ) throws -> ChatState.Marked {
        let output = apply(.read(ChatState.Read(session: session, which: which)))
        guard case .marked(let marked) = output else { throw Unexpected(output: output) }
        return marked
    }

    @discardableResult
    mutating func delete(
        _ ids: [MessageID],
        for scope: ChatState.Delete.Scope,
        by session: SessionID
    ) throws -> [ChatState.Deleted] {
        let output = apply(
            .delete(ChatState.Delete(session: session, ids: ids, scope: scope))
        )
        guard case .deleted(let results) = output else { throw Unexpected(output: output) }
        return results
    }

    mutating func logout(
        _ session: SessionID,
        _ which: ChatState.Logout.Which = .this
    ) -> ChatState.Output {
        apply(.logout(ChatState.Logout(session: session, which: which)))
    }

    func id(_ name: String) throws -> AccountID { try #require(state.account(named: name)).id }

    func unread(_ name: String) throws -> Int { state.unreadCount(of: try id(name)) }

    /// What an account sees of a conversation, oldest first.
    func texts(of name: String, with other: String) throws -> [String?] {
        try state.history(of: try id(name), with: other, HistoryRange(newestFirst: false))
            .items.map(\.text)
    }

    struct Unexpected: Error {
        let output: ChatState.Output
    }
}

/// The code of a refusal, or nil for a success.
func code(_ output: ChatState.Output) -> ChatError.Code? {
    guard case .refused(let error) = output else { return nil }
    return error.code
}
