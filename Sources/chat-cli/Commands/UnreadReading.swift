import ChatCore
import ChatOptions
import ChatService

/// Shows unread messages and marks as read what was written, and nothing else.
///
/// What could not be printed was not read: messages are written first, and then marked by their ids.
/// After each quarter of what was shown so far they are marked, so that a reader that goes away, as
/// `head` does, leaves nearly all that it has not seen unread.
struct UnreadReading {
    private let client: ChatClient
    private let report: Report
    /// Only of the conversation with this user.
    private let name: String?
    /// How many may still be shown.
    private var left: Int
    private var shown: Set<MessageID> = []
    /// How many are unread, as far as is known.
    private(set) var unread = 0

    init(_ client: ChatClient, _ report: Report, with name: String?, limit: Int?) {
        self.client = client
        self.report = report
        self.name = name
        left = limit ?? .max
    }

    /// Shows page after page until nothing is left that was not shown.
    mutating func run() async throws {
        while left > 0 {
            let page = try await page().filter { !shown.contains($0.id) }
            guard !page.isEmpty else { return }
            try await show(page[...])
        }
    }

    /// The oldest unread messages of each conversation, as many as a page has.
    private mutating func page() async throws -> [MessageView] {
        guard let name else {
            let inbox = try await client.inbox()
            unread = inbox.unread
            return inbox.conversations.flatMap(\.messages).sorted { $0.id < $1.id }
        }
        let counts = try await client.unreadCounts()
        unread = counts.unread
        guard let view = counts.conversations.first(where: { Self.isSame($0.with, name) }) else {
            // There may be no such user: that is an error, and not an empty page.
            _ = try await client.history(with: name, HistoryRange(limit: 1))
            return []
        }
        return try await client.unreadMessages(of: view)
    }

    /// Names are unique without regard to case.
    private static func isSame(_ left: String, _ right: String) -> Bool {
        left.lowercased() == right.lowercased()
    }

    private mutating func show(_ page: ArraySlice<MessageView>) async throws {
        var rest = page.prefix(left)
        while !rest.isEmpty {
            let batch = rest.prefix(min(max(1, shown.count / 4), Limits.idsPerRequest))
            rest = rest.dropFirst(batch.count)
            try await show(batch: batch)
        }
    }

    private mutating func show(batch: ArraySlice<MessageView>) async throws {
        var written: [MessageID] = []
        var failure: StreamError?
        for message in batch where failure == nil {
            var message = message
            message.isUnread = false
            do throws(StreamError) {
                try report.message(message)
                written.append(message.id)
            } catch { failure = error }
        }
        shown.formUnion(written)
        left -= written.count
        try await mark(written)
        if let failure { throw failure }
    }

    private mutating func mark(_ ids: [MessageID]) async throws {
        guard !ids.isEmpty else { return }
        do throws(ChatClientError) {
            unread = try await client.read(.these(ids)).value.unread
        } catch {
            guard Failure(error).exitCode == .outcomeUnknown else { throw error }
            throw Failure(
                .outcomeUnknown,
                code: "outcome_unknown",
                "what was shown may still count as unread, and be shown again"
            )
        }
    }
}
