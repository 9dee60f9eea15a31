import ChatCore
import Storage

/// The parts of the chat as lines of a snapshot, each an object whose one member is its kind.
extension ChatPart {
    /// Writes such as `"message":{"id":"mb42",…}`, the member of an open object.
    func writeMember(to writer: inout JSONWriter) {
        switch self {
        case .account(let account):
            writer.object("account") { Self.write(account, to: &$0) }
        case .session(let session):
            writer.object("session") { Self.write(session, to: &$0) }
        case .endedToken(let token, let account):
            writer.object("ended") {
                $0.member("token", token)
                $0.member("account", account)
            }
        case .conversation(let conversation):
            writer.object("conversation") { Self.write(conversation, to: &$0) }
        case .message(let message):
            writer.object("message") { Self.write(message, to: &$0) }
        case .reading(let account, let conversation, let through, let unread):
            writer.object("reading") {
                $0.member("account", account)
                $0.member("conversation", conversation)
                $0.member("through", through)
                $0.member("unread", unread)
            }
        case .settled(let account, let conversation, let position):
            writer.object("settled") { Self.write(account, conversation, position, to: &$0) }
        case .hidden(let account, let conversation, let position):
            writer.object("hidden") { Self.write(account, conversation, position, to: &$0) }
        }
    }

    private static func write(_ account: Account, to writer: inout JSONWriter) {
        writer.member("id", account.id)
        writer.member("name", account.name.text)
        writer.member("display", account.displayName)
        writer.member("password_hash", account.passwordHash)
        writer.member("password_version", account.passwordVersion)
        writer.member("created", account.created)
    }

    private static func write(_ session: Session, to writer: inout JSONWriter) {
        writer.member("id", session.id)
        writer.member("account", session.account)
        writer.member("device", session.device)
        writer.member("token", session.token)
        if !session.earlierTokens.isEmpty { writer.member("earlier", session.earlierTokens) }
        writer.member("created", session.created)
        writer.member("seen", session.lastSeen)
    }

    private static func write(_ conversation: Conversation, to writer: inout JSONWriter) {
        writer.member("id", conversation.id)
        switch conversation.kind {
        case .direct(let first, let second): writer.member("between", [first, second])
        }
    }

    private static func write(_ message: Message, to writer: inout JSONWriter) {
        writer.member("id", message.id)
        writer.member("conversation", message.conversation)
        writer.member("position", message.position)
        writer.member("from", message.sender)
        writer.member("time", message.time)
        if let deletion = message.deletion {
            writer.object("deleted") {
                $0.member("by", deletion.account)
                $0.member("time", deletion.time)
            }
        } else {
            writer.member("text", message.text)
        }
    }

    private static func write(
        _ account: AccountID,
        _ conversation: ConversationID,
        _ position: Int,
        to writer: inout JSONWriter
    ) {
        writer.member("account", account)
        writer.member("conversation", conversation)
        writer.member("position", position)
    }
}

extension JSONWriter {
    /// Writes a member whose value is an object.
    fileprivate mutating func object(_ name: String, _ members: (inout JSONWriter) -> Void) {
        key(name)
        beginObject()
        members(&self)
        endObject()
    }
}
