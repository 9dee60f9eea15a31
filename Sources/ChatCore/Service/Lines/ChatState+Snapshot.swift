public import ChatCore
import Replication
public import Storage

extension ChatState {
    /// The version of the lines below.
    public static let snapshotSchema: UInt64 = 1

    /// Writes one line for where the log was, and one for each thing that the chat is made of.
    ///
    /// `{"chat":{"entry":42,"time":1763697600123,"parts":3},"crc":"…"}`
    public func writeSnapshot(to snapshot: inout SnapshotWriter) throws(SnapshotError) {
        try snapshot.line("chat", ChatHead(self))
        try forEachPart { (part) throws(SnapshotError) in
            try snapshot.line { part.writeMember(to: &$0) }
        }
    }

    /// Reads what ``writeSnapshot(to:)`` wrote.
    ///
    /// - Throws: ``SnapshotError`` for lines that do not fit together.
    public init(snapshot: inout SnapshotReader) throws(SnapshotError) {
        let last = snapshot.head.position.index.value
        let found = try snapshot.next { (kind, reader) throws(LineError) in
            guard kind == "chat" else { throw reader.error(.expected("'chat', not '\(kind)'")) }
            let head = try ChatHead(from: &reader)
            guard head.moment.entry <= last else {
                throw reader.error(.invalid("the chat is of a later entry than the snapshot"))
            }
            return head
        }
        guard let head = found else { throw .invalid("the chat has no line") }
        var restoration = ChatRestoration(at: head.moment)
        while true {
            let part: Void? = try snapshot.next { (kind, reader) throws(LineError) in
                let part = try ChatPart(kind, from: &reader)
                do throws(ChatRestoration.Rejection) { try restoration.add(part) } catch {
                    throw reader.error(.invalid(error.rule))
                }
            }
            if part == nil { break }
        }
        do throws(ChatRestoration.Rejection) {
            self = try restoration.finish(parts: head.parts)
        } catch { throw .invalid(error.rule) }
    }
}

/// The first line of a chat.
private struct ChatHead: LineCodable {
    var moment: ChatCore.Moment
    var parts: Int

    init(_ chat: ChatState) {
        moment = chat.moment
        parts = chat.partCount
    }

    init(from reader: inout JSONReader) throws(LineError) {
        var (entry, time, parts): (UInt64?, LogTime?, Int?)
        try reader.members { (member, reader) throws(LineError) in
            switch member {
            case "entry": entry = try reader.unsigned()
            case "time": time = try LogTime(from: &reader)
            case "parts": parts = try reader.count()
            default: throw reader.unknown(member)
            }
        }
        moment = ChatCore.Moment(
            entry: try reader.require(entry, "entry"),
            time: try reader.require(time, "time")
        )
        self.parts = try reader.require(parts, "parts")
    }

    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("entry", moment.entry)
        writer.member("time", moment.time)
        writer.member("parts", parts)
        writer.endObject()
    }
}
