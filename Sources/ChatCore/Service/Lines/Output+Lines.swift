public import ChatCore
public import Storage

extension ChatState.Output: LineCodable {
    /// Reads such as `{"logged_out":{"sessions":["sb12"]}}`.
    public init(from reader: inout JSONReader) throws(LineError) {
        self = try reader.oneCase { (name, reader) throws(LineError) in
            switch name {
            case "registered": .registered(try ChatState.Registered(from: &reader))
            case "logged_in": .loggedIn(try ChatState.LoggedIn(from: &reader))
            case "logged_out": .loggedOut(try reader.oneMember("sessions"))
            case "sent": .sent(try ChatState.Sent(from: &reader))
            case "read": .marked(try ChatState.Marked(from: &reader))
            case "deleted": .deleted(try reader.oneMember("results"))
            case "refused": .refused(try ChatError(from: &reader))
            default: throw reader.unknown(name)
            }
        }
    }

    /// Writes such as `{"logged_out":{"sessions":["sb12"]}}`.
    public func write(to writer: inout JSONWriter) {
        switch self {
        case .registered(let registered): writer.oneMember("registered", registered)
        case .loggedIn(let loggedIn): writer.oneMember("logged_in", loggedIn)
        case .loggedOut(let ids): writer.oneCase("logged_out") { $0.member("sessions", ids) }
        case .sent(let sent): writer.oneMember("sent", sent)
        case .marked(let marked): writer.oneMember("read", marked)
        case .deleted(let results): writer.oneCase("deleted") { $0.member("results", results) }
        case .refused(let error): writer.oneMember("refused", error)
        }
    }
}

extension ChatState.Registered: LineCodable {
    /// Reads `{"account":"aa7","name":"bob"}`.
    public init(from reader: inout JSONReader) throws(LineError) {
        var account: AccountID?
        var name: String?
        try reader.members { (member, reader) throws(LineError) in
            switch member {
            case "account": account = try AccountID(from: &reader)
            case "name": name = try reader.string()
            default: throw reader.unknown(member)
            }
        }
        self.init(
            account: try reader.require(account, "account"),
            name: try reader.require(name, "name")
        )
    }

    /// Writes `{"account":"aa7","name":"bob"}`.
    public func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("account", account)
        writer.member("name", name)
        writer.endObject()
    }
}

extension ChatState.LoggedIn: LineCodable {
    /// Reads `{"session":"sb12","account":"aa7","name":"bob"}`.
    public init(from reader: inout JSONReader) throws(LineError) {
        var session: SessionID?
        var account: AccountID?
        var name: String?
        try reader.members { (member, reader) throws(LineError) in
            switch member {
            case "session": session = try SessionID(from: &reader)
            case "account": account = try AccountID(from: &reader)
            case "name": name = try reader.string()
            default: throw reader.unknown(member)
            }
        }
        self.init(
            session: try reader.require(session, "session"),
            account: try reader.require(account, "account"),
            name: try reader.require(name, "name")
        )
    }

    /// Writes `{"session":"sb12","account":"aa7","name":"bob"}`.
    public func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("session", session)
        writer.member("account", account)
        writer.member("name", name)
        writer.endObject()
    }
}

extension ChatState.Sent: LineCodable {
    /// Reads `{"id":"mb42","conversation":"cb13","position":7,"time":1763697600123}`.
    public init(from reader: inout JSONReader) throws(LineError) {
        var id: MessageID?
        var conversation: ConversationID?
        var position: Int?
        var time: LogTime?
        try reader.members { (name, reader) throws(LineError) in
            switch name {
            case "id": id = try MessageID(from: &reader)
            case "conversation": conversation = try ConversationID(from: &reader)
            case "position": position = try reader.count()
            case "time": time = try LogTime(from: &reader)
            default: throw reader.unknown(name)
            }
        }
        self.init(
            id: try reader.require(id, "id"),
            conversation: try reader.require(conversation, "conversation"),
            position: try reader.require(position, "position"),
            time: try reader.require(time, "time")
        )
    }

    /// Writes `{"id":"mb42","conversation":"cb13","position":7,"time":1763697600123}`.
    public func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("id", id)
        writer.member("conversation", conversation)
        writer.member("position", position)
        writer.member("time", time)
        writer.endObject()
    }
}

extension ChatState.Marked: LineCodable {
    /// Reads `{"ids":["mb42"],"count":1,"unread":0}`, with `"more":true` if it was too much for one operation.
    public init(from reader: inout JSONReader) throws(LineError) {
        var ids: [MessageID]?
        var count: Int?
        var unread: Int?
        var isPartial = false
        try reader.members { (name, reader) throws(LineError) in
            switch name {
            case "ids": ids = try [MessageID](from: &reader)
            case "count": count = try reader.count()
            case "unread": unread = try reader.count()
            case "more": isPartial = try reader.boolean()
            default: throw reader.unknown(name)
            }
        }
        self.init(
            ids: try reader.require(ids, "ids"),
            count: try reader.require(count, "count"),
            unread: try reader.require(unread, "unread"),
            isPartial: isPartial
        )
    }

    /// Writes `{"ids":["mb42"],"count":1,"unread":0}`.
    public func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("ids", ids)
        writer.member("count", count)
        writer.member("unread", unread)
        if isPartial { writer.member("more", true) }
        writer.endObject()
    }
}

extension ChatState.Deleted: LineCodable {
    /// Reads `{"id":"mb42","error":"not_yours"}`.
    public init(from reader: inout JSONReader) throws(LineError) {
        var id: MessageID?
        var error: ChatError.Code?
        try reader.members { (name, reader) throws(LineError) in
            switch name {
            case "id": id = try MessageID(from: &reader)
            case "error": error = try ChatError.Code(from: &reader)
            default: throw reader.unknown(name)
            }
        }
        self.init(id: try reader.require(id, "id"), error: error)
    }

    /// Writes `{"id":"mb42","error":"not_yours"}`, without `error` for a success.
    public func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("id", id)
        writer.member("error", error)
        writer.endObject()
    }
}

extension ChatError: LineCodable {
    /// Reads `{"code":"user_unknown","about":"carol"}`.
    public init(from reader: inout JSONReader) throws(LineError) {
        var code: Code?
        var subject: String?
        try reader.members { (name, reader) throws(LineError) in
            switch name {
            case "code": code = try Code(from: &reader)
            case "about": subject = try reader.string()
            default: throw reader.unknown(name)
            }
        }
        self.init(try reader.require(code, "code"), about: subject ?? "")
    }

    /// Writes `{"code":"user_unknown","about":"carol"}`, without `about` for nothing.
    public func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("code", code)
        writer.member("about", subject.isEmpty ? nil : subject)
        writer.endObject()
    }
}
