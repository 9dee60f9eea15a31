public import ChatCore
public import Storage

extension ChatState {
    /// What a query gives.
    public enum Answer: Equatable, Sendable {
        /// The caller's account, its session, and how many messages are unread.
        case whoami(UserView, session: SessionID, unread: Int)
        /// Whether a name can be registered.
        case nameFree(Bool)
        /// Accounts; `next` is the cursor of the next page.
        case users([UserView], next: String?)
        /// The unread messages by conversation, and how many there are in all.
        case inbox([ConversationView], unread: Int)
        /// The conversations with unread messages, and how many there are in all.
        case unread([ConversationView], unread: Int)
        /// Conversations, each with its last message.
        case conversations([ConversationView], next: ConversationID?)
        /// A page of a conversation.
        case history([MessageView], next: MessageID?)
        /// Messages by their ids; `next` is the first one that had no room.
        case messages([MessageView], next: MessageID?)
        /// The sessions of the caller's account.
        case sessions([SessionView])
    }
}

extension ChatState.Answer: LineCodable {
    /// Reads such as `{"history":{"messages":[…],"next":"mb42"}}`.
    public init(from reader: inout JSONReader) throws(LineError) {
        self = try reader.oneCase { (name, reader) throws(LineError) in
            var members = AnswerMembers()
            try reader.members { (member, reader) throws(LineError) in
                try members.read(member, of: name, &reader)
            }
            return try members.finish(name, reader)
        }
    }

    /// Writes such as `{"history":{"messages":[…],"next":"mb42"}}`.
    public func write(to writer: inout JSONWriter) {
        switch self {
        case .whoami(let user, let session, let unread):
            writer.oneCase("whoami") {
                $0.member("user", user)
                $0.member("session", session)
                $0.member("unread", unread)
            }
        case .nameFree(let isFree): writer.oneCase("name_free") { $0.member("free", isFree) }
        case .users(let users, let next):
            writer.oneCase("users") {
                $0.member("users", users)
                $0.member("next", next)
            }
        case .inbox(let conversations, let unread):
            writer.oneCase("inbox") {
                $0.member("unread", unread)
                $0.member("conversations", conversations)
            }
        case .unread(let conversations, let unread):
            writer.oneCase("unread") {
                $0.member("unread", unread)
                $0.member("conversations", conversations)
            }
        case .conversations(let conversations, let next):
            writer.oneCase("conversations") {
                $0.member("conversations", conversations)
                $0.member("next", next)
            }
        case .history(let messages, let next):
            writer.oneCase("history") {
                $0.member("messages", messages)
                $0.member("next", next)
            }
        case .messages(let messages, let next):
            writer.oneCase("messages") {
                $0.member("messages", messages)
                $0.member("next", next)
            }
        case .sessions(let sessions):
            writer.oneCase("sessions") { $0.member("sessions", sessions) }
        }
    }
}

/// The members that an answer may have, of which each kind has some.
private struct AnswerMembers {
    private var user: UserView?
    private var session: SessionID?
    private var unread: Int?
    private var isFree: Bool?
    private var users: [UserView]?
    private var conversations: [ConversationView]?
    private var messages: [MessageView]?
    private var sessions: [SessionView]?
    private var nextName: String?
    private var nextConversation: ConversationID?
    private var nextMessage: MessageID?

    mutating func read(
        _ member: String,
        of answer: String,
        _ reader: inout JSONReader
    ) throws(LineError) {
        switch (answer, member) {
        case ("whoami", "user"): user = try UserView(from: &reader)
        case ("whoami", "session"): session = try SessionID(from: &reader)
        case ("whoami", "unread"), ("inbox", "unread"), ("unread", "unread"):
            unread = try reader.count()
        case ("name_free", "free"): isFree = try reader.boolean()
        case ("users", "users"): users = try [UserView](from: &reader)
        case ("users", "next"): nextName = try reader.string()
        case ("inbox", "conversations"), ("unread", "conversations"),
            ("conversations", "conversations"):
            conversations = try [ConversationView](from: &reader)
        case ("conversations", "next"): nextConversation = try ConversationID(from: &reader)
        case ("history", "messages"), ("messages", "messages"):
            messages = try [MessageView](from: &reader)
        case ("history", "next"), ("messages", "next"): nextMessage = try MessageID(from: &reader)
        case ("sessions", "sessions"): sessions = try [SessionView](from: &reader)
        default: throw reader.unknown(member)
        }
    }

    func finish(_ answer: String, _ reader: JSONReader) throws(LineError) -> ChatState.Answer {
        switch answer {
        case "whoami":
            .whoami(
                try reader.require(user, "user"),
                session: try reader.require(session, "session"),
                unread: try reader.require(unread, "unread")
            )
        case "name_free": .nameFree(try reader.require(isFree, "free"))
        case "users": .users(try reader.require(users, "users"), next: nextName)
        case "inbox":
            .inbox(
                try reader.require(conversations, "conversations"),
                unread: try reader.require(unread, "unread")
            )
        case "unread":
            .unread(
                try reader.require(conversations, "conversations"),
                unread: try reader.require(unread, "unread")
            )
        case "conversations":
            .conversations(
                try reader.require(conversations, "conversations"),
                next: nextConversation
            )
        case "history": .history(try reader.require(messages, "messages"), next: nextMessage)
        case "messages": .messages(try reader.require(messages, "messages"), next: nextMessage)
        case "sessions": .sessions(try reader.require(sessions, "sessions"))
        default: throw reader.unknown(answer)
        }
    }
}
