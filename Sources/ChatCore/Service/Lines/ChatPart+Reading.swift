import ChatCore
import Storage

extension ChatPart {
    /// Reads the value of a line's one member, whose name is the part's kind.
    ///
    /// - Throws: ``LineError`` for anything that ``writeMember(to:)`` of some part would not write.
    init(_ kind: String, from reader: inout JSONReader) throws(LineError) {
        switch kind {
        case "account": self = .account(try Self.account(&reader))
        case "session": self = .session(try Self.session(&reader))
        case "ended": self = try Self.endedToken(&reader)
        case "conversation": self = .conversation(try Self.conversation(&reader))
        case "message": self = .message(try Self.message(&reader))
        case "reading": self = try Self.reading(&reader)
        case "settled":
            let (account, conversation, position) = try Self.mark(&reader)
            self = .settled(account, conversation, position: position)
        case "hidden":
            let (account, conversation, position) = try Self.mark(&reader)
            self = .hidden(account, conversation, position: position)
        default: throw reader.unknown(kind)
        }
    }

    private static func account(_ reader: inout JSONReader) throws(LineError) -> Account {
        var (id, name, displayName): (AccountID?, AccountName?, String?)
        var (hash, version, created): (String?, UInt64?, LogTime?)
        try reader.members { (member, reader) throws(LineError) in
            switch member {
            case "id": id = try AccountID(from: &reader)
            case "name":
                name = AccountName(try reader.string())
                if name == nil { throw reader.error(.invalid("no name of an account")) }
            case "display": displayName = try reader.string()
            case "password_hash": hash = try reader.string()
            case "password_version": version = try reader.unsigned()
            case "created": created = try LogTime(from: &reader)
            default: throw reader.unknown(member)
            }
        }
        return Account(
            id: try reader.require(id, "id"),
            name: try reader.require(name, "name"),
            displayName: displayName,
            passwordHash: try reader.require(hash, "password_hash"),
            passwordVersion: try reader.require(version, "password_version"),
            created: try reader.require(created, "created")
        )
    }

    private static func session(_ reader: inout JSONReader) throws(LineError) -> Session {
        var (id, account, device): (SessionID?, AccountID?, String?)
        var (token, created, seen): (TokenHash?, LogTime?, LogTime?)
        var earlier: [TokenHash] = []
        try reader.members { (member, reader) throws(LineError) in
            switch member {
            case "id": id = try SessionID(from: &reader)
            case "account": account = try AccountID(from: &reader)
            case "device": device = try reader.string()
            case "token": token = try TokenHash(from: &reader)
            case "earlier": earlier = try [TokenHash](from: &reader)
            case "created": created = try LogTime(from: &reader)
            case "seen": seen = try LogTime(from: &reader)
            default: throw reader.unknown(member)
            }
        }
        return Session(
            id: try reader.require(id, "id"),
            account: try reader.require(account, "account"),
            device: try reader.require(device, "device"),
            token: try reader.require(token, "token"),
            earlierTokens: earlier,
            created: try reader.require(created, "created"),
            lastSeen: try reader.require(seen, "seen")
        )
    }

    private static func endedToken(_ reader: inout JSONReader) throws(LineError) -> ChatPart {
        var (token, account): (TokenHash?, AccountID?)
        try reader.members { (member, reader) throws(LineError) in
            switch member {
            case "token": token = try TokenHash(from: &reader)
            case "account": account = try AccountID(from: &reader)
            default: throw reader.unknown(member)
            }
        }
        return .endedToken(
            try reader.require(token, "token"),
            try reader.require(account, "account")
        )
    }

    private static func conversation(
        _ reader: inout JSONReader
    ) throws(LineError) -> Conversation {
        var (id, between): (ConversationID?, [AccountID]?)
        try reader.members { (member, reader) throws(LineError) in
            switch member {
            case "id": id = try ConversationID(from: &reader)
            case "between": between = try [AccountID](from: &reader)
            default: throw reader.unknown(member)
            }
        }
        let accounts = try reader.require(between, "between")
        guard accounts.count == 2 else {
            throw reader.error(.invalid("a conversation is between two accounts"))
        }
        return Conversation(
            id: try reader.require(id, "id"),
            kind: .direct(accounts[0], accounts[1])
        )
    }

    private static func message(_ reader: inout JSONReader) throws(LineError) -> Message {
        var (id, conversation, position): (MessageID?, ConversationID?, Int?)
        var (sender, time, text): (AccountID?, LogTime?, String?)
        var deletion: Message.Deletion?
        try reader.members { (member, reader) throws(LineError) in
            switch member {
            case "id": id = try MessageID(from: &reader)
            case "conversation": conversation = try ConversationID(from: &reader)
            case "position": position = try reader.count()
            case "from": sender = try AccountID(from: &reader)
            case "time": time = try LogTime(from: &reader)
            case "text": text = try reader.string()
            case "deleted": deletion = try Self.deletion(&reader)
            default: throw reader.unknown(member)
            }
        }
        // One that was deleted has no text.
        if deletion == nil { _ = try reader.require(text, "text") }
        return Message(
            id: try reader.require(id, "id"),
            conversation: try reader.require(conversation, "conversation"),
            position: try reader.require(position, "position"),
            sender: try reader.require(sender, "from"),
            time: try reader.require(time, "time"),
            text: text ?? "",
            deletion: deletion
        )
    }

    private static func deletion(
        _ reader: inout JSONReader
    ) throws(LineError) -> Message.Deletion {
        var (account, time): (AccountID?, LogTime?)
        try reader.members { (member, reader) throws(LineError) in
            switch member {
            case "by": account = try AccountID(from: &reader)
            case "time": time = try LogTime(from: &reader)
            default: throw reader.unknown(member)
            }
        }
        return Message.Deletion(
            account: try reader.require(account, "by"),
            time: try reader.require(time, "time")
        )
    }

    private static func reading(_ reader: inout JSONReader) throws(LineError) -> ChatPart {
        var (account, conversation): (AccountID?, ConversationID?)
        var (through, unread): (Int?, Int?)
        try reader.members { (member, reader) throws(LineError) in
            switch member {
            case "account": account = try AccountID(from: &reader)
            case "conversation": conversation = try ConversationID(from: &reader)
            case "through": through = try reader.count()
            case "unread": unread = try reader.count()
            default: throw reader.unknown(member)
            }
        }
        return .reading(
            try reader.require(account, "account"),
            try reader.require(conversation, "conversation"),
            through: try reader.require(through, "through"),
            unread: try reader.require(unread, "unread")
        )
    }

    private static func mark(
        _ reader: inout JSONReader
    ) throws(LineError) -> (AccountID, ConversationID, Int) {
        var (account, conversation, position): (AccountID?, ConversationID?, Int?)
        try reader.members { (member, reader) throws(LineError) in
            switch member {
            case "account": account = try AccountID(from: &reader)
            case "conversation": conversation = try ConversationID(from: &reader)
            case "position": position = try reader.count()
            default: throw reader.unknown(member)
            }
        }
        return (
            try reader.require(account, "account"),
            try reader.require(conversation, "conversation"),
            try reader.require(position, "position")
        )
    }
}
