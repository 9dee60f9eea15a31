public import ChatCore
import Replication

/// What waits to be read: all of it, however much one page may hold.
extension ChatClient {
    /// How many messages are unread, in each conversation that has any; without the messages.
    ///
    /// - Throws: ``ChatClientError``.
    public func unreadCounts() async throws(ChatClientError) -> Inbox {
        guard case .unread(let views, let unread) = try await ask(.unread) else {
            return try await expect(nil)
        }
        return Inbox(conversations: views, unread: unread)
    }

    /// The unread messages of a conversation, oldest first.
    ///
    /// The conversation is walked from its newest message until as many were found as its view
    /// counts, so a page that was cut is no loss.
    ///
    /// - Parameter view: The conversation, as ``unreadCounts()`` or ``inbox(limit:)`` gave it.
    /// - Returns: All of them, also those that came since.
    /// - Throws: ``ChatClientError``.
    public func unreadMessages(
        of view: ConversationView
    ) async throws(ChatClientError) -> [MessageView] {
        if view.messages.count == view.unread { return view.messages }
        var range = HistoryRange(newestFirst: true, limit: Limits.pageItems)
        var found: [MessageView] = []
        while found.count < view.unread {
            let page = try await history(with: view.with, range)
            found += page.items.filter(\.isUnread)
            guard let next = page.next else { break }
            range.before = next
        }
        return found.reversed()
    }

    /// The last entry that a linearizable read sees: all that was acknowledged lies before it.
    ///
    /// - Throws: ``ChatClientError``.
    public func lastIndex() async throws(ChatClientError) -> UInt64 {
        var current = self
        current.consistency = .linearizable
        return try await current.envelope(of: .whoami).index
    }
}
