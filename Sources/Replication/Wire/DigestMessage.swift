package import Storage

/// What nodes say to each other about their states' digests.
///
/// `{"digest":{"answer":{"index":42,"digest":{"base":0,"value":"…"}}},"crc":"…"}`
package enum DigestMessage: Hashable, Sendable {
    /// The leader asks for the digest as soon as this entry is applied.
    case question(LogIndex)
    /// The digest of a state that has applied this entry and no later one.
    ///
    /// `copied` names whose state it is, if it came by a snapshot that nobody else has confirmed.
    case answer(LogIndex, StateDigest, copied: NodeIdentity? = nil)
    /// The leader says that a majority of independent states has this digest at this entry.
    case agreed(LogIndex, StateDigest)
    /// The leader says that a majority has this digest at this entry, and the receiver another.
    case diverged(LogIndex, StateDigest)
    /// The sender's state is bad: a snapshot is wanted that ends with this entry or a later one.
    case wanted(from: LogIndex)
}

extension DigestMessage: LineCodable {
    /// Reads `{"question":{"index":42}}` and the other kinds.
    package init(from reader: inout JSONReader) throws(LineError) {
        self = try reader.oneCase { (name, reader) throws(LineError) in
            var (index, digest): (UInt64?, StateDigest?)
            var copied: NodeIdentity?
            try reader.members { (name, reader) throws(LineError) in
                switch name {
                case "index": index = try reader.ordinal()
                case "digest": digest = try StateDigest(from: &reader)
                case "copied": copied = try NodeIdentity(from: &reader)
                default: throw reader.unknown(name)
                }
            }
            let place = LogIndex(try reader.require(index, "index"))
            switch name {
            case "question": return .question(place)
            case "wanted": return .wanted(from: place)
            case "answer":
                return .answer(place, try reader.require(digest, "digest"), copied: copied)
            case "agreed": return .agreed(place, try reader.require(digest, "digest"))
            case "diverged": return .diverged(place, try reader.require(digest, "digest"))
            default: throw reader.unknown(name)
            }
        }
    }

    /// Writes the message.
    package func write(to writer: inout JSONWriter) {
        let (name, index, digest): (String, LogIndex, StateDigest?) =
            switch self {
            case .question(let index): ("question", index, nil)
            case .answer(let index, let digest, _): ("answer", index, digest)
            case .agreed(let index, let digest): ("agreed", index, digest)
            case .diverged(let index, let digest): ("diverged", index, digest)
            case .wanted(let index): ("wanted", index, nil)
            }
        writer.beginObject()
        writer.key(name)
        writer.beginObject()
        writer.member("index", index.value)
        if let digest { writer.member("digest", digest) }
        if case .answer(_, _, let copied?) = self { writer.member("copied", copied) }
        writer.endObject()
        writer.endObject()
    }
}
