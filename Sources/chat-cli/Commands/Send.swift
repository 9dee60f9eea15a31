import ChatCore
import ChatOptions
import ChatService
import Storage

extension Command {
    static let send = Command(
        spec: CommandSpec(
            "send",
            abstract: "Send a message to a user.",
            discussion: """
                It is acknowledged once a majority of the servers has it on disk. Without a text, \
                standard input is the text, less one line break at its end.
                """,
            arguments: [
                ArgumentSpec("to", completion: SharedOption.userNames, help: "Who gets it."),
                ArgumentSpec(
                    "text",
                    .many(atLeast: 0),
                    help: "The text; several words are joined by spaces."
                ),
            ],
            options: [SharedOption.key],
            examples: [
                .init("chat-cli send bob hello", "a word"),
                .init("df -h | chat-cli send ops --key disk-$(date +%F)", "once a day"),
            ]
        )
    ) { call in
        let recipient = try call.parsed.string(required: "to")
        let key = try call.key()
        let (profile, client) = try call.session()
        let text = try call.text()
        let receipt = try await client.send(text, to: recipient, key: key)
        let sent = receipt.value
        // Without a key of the user's, only the client's own retry can have met an earlier try.
        let isRepeated = key != nil && receipt.isRepeated
        try call.report.result(
            """
            \(isRepeated ? "already sent as" : "sent") \
            \(recipient.escapedForTerminal())/\(sent.position) (id \(sent.id))
            """,
            quiet: sent.id.description
        ) {
            $0.member("id", sent.id)
            $0.member("conversation", sent.conversation)
            $0.member("from", profile.name)
            $0.member("to", recipient)
            $0.member("text", text)
            $0.member("position", sent.position)
            $0.member("time", sent.time)
            if isRepeated { $0.member("repeated", true) }
        }
    }
}

extension Call {
    /// The words of the command line, or all of standard input.
    fileprivate func text() throws -> String {
        let words = parsed.list("text")
        guard words.isEmpty else { return words.joined(separator: " ") }
        guard !parsed.flag("no-input") || !console.input.isTerminal else {
            throw parsed.usageError("Missing expected argument '<text> ...'")
        }
        let limit = Limits.messageBytes
        do throws(StreamError) {
            // A line break at the end, of one or two bytes, is none of the message.
            var text = try console.input.all(limitBytes: limit + 2)
            if text.last?.isNewline == true { text.removeLast() }
            guard text.utf8.count <= limit else { throw .tooLong(limitBytes: limit) }
            return text
        } catch {
            guard case .tooLong = error else { throw error }
            throw StreamError.tooLong(limitBytes: limit)
        }
    }
}
