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

/// What the members are known to have acknowledged, as far as this process was told.
///
/// The leader tells all of it to all members a few times a second, so that each can tell it back to
/// a member that returns. It is in memory only: after a restart of all nodes nobody knows.
struct Acknowledgements: Sendable {
    /// How long the leader gathers news.
    private static let pause = Duration.milliseconds(250)

    private var known: [NodeIdentity: Acknowledged] = [:]
    private var nextTelling = Instant(nanoseconds: .min)

    /// What is known of a member.
    subscript(_ node: NodeIdentity) -> Acknowledged? { known[node] }

    /// All that is known, in the order of the members.
    var all: [Acknowledged] { known.values.sorted { $0.node < $1.node } }

    /// Takes in what is known of a member; what is known never falls.
    ///
    /// - Returns: Whether it is news.
    @discardableResult
    mutating func note(_ other: Acknowledged) -> Bool {
        guard let own = known[other.node] else {
            known[other.node] = other
            return true
        }
        let both = Acknowledged(
            node: own.node,
            position: max(own.position, other.position),
            term: max(own.term, other.term)
        )
        known[other.node] = both
        return both != own
    }

    /// Whether the leader's last telling is long enough ago.
    func mayTell(at now: Instant) -> Bool { nextTelling <= now }

    /// Takes in what a leader sees.
    ///
    /// - Returns: What the other members are to be told; nil if there are no news.
    mutating func news(_ seen: [Acknowledged], at now: Instant) -> [Acknowledged]? {
        var isNews = false
        for acknowledged in seen where note(acknowledged) { isNews = true }
        guard isNews else { return nil }
        nextTelling = now + Self.pause
        return all
    }

    /// Forgets those that are members no more.
    mutating func keep(_ isMember: (NodeIdentity) -> Bool) {
        known = known.filter { isMember($0.key) }
    }
}
