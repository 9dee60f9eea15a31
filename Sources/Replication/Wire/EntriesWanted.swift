package import Storage

/// Asks another node for entries that the sender's damaged disk lost.
///
/// `{"entriesWanted":{"after":{"index":6,"term":1},"through":7,"pin":{"index":8,"term":1}},"crc":"…"}`
package struct EntriesWanted: Hashable, Sendable {
    /// Where the sender's log ends.
    package var after: LogPosition
    /// The last entry that is wanted.
    package var through: LogIndex
    /// An entry at or behind `through` that the sender once held: all before it are those of any log
    /// that holds it too (Raft §5.3).
    package var pin: LogPosition

    /// Creates a question.
    package init(after: LogPosition, through: LogIndex, pin: LogPosition) {
        self.after = after
        self.through = through
        self.pin = pin
    }
}

/// The answer to a question for entries; their lines follow it.
///
/// `{"entriesFound":{"pin":{…},"holdsPin":true,"previous":{"index":6,"term":1},"last":{…},"lines":1},"crc":"…"}`
package struct EntriesFound: Hashable, Sendable {
    /// The pin of the question.
    package var pin: LogPosition
    /// Whether the answering node's log holds it.
    package var holdsPin: Bool
    /// The entry before the first line; absent if what was asked for is compacted.
    package var previous: LogPosition?
    /// Where the answering node's log ends.
    package var last: LogPosition
    /// How many lines follow.
    package var lines = 0

    /// Creates an answer.
    package init(pin: LogPosition, holdsPin: Bool, previous: LogPosition?, last: LogPosition) {
        self.pin = pin
        self.holdsPin = holdsPin
        self.previous = previous
        self.last = last
    }
}

extension EntriesWanted: LineCodable {
    /// Reads `{"after":{…},"through":7,"pin":{…}}`.
    package init(from reader: inout JSONReader) throws(LineError) {
        var (after, pin): (LogPosition?, LogPosition?)
        var through: UInt64?
        try reader.members { (name, reader) throws(LineError) in
            switch name {
            case "after": after = try reader.logPosition()
            case "through": through = try reader.ordinal()
            case "pin": pin = try reader.logPosition()
            default: throw reader.unknown(name)
            }
        }
        self.init(
            after: try reader.require(after, "after"),
            through: LogIndex(try reader.require(through, "through")),
            pin: try reader.require(pin, "pin")
        )
    }

    /// Writes the question.
    package func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("after", after)
        writer.member("through", through.value)
        writer.member("pin", pin)
        writer.endObject()
    }
}

extension EntriesFound: LineCodable {
    /// Reads `{"pin":{…},"holdsPin":true,"previous":{…},"last":{…},"lines":1}`.
    package init(from reader: inout JSONReader) throws(LineError) {
        var (pin, previous, last): (LogPosition?, LogPosition?, LogPosition?)
        var (holdsPin, lines): (Bool?, Int?)
        try reader.members { (name, reader) throws(LineError) in
            switch name {
            case "pin": pin = try reader.logPosition()
            case "holdsPin": holdsPin = try reader.boolean()
            case "previous": previous = try reader.logPosition()
            case "last": last = try reader.logPosition()
            case "lines": lines = try reader.count()
            default: throw reader.unknown(name)
            }
        }
        self.init(
            pin: try reader.require(pin, "pin"),
            holdsPin: try reader.require(holdsPin, "holdsPin"),
            previous: previous,
            last: try reader.require(last, "last")
        )
        self.lines = try reader.require(lines, "lines")
    }

    /// Writes the answer; an absent member is left out.
    package func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("pin", pin)
        writer.member("holdsPin", holdsPin)
        writer.member("previous", previous)
        writer.member("last", last)
        writer.member("lines", lines)
        writer.endObject()
    }
}
