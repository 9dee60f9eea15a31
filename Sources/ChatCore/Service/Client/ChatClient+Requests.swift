public import ChatCore
import Replication

/// What changes something: each call once, however often it is tried under its key.
extension ChatClient {
    /// The session that a login made, and the token that proves it.
    public struct Login: Hashable, Sendable {
        /// Session, account and name.
        public var session: ChatState.LoggedIn
        /// The bearer token; whoever has it is the account.
        public var token: String
    }

    /// Makes an account; it is not logged in by that.
    ///
    /// - Throws: ``ChatClientError``; `name_taken` and rules for names and passwords as refusals.
    @discardableResult
    public func register(
        _ name: String,
        password: String,
        displayName: String? = nil,
        key: String? = nil
    ) async throws(ChatClientError) -> Receipt<ChatState.Registered> {
        try await post(
            .register(.init(name: name, password: password, displayName: displayName)),
            key: key
        ) {
            if case .registered(let registered) = $0 { registered } else { nil }
        }
    }

    /// Makes a session, and uses it from now on.
    ///
    /// - Throws: ``ChatClientError``; `credentials_wrong` as a refusal.
    @discardableResult
    public func login(
        _ name: String,
        password: String,
        device: String = "",
        key: String? = nil
    ) async throws(ChatClientError) -> Receipt<Login> {
        let (receipt, secret) = try await post(
            .login(.init(name: name, password: password, device: device)),
            key: key
        )
        guard case .loggedIn(let session) = receipt.value else { return try await expect(nil) }
        let token = try await expect(secret)
        await connection.use(token: token)
        return receipt.map { _ in Login(session: session, token: token) }
    }

    /// Ends sessions; the client forgets its token when its own is among them.
    ///
    /// - Returns: The sessions that ended.
    /// - Throws: ``ChatClientError``.
    @discardableResult
    public func logout(
        _ which: ChatState.Logout.Which = .this,
        key: String? = nil
    ) async throws(ChatClientError) -> Receipt<[SessionID]> {
        let receipt = try await post(.logout(which), key: key) {
            if case .loggedOut(let ids) = $0 { ids } else { nil }
        }
        if which == .this || which == .all { await connection.use(token: nil) }
        return receipt
    }

    /// Sends a message to a user.
    ///
    /// - Throws: ``ChatClientError``; `user_unknown` and `message_too_large` as refusals.
    @discardableResult
    public func send(
        _ text: String,
        to recipient: String,
        key: String? = nil
    ) async throws(ChatClientError) -> Receipt<ChatState.Sent> {
        try await post(.send(to: recipient, text: text), key: key) {
            if case .sent(let sent) = $0 { sent } else { nil }
        }
    }

    /// Marks messages as read.
    ///
    /// - Returns: Which they were; ``messages(_:)`` gives their texts.
    /// - Throws: ``ChatClientError``.
    @discardableResult
    public func read(
        _ which: ChatState.Read.Which,
        key: String? = nil
    ) async throws(ChatClientError) -> Receipt<ChatState.Marked> {
        try await post(.read(which), key: key) {
            if case .marked(let marked) = $0 { marked } else { nil }
        }
    }

    /// Deletes messages, for oneself or for all; each succeeds or fails by itself.
    ///
    /// - Parameters:
    ///   - ids: At most ``ChatCore/Limits/idsPerRequest``.
    ///   - scope: For whom they are gone.
    ///   - key: The idempotency key.
    /// - Returns: What became of each, in the order of `ids`.
    /// - Throws: ``ChatClientError``.
    @discardableResult
    public func delete(
        _ ids: [MessageID],
        for scope: ChatState.Delete.Scope = .me,
        key: String? = nil
    ) async throws(ChatClientError) -> Receipt<[ChatState.Deleted]> {
        try await post(.delete(ids, for: scope), key: key) {
            if case .deleted(let results) = $0 { results } else { nil }
        }
    }

    private func post<Value: Sendable>(
        _ request: ChatState.Request,
        key: String?,
        _ extract: (ChatState.Output) -> Value?
    ) async throws(ChatClientError) -> Receipt<Value> {
        let receipt = try await post(request, key: key).receipt
        let value = try await expect(extract(receipt.value))
        return receipt.map { _ in value }
    }
}
