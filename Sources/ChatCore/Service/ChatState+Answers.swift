public import ChatCore
public import Replication
import Storage

extension ChatState {
    /// Answers a query from this state; sessions are judged by the log's time, never by `now`.
    ///
    /// - Throws: ``Refusal`` without a session, and for what ``ChatError`` names.
    public func answer(
        _ query: Query,
        from caller: Caller,
        now: Timestamp
    ) throws(Refusal) -> Answer {
        if case .nameFree(let name) = query { return .nameFree(try isFree(name)) }
        let session = try session(of: caller)
        return try refusing { () throws(ChatError) in try answer(query, for: session) }
    }

    private func answer(_ query: Query, for session: Session) throws(ChatError) -> Answer {
        let me = session.account
        switch query {
        case .whoami: return whoami(session)
        case .nameFree(let name): return .nameFree(account(named: name) == nil)
        case .users(let pattern, let cursor, let limit):
            let page = try users(matching: pattern ?? "*", after: cursor, limit: limit ?? 50)
            return .users(page.items, next: page.next)
        case .inbox(let limit):
            return .inbox(
                try inbox(of: me, limit: limit ?? Limits.pageItems),
                unread: unreadCount(of: me)
            )
        case .unread: return .unread(unreadCounts(of: me), unread: unreadCount(of: me))
        case .conversations(let cursor, let limit):
            let page = try conversations(of: me, after: cursor, limit: limit ?? 50)
            return .conversations(page.items, next: page.next)
        case .history(let name, let range):
            let page = try history(of: me, with: name, range)
            return .history(page.items, next: page.next)
        case .messages(let ids):
            let page = try messages(ids, for: me)
            return .messages(page.items, next: page.next)
        case .sessions: return .sessions(sessions(asSeenFrom: session))
        }
    }

    private func whoami(_ session: Session) -> Answer {
        let account = account(session.account)
        return .whoami(
            UserView(
                id: session.account,
                name: account?.name.text ?? "",
                displayName: account?.displayName
            ),
            session: session.id,
            unread: unreadCount(of: session.account)
        )
    }

    private func isFree(_ name: String) throws(Refusal) -> Bool {
        do throws(ChatError) {
            _ = try checkFree(name: name)
            return true
        } catch {
            guard error.code == .nameTaken else { throw error.refusal }
            return false
        }
    }
}
