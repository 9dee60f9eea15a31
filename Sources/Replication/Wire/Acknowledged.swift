package import Storage

/// What one member is known to have made durable, since it told somebody who counted on it.
///
/// A process that finds less on its disk was started on an old copy of its directory (pitfall 58).
package struct Acknowledged: Hashable, Sendable {
    /// The member.
    package var node: NodeIdentity
    /// The last committed entry that it acknowledged; zero if none is known.
    package var position: LogPosition
    /// The last term in which it acknowledged an entry or gave a vote.
    package var term: Term

    /// Creates what is known of a member.
    package init(node: NodeIdentity, position: LogPosition, term: Term) {
        self.node = node
        self.position = position
        self.term = term
    }
}

extension Acknowledged: LineCodable {
    /// Reads `{"node":"n2/8f3a","entry":{"index":44,"term":4},"term":5}`.
    package init(from reader: inout JSONReader) throws(LineError) {
        var node: NodeIdentity?
        var position: LogPosition?
        var term: UInt64?
        try reader.members { (name, reader) throws(LineError) in
            switch name {
            case "node": node = try NodeIdentity(from: &reader)
            case "entry": position = try reader.logPosition()
            case "term": term = try reader.ordinal()
            default: throw reader.unknown(name)
            }
        }
        self.init(
            node: try reader.require(node, "node"),
            position: try reader.require(position, "entry"),
            term: Term(try reader.require(term, "term"))
        )
    }

    /// Writes the member, the entry and the term.
    package func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("node", node)
        writer.member("entry", position)
        writer.member("term", term.value)
        writer.endObject()
    }
}
