public import ChatCore
public import Storage

extension ChatState.Operation: LineCodable {
    /// Reads such as `{"send":{"session":"sb12","to":"bob","text":"hi"}}`.
    public init(from reader: inout JSONReader) throws(LineError) {
        self = try reader.oneCase { (name, reader) throws(LineError) in
            switch name {
            case "register": .register(try ChatState.Register(from: &reader))
            case "login": .login(try ChatState.Login(from: &reader))
            case "rekey": .rekey(try ChatState.Rekey(from: &reader))
            case "logout": .logout(try ChatState.Logout(from: &reader))
            case "send": .send(try ChatState.Send(from: &reader))
            case "read": .read(try ChatState.Read(from: &reader))
            case "delete": .delete(try ChatState.Delete(from: &reader))
            default: throw reader.unknown(name)
            }
        }
    }

    /// Writes such as `{"send":{"session":"sb12","to":"bob","text":"hi"}}`.
    public func write(to writer: inout JSONWriter) {
        writer.beginObject()
        switch self {
        case .register(let register): writer.member("register", register)
        case .login(let login): writer.member("login", login)
        case .rekey(let rekey): writer.member("rekey", rekey)
        case .logout(let logout): writer.member("logout", logout)
        case .send(let send): writer.member("send", send)
        case .read(let read): writer.member("read", read)
        case .delete(let delete): writer.member("delete", delete)
        }
        writer.endObject()
    }
}

extension ChatState.Send: LineCodable {
    /// Reads `{"session":"sb12","to":"bob","text":"hi"}`.
    public init(from reader: inout JSONReader) throws(LineError) {
        var session: SessionID?
        var recipient: String?
        var text: String?
        try reader.members { (name, reader) throws(LineError) in
            switch name {
            case "session": session = try SessionID(from: &reader)
            case "to": recipient = try reader.string()
            case "text": text = try reader.string()
            default: throw reader.unknown(name)
            }
        }
        self.init(
            session: try reader.require(session, "session"),
            to: try reader.require(recipient, "to"),
            text: try reader.require(text, "text")
        )
    }

    /// Writes `{"session":"sb12","to":"bob","text":"hi"}`.
    public func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("session", session)
        writer.member("to", recipient)
        writer.member("text", text)
        writer.endObject()
    }
}

extension ChatState.Read: LineCodable {
    /// Reads such as `{"session":"sb12","next":5,"with":"bob"}`.
    public init(from reader: inout JSONReader) throws(LineError) {
        var session: SessionID?
        var which = ReadMembers()
        try reader.members { (name, reader) throws(LineError) in
            if name == "session" {
                session = try SessionID(from: &reader)
            } else {
                try which.read(name, &reader)
            }
        }
        self.init(
            session: try reader.require(session, "session"),
            which: try which.finish(reader)
        )
    }

    /// Writes such as `{"session":"sb12","next":5,"with":"bob"}`.
    public func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("session", session)
        ReadMembers.write(which, to: &writer)
        writer.endObject()
    }
}

extension ChatState.Delete: LineCodable {
    /// Reads `{"session":"sb12","ids":["mb42"],"for":"all"}`.
    public init(from reader: inout JSONReader) throws(LineError) {
        var session: SessionID?
        var ids: [MessageID]?
        var scope: Scope?
        try reader.members { (name, reader) throws(LineError) in
            switch name {
            case "session": session = try SessionID(from: &reader)
            case "ids": ids = try [MessageID](from: &reader)
            case "for": scope = try Scope(from: &reader)
            default: throw reader.unknown(name)
            }
        }
        self.init(
            session: try reader.require(session, "session"),
            ids: try reader.require(ids, "ids"),
            scope: try reader.require(scope, "for")
        )
    }

    /// Writes `{"session":"sb12","ids":["mb42"],"for":"all"}`.
    public func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("session", session)
        writer.member("ids", ids)
        writer.member("for", scope)
        writer.endObject()
    }
}

extension ChatState.Delete.Scope: LineCodable {
    /// Reads `"me"` or `"all"`.
    public init(from reader: inout JSONReader) throws(LineError) {
        guard let scope = Self(rawValue: try reader.string()) else {
            throw reader.error(.invalid("messages are deleted for \"me\" or for \"all\""))
        }
        self = scope
    }

    /// Writes `"me"` or `"all"`.
    public func write(to writer: inout JSONWriter) { writer.string(rawValue) }
}
