package import Storage

/// The first entry of a term, and the seal of its line: with it the leader of the term is told from
/// any other.
///
/// One term has one leader, and so index and term name the content of an entry (Raft §5.3). A node
/// that was started on an old copy of its directory has forgotten its vote, and may make a second
/// leader of a term; their first entries differ.
package struct TermOrigin: Hashable, Sendable {
    /// Where the term begins.
    package var position: LogPosition
    /// The checksum of that entry's line.
    package var seal: UInt32

    /// Creates the origin of a term.
    package init(position: LogPosition, seal: UInt32) {
        self.position = position
        self.seal = seal
    }

    /// Takes the eight digits of the checksum as one number, as ``LogEntry/seal(ofLine:)`` gives them.
    package init(position: LogPosition, asciiSeal: UInt64) {
        let digits = (0..<8).map { UInt8(truncatingIfNeeded: asciiSeal >> (56 - 8 * $0)) }
        let seal = UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
        self.init(position: position, seal: seal ?? 0)
    }

    /// Reads the checksum at the end of the first entry's line.
    package init(position: LogPosition, line: [UInt8]) {
        let end = line.last == UInt8(ascii: "\n") ? line.count - 1 : line.count
        let digits = String(decoding: line[..<end].dropLast(2).suffix(8), as: UTF8.self)
        self.init(position: position, seal: UInt32(digits, radix: 16) ?? 0)
    }
}

extension TermOrigin: LineCodable {
    /// Reads `{"index":44,"term":4,"seal":"9a0b1c2d"}`.
    package init(from reader: inout JSONReader) throws(LineError) {
        var (index, term): (UInt64?, UInt64?)
        var seal: UInt32?
        try reader.members { (name, reader) throws(LineError) in
            switch name {
            case "index": index = try reader.ordinal()
            case "term": term = try reader.ordinal()
            case "seal":
                let text = try reader.string()
                guard text.utf8.count == 8, let number = UInt32(digits: text, radix: 16) else {
                    throw reader.error(.invalid("a seal has 8 hex digits"))
                }
                seal = number
            default: throw reader.unknown(name)
            }
        }
        self.init(
            position: LogPosition(
                index: LogIndex(try reader.require(index, "index")),
                term: Term(try reader.require(term, "term"))
            ),
            seal: try reader.require(seal, "seal")
        )
    }

    /// Writes where the term begins, and the checksum.
    package func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("index", position.index.value)
        writer.member("term", position.term.value)
        writer.member("seal", seal.padded(to: 8, radix: 16))
        writer.endObject()
    }
}
