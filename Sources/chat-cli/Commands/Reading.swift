import ChatCore
import ChatOptions
import ChatService
import Storage

extension Command {
    static let inbox = Command(
        spec: CommandSpec(
            "inbox",
            abstract: "Show the conversations with unread messages; nothing is marked as read.",
            discussion: "With --json, each conversation lists its unread messages, oldest first."
        )
    ) { call in
        let (_, client) = try call.session()
        let inbox = try await client.unreadCounts()
        if call.report.isJSON { return try await call.showUnread(inbox, client) }
        if call.report.isQuiet {
            for view in inbox.conversations {
                try call.report.line(view.with.escapedForTerminal())
            }
            return
        }
        var rows: [[String]] = []
        for view in inbox.conversations { rows.append(try await call.row(of: view, client)) }
        try call.report.table(["CONVERSATION", "UNREAD", "LAST"], rows)
        if rows.isEmpty { call.report.note("nothing unread") }
    }

    static let read = Command(
        spec: CommandSpec(
            "read",
            abstract: "Show the oldest unread messages, and mark them as read.",
            discussion: """
                A message is marked once it was written to standard output: one that could not be \
                printed stays unread.
                """,
            arguments: [
                ArgumentSpec(
                    "with",
                    .optional,
                    completion: SharedOption.userNames,
                    help: "Only those of the conversation with this user."
                )
            ],
            options: [
                .value(
                    "next",
                    .integer(1...Limits.pageItems),
                    placeholder: "n",
                    help: "At most so many; by default all."
                )
            ]
        )
    ) { call in
        var (_, client) = try call.session()
        // What another device has read must not be shown again.
        client.acceptsStaleReads = false
        var reading = UnreadReading(
            client,
            call.report,
            with: call.parsed.string("with"),
            limit: call.parsed.integer("next")
        )
        try await reading.run()
        if !call.report.isJSON { call.report.note("\(reading.unread) more unread") }
    }

    static let history = Command(
        spec: CommandSpec(
            "history",
            abstract: "Show the conversation with a user, oldest message first.",
            arguments: [
                ArgumentSpec("with", completion: SharedOption.userNames, help: "The other one.")
            ],
            options: [
                .value(
                    "limit",
                    .integer(1...1_000_000),
                    placeholder: "n",
                    default: "50",
                    help: "At most so many messages: the newest, unless --after is given."
                ),
                .value(
                    "before",
                    placeholder: "id",
                    help: "Only what is older than this message."
                ),
                .value("after", placeholder: "id", help: "Only what is newer than this message."),
            ],
            examples: [.init("chat-cli history bob --limit 10", "the last ten")]
        )
    ) { call in
        let with = try call.parsed.string(required: "with")
        let limit = try call.parsed.integer(required: "limit")
        let before = try call.message("before")
        let after = try call.message("after")
        let (_, client) = try call.session()
        var range = HistoryRange(before: before, after: after, newestFirst: after == nil)
        var messages: [MessageView] = []
        var isOver = false
        while !isOver, messages.count < limit {
            range.limit = min(limit - messages.count, Limits.pageItems)
            let page = try await client.history(with: with, range)
            messages += page.items
            if range.newestFirst { range.before = page.next } else { range.after = page.next }
            isOver = page.next == nil
        }
        for message in range.newestFirst ? messages.reversed() : messages {
            try call.report.message(message)
        }
    }
}

extension Call {
    /// Prints each conversation with all its unread messages.
    fileprivate func showUnread(
        _ counts: ChatClient.Inbox,
        _ client: ChatClient
    ) async throws {
        for var view in counts.conversations {
            view.messages = try await client.unreadMessages(of: view)
            view.unread = view.messages.count
            try report.object(view.lineBytes)
        }
    }

    /// A conversation with its newest message, read or not.
    fileprivate func row(
        of view: ConversationView,
        _ client: ChatClient
    ) async throws -> [String] {
        let newest = HistoryRange(newestFirst: true, limit: 1)
        let last = try await client.history(with: view.with, newest).items.first.map { message in
            "\(message.time.text)  "
                + (message.text.map { "\"\($0)\"" } ?? "(deleted)")
        }
        return [view.with, "\(view.unread)", last ?? ""]
    }

    /// The id of a message that an option gives.
    fileprivate func message(_ option: String) throws -> MessageID? {
        guard let text = parsed.string(option) else { return nil }
        guard let id = MessageID(text) else {
            throw Failure(
                .notFound,
                code: ChatError.Code.messageUnknown.rawValue,
                ChatError(.messageUnknown, about: text).message
            )
        }
        return id
    }
}
