import ChatCore
import ChatService
import Options
import Storage

extension Command {
    static let inbox = Command(
        spec: CommandSpec(
            "inbox",
            abstract: "Show the conversations with unread messages; nothing is marked as read.",
            discussion: "With --json, each conversation lists its unread messages, oldest first."
        )
    ) { call in
        let inbox = try await call.session().client.inbox()
        if call.report.isJSON {
            for view in inbox.conversations { try call.report.object(view.lineBytes) }
        } else if call.report.isQuiet {
            for view in inbox.conversations {
                try call.report.line(view.with.escapedForTerminal())
            }
        } else {
            let rows = inbox.conversations.map { view in
                let last = view.messages.last.map { message in
                    "\(TimeText.text(message.time))  \"\(message.text ?? "")\""
                }
                return [view.with, "\(view.unread)", last ?? ""]
            }
            try call.report.table(["CONVERSATION", "UNREAD", "LAST"], rows)
            if rows.isEmpty { call.report.note("nothing unread") }
        }
    }

    static let read = Command(
        spec: CommandSpec(
            "read",
            abstract: "Show the oldest unread messages, and mark them as read.",
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
                ),
                SharedOption.key,
            ]
        )
    ) { call in
        let (_, client) = try call.session()
        let with = call.parsed.string("with")
        let limit = call.parsed.integer("next")
        var key = try call.key()
        // What was marked is shown from the state that has it marked.
        var current = client
        current.acceptsStaleReads = false
        var marked: ChatState.Marked
        repeat {
            let count = limit ?? Limits.pageItems
            marked = try await client.read(.next(count, with: with), key: key).value
            guard !marked.ids.isEmpty else { break }
            for message in try await current.messages(marked.ids) {
                try call.report.message(message)
            }
            key = nil
        } while limit == nil && marked.ids.count == Limits.pageItems
        if !call.report.isJSON { call.report.note("\(marked.unread) more unread") }
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
