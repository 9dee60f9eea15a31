package import Storage

/// A piece of a leader's snapshot, on its way to a member that lacks what was compacted.
///
/// `{"snapshot":{"term":3,"position":{"index":42,"term":2},"bytes":81920,"offset":0,"lines":17},"crc":"…"}`
///
/// As many of the snapshot's own lines follow it, as they stand in the file. One without lines, at
/// the end, asks what became of the snapshot.
package struct SnapshotPiece: Hashable, Sendable {
    /// The leader's term.
    package var term: Term
    /// The last entry that the snapshot holds.
    package var position: LogPosition
    /// The length of the whole snapshot.
    package var bytes: Int
    /// Where in the snapshot the lines begin.
    package var offset: Int
    /// How many lines follow.
    package var lines: Int
    /// How the newest terms of the snapshot's entries began.
    package var origins = TermOrigins()

    /// Creates a piece.
    package init(term: Term, position: LogPosition, bytes: Int, offset: Int, lines: Int) {
        self.term = term
        self.position = position
        self.bytes = bytes
        self.offset = offset
        self.lines = lines
    }
}

/// The answer to a piece; the next one is sent when it came.
package struct SnapshotReply: Hashable, Sendable {
    /// What has become of the snapshot.
    package enum Outcome: Hashable, Sendable {
        /// The bytes before this offset are there; the same again says that the member is at work.
        case wants(offset: Int)
        /// The member holds the snapshot's last entry: its log goes on from there.
        case installed
        /// What came is no good snapshot, and why.
        case damaged(String)
        /// The member could not take it, and why; it has what it had.
        case failed(String)
    }

    /// The term of the piece.
    package var term: Term
    /// Which snapshot.
    package var position: LogPosition
    /// What has become of it.
    package var outcome: Outcome

    /// Creates an answer.
    package init(term: Term, position: LogPosition, outcome: Outcome) {
        self.term = term
        self.position = position
        self.outcome = outcome
    }
}

extension SnapshotPiece: LineCodable {
    /// Reads `{"term":3,"position":{…},"bytes":81920,"offset":0,"lines":17}`.
    package init(from reader: inout JSONReader) throws(LineError) {
        var (term, position): (UInt64?, LogPosition?)
        var (bytes, offset, lines): (Int?, Int?, Int?)
        var origins: [TermOrigin] = []
        try reader.members { (name, reader) throws(LineError) in
            switch name {
            case "term": term = try reader.ordinal()
            case "position": position = try reader.logPosition()
            case "bytes": bytes = try reader.count()
            case "offset": offset = try reader.count()
            case "lines": lines = try reader.count()
            case "origins": origins = try [TermOrigin](from: &reader)
            default: throw reader.unknown(name)
            }
        }
        self.init(
            term: Term(try reader.require(term, "term")),
            position: try reader.require(position, "position"),
            bytes: try reader.require(bytes, "bytes"),
            offset: try reader.require(offset, "offset"),
            lines: try reader.require(lines, "lines")
        )
        self.origins = TermOrigins(origins)
    }

    /// Writes the piece without its lines.
    package func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("term", term.value)
        writer.member("position", position)
        writer.member("bytes", bytes)
        writer.member("offset", offset)
        writer.member("lines", lines)
        if !origins.all.isEmpty { writer.member("origins", origins.all) }
        writer.endObject()
    }
}

extension SnapshotReply: LineCodable {
    /// Reads `{"term":3,"position":{…},"outcome":{"wants":4096}}`.
    package init(from reader: inout JSONReader) throws(LineError) {
        var (term, position, outcome): (UInt64?, LogPosition?, Outcome?)
        try reader.members { (name, reader) throws(LineError) in
            switch name {
            case "term": term = try reader.ordinal()
            case "position": position = try reader.logPosition()
            case "outcome": outcome = try Outcome(from: &reader)
            default: throw reader.unknown(name)
            }
        }
        self.init(
            term: Term(try reader.require(term, "term")),
            position: try reader.require(position, "position"),
            outcome: try reader.require(outcome, "outcome")
        )
    }

    /// Writes the answer.
    package func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("term", term.value)
        writer.member("position", position)
        writer.member("outcome", outcome)
        writer.endObject()
    }
}

extension SnapshotReply.Outcome: LineCodable {
    /// Reads `{"wants":4096}`, `{"installed":{}}`, `{"damaged":"…"}` or `{"failed":"…"}`.
    package init(from reader: inout JSONReader) throws(LineError) {
        self = try reader.oneCase { (name, reader) throws(LineError) in
            switch name {
            case "wants": return .wants(offset: try reader.count())
            case "installed":
                try reader.emptyObject()
                return .installed
            case "damaged": return .damaged(try reader.string())
            case "failed": return .failed(try reader.string())
            default: throw reader.unknown(name)
            }
        }
    }

    /// Writes the outcome.
    package func write(to writer: inout JSONWriter) {
        writer.beginObject()
        switch self {
        case .wants(let offset): writer.member("wants", offset)
        case .installed:
            writer.key("installed")
            writer.beginObject()
            writer.endObject()
        case .damaged(let reason): writer.member("damaged", reason)
        case .failed(let reason): writer.member("failed", reason)
        }
        writer.endObject()
    }
}
