public import ChatCore
public import Storage

extension MessageView: LineCodable {
    /// Reads what ``write(to:)`` writes.
    public init(from reader: inout JSONReader) throws(LineError) {
        var members = MessageMembers()
        try reader.members { (name, reader) throws(LineError) in
            try members.read(name, &reader)
        }
        self.init(
            id: try reader.require(members.id, "id"),
            conversation: try reader.require(members.conversation, "conversation"),
            position: try reader.require(members.position, "position"),
            from: try reader.require(members.from, "from"),
            to: try reader.require(members.to, "to"),
            time: try reader.require(members.time, "time"),
            text: members.text,
            deletion: members.deletion,
            isUnread: members.isUnread
        )
    }

    /// Writes a message as people and scripts see it; once it was deleted it has no text.
    ///
    /// `{"id":"mb42","conversation":"cb13","from":"al","to":"bob","text":"hi","position":7,`
    /// `"time":1763697600123,"unread":true}`
    public func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writeMembers(to: &writer)
        writer.endObject()
    }

    /// Writes the members alone, for an object that has others beside.
    package func writeMembers(to writer: inout JSONWriter) {
        writer.member("id", id)
        writer.member("conversation", conversation)
        writer.member("from", from)
        writer.member("to", to)
        writer.member("text", text)
        writer.member("position", position)
        writer.member("time", time)
        writer.member("deleted", deletion)
        writer.member("unread", isUnread ? true : nil)
    }
}

private struct MessageMembers {
    var id: MessageID?
    var conversation: ConversationID?
    var from: String?
    var to: String?
    var text: String?
    var position: Int?
    var time: LogTime?
    var deletion: MessageView.Deletion?
    var isUnread = false

    mutating func read(_ name: String, _ reader: inout JSONReader) throws(LineError) {
        switch name {
        case "id": id = try MessageID(from: &reader)
        case "conversation": conversation = try ConversationID(from: &reader)
        case "from": from = try reader.string()
        case "to": to = try reader.string()
        case "text": text = try reader.string()
        case "position": position = try reader.count()
        case "time": time = try LogTime(from: &reader)
        case "deleted": deletion = try MessageView.Deletion(from: &reader)
        case "unread": isUnread = try reader.boolean()
        default: throw reader.unknown(name)
        }
    }
}

extension MessageView.Deletion: LineCodable {
    /// Reads `{"by":"al","time":1763697600123}`.
    public init(from reader: inout JSONReader) throws(LineError) {
        var name: String?
        var time: LogTime?
        try reader.members { (member, reader) throws(LineError) in
            switch member {
            case "by": name = try reader.string()
            case "time": time = try LogTime(from: &reader)
            default: throw reader.unknown(member)
            }
        }
        self.init(by: try reader.require(name, "by"), time: try reader.require(time, "time"))
    }

    /// Writes `{"by":"al","time":1763697600123}`.
    public func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("by", by)
        writer.member("time", time)
        writer.endObject()
    }
}
