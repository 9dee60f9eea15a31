import ChatCore
import ChatOptions
import ChatService
import Replication
import Storage

extension Command {
    static let tail = Command(
        spec: CommandSpec(
            "tail",
            abstract: "Follow what happens, until interrupted.",
            discussion: """
                Each message is shown once and in order. When a server is lost, the next one goes \
                on where it stopped. With --json, each line is an object: messages as in 'history' \
                with "event":"message", and "deleted", "read" and others beside; "event_id" is for \
                --since.
                """,
            options: [
                .value(
                    "since",
                    placeholder: "id",
                    help: """
                        Go on after this message, or after the event of this "event_id"; 0 is the \
                        oldest event that is kept. By default from now on.
                        """
                )
            ],
            examples: [
                .init("chat-cli tail --since mb42", "all after a message, and what follows"),
                .init("chat-cli tail --json | jq -r .text", "feed a script"),
            ]
        )
    ) { call in
        let since = try call.since()
        let (_, client) = try call.session()
        if let since { try await call.check(since, client) }
        let report = call.report
        var options = ServerEvents.Options()
        options.onConnection = { server in
            report.note(
                server.map { "following on \($0)" } ?? "connection lost, looking for another"
            )
        }
        let events = await client.events(since: since, options: options)
        for try await event in events { try report.event(event) }
    }
}

extension Call {
    /// Refuses a place that no event has yet: the stream would be silent, and nobody would know why.
    fileprivate func check(_ since: String, _ client: ChatClient) async throws {
        guard let wanted = EventID(since)?.index.value else { return }
        let last: UInt64
        do throws(ChatClientError) {
            last = try await client.lastIndex()
        } catch {
            // Without a leader nobody can say how far the log goes; a stream may go on all the same.
            guard case .failed(.unavailable) = error else { throw error }
            return report.note("nobody can tell whether '--since' is ahead of the log")
        }
        guard wanted > last else { return }
        throw Failure(
            .badData,
            code: "since_ahead",
            "'--since \(parsed.string("since") ?? since)' is ahead of the log, which ends at entry"
                + " \(last): it may be of another cluster"
        )
    }

    /// Where to go on, as the event stream has it.
    fileprivate func since() throws -> String? {
        guard let text = parsed.string("since") else { return nil }
        if text == "0" {
            return EventID(index: .zero, number: 0).with(epoch: EventEpoch.any).description
        }
        if let message = MessageID(text) { return ChatClient.eventID(after: message) }
        guard EventID(text) != nil else {
            throw parsed.usageError("The value '\(text)' is invalid for '--since <id>'")
        }
        return text
    }
}

extension Report {
    /// Prints an event; people are shown messages and deletions alone.
    fileprivate func event(_ event: ChatEvent) throws(StreamError) {
        if isJSON { return try object(event.json) }
        switch event.kind {
        case .message(let view): try message(view, marksUnread: false)
        case .deleted(let id, .all, _) where !isQuiet: try line(dim("\(id)  deleted"))
        case .reset: note("some events are no longer kept; see 'inbox' and 'history'")
        case .read, .readThrough, .deleted, .sessionEnded, .other: break
        }
    }
}

extension ChatEvent {
    /// One object, flat, with `event` and `event_id` last.
    fileprivate var json: [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        let name = write(to: &writer)
        writer.member("event", name)
        writer.member("event_id", id)
        writer.endObject()
        return writer.bytes
    }

    private func write(to writer: inout JSONWriter) -> String {
        switch kind {
        case .message(let view):
            view.writeMembers(to: &writer)
            return "message"
        case .read(let ids): writer.member("ids", ids)
        case .readThrough(let id): writer.member("through", id)
        case .deleted(let id, let scope, _):
            writer.member("id", id)
            writer.member("for", scope)
            return "deleted"
        case .sessionEnded(let session):
            writer.member("session", session)
            return "session-ended"
        case .reset: return "reset"
        case .other(let name): return name
        }
        return "read"
    }
}
