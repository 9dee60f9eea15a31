import Storage

extension StreamItem {
    /// Appends the item as a server-sent event.
    func write(to output: inout [UInt8]) {
        switch self {
        case .event(let id, let event): Self.write(id, event.name, event.data, to: &output)
        case .mark(let id): Self.write(id, "mark", Array("{}".utf8), to: &output)
        case .reset(let id):
            var writer = JSONWriter()
            writer.beginObject()
            writer.member("index", id.index.value)
            writer.endObject()
            Self.write(id, "reset", writer.bytes, to: &output)
        }
    }

    private static func write(
        _ id: EventID,
        _ name: String,
        _ data: [UInt8],
        to output: inout [UInt8]
    ) {
        EventStreamWriter.write(id: id.description, name: name, data: data, to: &output)
    }
}

extension EventStreamWriter {
    /// Appends the event that says why a stream that had begun is over; it has no id.
    static func writeEnd(_ refusal: Refusal, to output: inout [UInt8]) {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("code", refusal.code)
        writer.member("message", refusal.message)
        writer.endObject()
        write(id: nil, name: "end", data: writer.bytes, to: &output)
    }
}
