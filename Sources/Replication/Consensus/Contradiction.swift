package import Storage

/// Two committed histories: this node holds an entry as committed, or as the leader's of its term,
/// and the leader of a later or the same term holds another one in its place.
///
/// No leader that won a majority of whole memories does. A node that was started on an old copy of
/// its directory has forgotten what it promised; it voted for a leader that lacks committed entries.
package struct Contradiction: Hashable, Sendable {
    /// Whose entry is contradicted.
    package var node: NodeIdentity
    /// The entry.
    package var entry: LogPosition
    /// Who leads.
    package var leader: NodeIdentity
    /// What the leader has in its place; equal to `entry` if one term had two leaders.
    package var other: LogPosition

    /// Creates a contradiction.
    package init(
        node: NodeIdentity,
        entry: LogPosition,
        leader: NodeIdentity,
        other: LogPosition
    ) {
        self.node = node
        self.entry = entry
        self.leader = leader
        self.other = other
    }
}

extension Contradiction: LineCodable {
    /// Reads `{"node":"n2/8f3a","entry":{…},"leader":"n1/77b0","other":{…}}`.
    package init(from reader: inout JSONReader) throws(LineError) {
        var (node, leader): (NodeIdentity?, NodeIdentity?)
        var (entry, other): (LogPosition?, LogPosition?)
        try reader.members { (name, reader) throws(LineError) in
            switch name {
            case "node": node = try NodeIdentity(from: &reader)
            case "leader": leader = try NodeIdentity(from: &reader)
            case "entry": entry = try reader.logPosition()
            case "other": other = try reader.logPosition()
            default: throw reader.unknown(name)
            }
        }
        self.init(
            node: try reader.require(node, "node"),
            entry: try reader.require(entry, "entry"),
            leader: try reader.require(leader, "leader"),
            other: try reader.require(other, "other")
        )
    }

    /// Writes both nodes and both entries.
    package func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("node", node)
        writer.member("entry", entry)
        writer.member("leader", leader)
        writer.member("other", other)
        writer.endObject()
    }
}

extension Contradiction: CustomStringConvertible {
    /// Names the entry, both nodes and the likely cause.
    package var description: String {
        let found =
            entry == other
            ? "two leaders made entry \(entry), one that \(node) holds and one that \(leader) holds"
            : "\(node) holds entry \(entry), and \(leader), which leads, has \(other) in its place"
        return "two histories: \(found). A node was probably started on an old copy of its data"
            + " directory, and has forgotten what it acknowledged"
    }
}
