public import ChatCore
public import Storage

extension ChatState {
    /// What a client posts to `/v1/queries`; all but `name_free` need a session.
    public enum Query: Hashable, Sendable {
        /// The account and session of the caller: `{"whoami":{}}`.
        case whoami
        /// Whether a name can be registered: `{"name_free":{"name":"bob"}}`.
        case nameFree(String)
        /// Accounts: `{"users":{"pattern":"a*","after":"al","limit":50}}`, all optional.
        case users(pattern: String?, after: String?, limit: Int?)
        /// All unread messages: `{"inbox":{"limit":200}}`.
        case inbox(limit: Int?)
        /// Counts of unread messages: `{"unread":{}}`.
        case unread
        /// The conversations: `{"conversations":{"after":"cb13","limit":50}}`.
        case conversations(after: ConversationID?, limit: Int?)
        /// A part of a conversation: `{"history":{"with":"bob","before":"mb42","limit":50}}`,
        /// with `"order":"oldest"` or `"newest"` for which end comes first.
        case history(with: String, HistoryRange)
        /// Messages by their ids: `{"messages":{"ids":["mb42"]}}`.
        case messages([MessageID])
        /// The sessions of the caller's account: `{"sessions":{}}`.
        case sessions
    }
}

extension ChatState.Query: LineCodable {
    /// Reads such as `{"history":{"with":"bob"}}`.
    public init(from reader: inout JSONReader) throws(LineError) {
        self = try reader.oneCase { (name, reader) throws(LineError) in
            switch name {
            case "name_free": return .nameFree(try reader.oneMember("name"))
            case "messages": return .messages(try reader.oneMember("ids"))
            default: break
            }
            var members = QueryMembers()
            try reader.members { (member, reader) throws(LineError) in
                guard QueryMembers.names[name]?.contains(member) == true else {
                    throw reader.unknown(member)
                }
                try members.read(member, of: name, &reader)
            }
            return try members.finish(name, reader)
        }
    }

    /// Writes such as `{"history":{"with":"bob","order":"newest","limit":50}}`.
    public func write(to writer: inout JSONWriter) {
        switch self {
        case .whoami: writer.oneCase("whoami")
        case .nameFree(let name): writer.oneCase("name_free") { $0.member("name", name) }
        case .users(let pattern, let cursor, let limit):
            writer.oneCase("users") {
                $0.member("pattern", pattern)
                $0.member("after", cursor)
                $0.member("limit", limit.map(Int64.init))
            }
        case .inbox(let limit):
            writer.oneCase("inbox") { $0.member("limit", limit.map(Int64.init)) }
        case .unread: writer.oneCase("unread")
        case .conversations(let cursor, let limit):
            writer.oneCase("conversations") {
                $0.member("after", cursor)
                $0.member("limit", limit.map(Int64.init))
            }
        case .history(let name, let range):
            writer.oneCase("history") {
                $0.member("with", name)
                $0.member("before", range.before)
                $0.member("after", range.after)
                $0.member("order", range.newestFirst ? "newest" : "oldest")
                $0.member("limit", range.limit)
            }
        case .messages(let ids): writer.oneCase("messages") { $0.member("ids", ids) }
        case .sessions: writer.oneCase("sessions")
        }
    }
}

/// The members that a query may have, of which each kind has some.
private struct QueryMembers {
    /// Looked up only, so that its order does not matter.
    static let names: [String: [String]] = [
        "whoami": [], "unread": [], "sessions": [], "inbox": ["limit"],
        "users": ["pattern", "after", "limit"], "conversations": ["after", "limit"],
        "history": ["with", "before", "after", "order", "limit"],
    ]

    private var pattern: String?
    private var name: String?
    private var limit: Int?
    private var conversation: ConversationID?
    private var before: MessageID?
    private var after: MessageID?
    private var with: String?
    private var newestFirst: Bool?

    mutating func read(
        _ member: String,
        of query: String,
        _ reader: inout JSONReader
    ) throws(LineError) {
        switch (query, member) {
        case (_, "limit"): limit = try reader.count()
        case (_, "pattern"): pattern = try reader.string()
        case (_, "with"): with = try reader.string()
        case (_, "before"): before = try MessageID(from: &reader)
        case (_, "order"): newestFirst = try Self.order(&reader)
        case ("users", "after"): name = try reader.string()
        case ("conversations", "after"): conversation = try ConversationID(from: &reader)
        case ("history", "after"): after = try MessageID(from: &reader)
        default: throw reader.unknown(member)
        }
    }

    func finish(_ query: String, _ reader: JSONReader) throws(LineError) -> ChatState.Query {
        switch query {
        case "whoami": .whoami
        case "unread": .unread
        case "sessions": .sessions
        case "inbox": .inbox(limit: limit)
        case "users": .users(pattern: pattern, after: name, limit: limit)
        case "conversations": .conversations(after: conversation, limit: limit)
        case "history":
            .history(
                with: try reader.require(with, "with"),
                HistoryRange(
                    before: before,
                    after: after,
                    newestFirst: newestFirst,
                    limit: limit ?? 50
                )
            )
        default: throw reader.unknown(query)
        }
    }

    private static func order(_ reader: inout JSONReader) throws(LineError) -> Bool {
        switch try reader.string() {
        case "newest": true
        case "oldest": false
        default: throw reader.error(.invalid("the order is \"newest\" or \"oldest\" first"))
        }
    }
}
