public import ChatCore
public import Storage

extension ConversationView: LineCodable {
    /// Reads `{"conversation":"cb13","with":"bob","unread":1,"messages":[…]}`.
    public init(from reader: inout JSONReader) throws(LineError) {
        var id: ConversationID?
        var with: String?
        var unread: Int?
        var messages: [MessageView]?
        try reader.members { (name, reader) throws(LineError) in
            switch name {
            case "conversation": id = try ConversationID(from: &reader)
            case "with": with = try reader.string()
            case "unread": unread = try reader.count()
            case "messages": messages = try [MessageView](from: &reader)
            default: throw reader.unknown(name)
            }
        }
        self.init(
            id: try reader.require(id, "conversation"),
            with: try reader.require(with, "with"),
            unread: try reader.require(unread, "unread"),
            messages: try reader.require(messages, "messages")
        )
    }

    /// Writes `{"conversation":"cb13","with":"bob","unread":1,"messages":[…]}`.
    public func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("conversation", id)
        writer.member("with", with)
        writer.member("unread", unread)
        writer.member("messages", messages)
        writer.endObject()
    }
}

extension UserView: LineCodable {
    /// Reads `{"account":"aa7","name":"bob","display":"Bob"}`.
    public init(from reader: inout JSONReader) throws(LineError) {
        var id: AccountID?
        var name: String?
        var displayName: String?
        try reader.members { (member, reader) throws(LineError) in
            switch member {
            case "account": id = try AccountID(from: &reader)
            case "name": name = try reader.string()
            case "display": displayName = try reader.string()
            default: throw reader.unknown(member)
            }
        }
        self.init(
            id: try reader.require(id, "account"),
            name: try reader.require(name, "name"),
            displayName: displayName
        )
    }

    /// Writes `{"account":"aa7","name":"bob","display":"Bob"}`.
    public func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("account", id)
        writer.member("name", name)
        writer.member("display", displayName)
        writer.endObject()
    }
}

extension SessionView: LineCodable {
    /// Reads `{"session":"sb12","device":"phone","created":1,"last_seen":2,"current":true}`.
    public init(from reader: inout JSONReader) throws(LineError) {
        var id: SessionID?
        var device: String?
        var created: LogTime?
        var lastSeen: LogTime?
        var isCurrent = false
        try reader.members { (name, reader) throws(LineError) in
            switch name {
            case "session": id = try SessionID(from: &reader)
            case "device": device = try reader.string()
            case "created": created = try LogTime(from: &reader)
            case "last_seen": lastSeen = try LogTime(from: &reader)
            case "current": isCurrent = try reader.boolean()
            default: throw reader.unknown(name)
            }
        }
        self.init(
            id: try reader.require(id, "session"),
            device: try reader.require(device, "device"),
            created: try reader.require(created, "created"),
            lastSeen: try reader.require(lastSeen, "last_seen"),
            isCurrent: isCurrent
        )
    }

    /// Writes `{"session":"sb12","device":"phone","created":1,"last_seen":2,"current":true}`.
    public func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("session", id)
        writer.member("device", device)
        writer.member("created", created)
        writer.member("last_seen", lastSeen)
        writer.member("current", isCurrent ? true : nil)
        writer.endObject()
    }
}
