public import ChatCore
public import Replication
package import Storage

/// Something that happened, as the account sees it.
public struct ChatEvent: Hashable, Sendable {
    /// What it was.
    public enum Kind: Hashable, Sendable {
        /// A message was sent, by another or by another device of the account.
        case message(MessageView)
        /// A device of the account read these messages.
        case read([MessageID])
        /// A device of the account read a conversation up to this message.
        case readThrough(MessageID)
        /// A message was deleted; for all, it is shown as what is left of it.
        case deleted(MessageID, scope: ChatState.Delete.Scope, MessageView?)
        /// A session of the account ended.
        case sessionEnded(SessionID)
        /// Events were missed, because they are no longer kept: query the state anew.
        case reset
        /// Something that this version does not know; it can be ignored.
        case other(name: String)
    }

    /// Where to go on after it.
    public var id: String?
    /// What it was.
    public var kind: Kind
}

/// The events of an account: each once and in order, from whatever server is there.
public struct ChatEvents: AsyncSequence, Sendable {
    let base: ServerEvents

    /// Begins a stream of its own.
    public func makeAsyncIterator() -> Iterator {
        Iterator(base: base.makeAsyncIterator())
    }

    /// Reads one stream.
    public struct Iterator: AsyncIteratorProtocol {
        var base: ServerEvents.Iterator

        /// The next event; nil once the task is cancelled.
        ///
        /// - Parameter actor: The caller's, which is not blocked.
        /// - Returns: The event.
        /// - Throws: ``ChatClientError``; the stream is over.
        public mutating func next(
            isolation actor: isolated (any Actor)?
        ) async throws(ChatClientError) -> ChatEvent? {
            let event: ServerEvent?
            do throws(ClusterClientError) {
                event = try await base.next(isolation: actor)
            } catch {
                throw .failed(error)
            }
            guard let event else { return nil }
            do throws(LineError) {
                return ChatEvent(id: event.id, kind: try ChatEvent.Kind(event))
            } catch {
                throw .unreadable(server: "the stream", error)
            }
        }
    }
}

extension ChatClient {
    /// The account's events, after a place or from now on; nothing is sent until they are asked
    /// for.
    ///
    /// - Parameters:
    ///   - since: The id of the last event that was seen; ``eventID(after:)`` makes one.
    ///   - options: How the stream behaves.
    /// - Returns: A sequence that goes on by itself on another server when one is lost.
    public func events(
        since: String? = nil,
        options: ServerEvents.Options = .init()
    ) async -> ChatEvents {
        ChatEvents(base: await connection.events(since: since, options: options))
    }

    /// The place in the events right after a message was sent.
    public static func eventID(after message: MessageID) -> String {
        EventID.end(of: LogIndex(message.entry)).with(epoch: EventEpoch.any).description
    }
}

extension ChatEvent.Kind {
    /// Reads an event as a server renders it.
    package init(_ event: ServerEvent) throws(LineError) {
        switch event.name {
        case "message": self = .message(try MessageView(lineBytes: event.data))
        case "reset": self = .reset
        case "read", "deleted", "session-ended":
            self = try RenderedMembers(event.data).kind(event.name)
        case let name: self = .other(name: name)
        }
    }
}

/// The members that an event's data may have, of which each kind has some.
private struct RenderedMembers {
    private var id: MessageID?
    private var ids: [MessageID]?
    private var through: MessageID?
    private var scope: ChatState.Delete.Scope?
    private var message: MessageView?
    private var session: SessionID?

    init(_ data: [UInt8]) throws(LineError) {
        var reader = JSONReader(data)
        try reader.members { (name, reader) throws(LineError) in
            switch name {
            case "id": id = try MessageID(from: &reader)
            case "ids": ids = try [MessageID](from: &reader)
            case "through": through = try MessageID(from: &reader)
            case "for": scope = try ChatState.Delete.Scope(from: &reader)
            case "message": message = try MessageView(from: &reader)
            case "session": session = try SessionID(from: &reader)
            default: _ = try reader.skip()
            }
        }
        try reader.finish()
    }

    func kind(_ name: String) throws(LineError) -> ChatEvent.Kind {
        switch (name, id, ids, through, scope, session) {
        case ("read", _, let ids?, _, _, _): return .read(ids)
        case ("read", _, _, let through?, _, _): return .readThrough(through)
        case ("deleted", let id?, _, _, let scope?, _):
            return .deleted(id, scope: scope, message)
        case ("session-ended", _, _, _, _, let session?): return .sessionEnded(session)
        default: throw LineError(.invalid("event '\(name)' lacks a member"))
        }
    }
}
