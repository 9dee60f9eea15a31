public import Storage

/// One node of a cluster, as the log names it.
///
/// As JSON: `{"id":"n1","incarnation":"8f3a91c04be7d215","peer":"10.0.0.1:7401","client":"10.0.0.1:7400"}`.
public struct Member: Hashable, Sendable {
    /// Whether a member votes.
    public enum Role: String, Hashable, Sendable {
        /// Votes and counts for commit.
        case voter
        /// Only receives the log.
        case learner
        /// Only receives the log, until it has caught up and becomes a voter by itself.
        case joining
    }

    /// Id and incarnation.
    public var identity: NodeIdentity
    /// Where other nodes reach it, `host:port`.
    public var peerAddress: String
    /// Where clients reach it, `host:port`; a hint, because a node may serve on another port after
    /// a restart and says so in its handshake.
    public var clientAddress: String
    /// Whether it votes.
    public var role: Role

    /// Creates a member.
    public init(
        identity: NodeIdentity,
        peerAddress: String,
        clientAddress: String,
        role: Role = .voter
    ) {
        self.identity = identity
        self.peerAddress = peerAddress
        self.clientAddress = clientAddress
        self.role = role
    }

    /// Whether a text can be an address in a log: `host:port` in at most 262 bytes of visible ASCII.
    package static func isAddress(_ text: String) -> Bool {
        text.utf8.count <= 262 && text.utf8.contains(UInt8(ascii: ":"))
            && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }
}

/// Who belongs to the cluster; during a change, both the new set and the one it replaces.
///
/// It takes effect when its entry is appended, not when it is committed (Thesis §4.1).
public struct Membership: Hashable, Sendable {
    /// The members, sorted by identity.
    public var incoming: [Member]
    /// The set that is being replaced, or empty outside of a joint change (Thesis §4.3).
    public var outgoing: [Member]

    /// Creates a membership.
    public init(incoming: [Member] = [], outgoing: [Member] = []) {
        self.incoming = incoming.sorted { $0.identity < $1.identity }
        self.outgoing = outgoing.sorted { $0.identity < $1.identity }
    }

    /// Nobody: the membership of a blank node.
    public static let empty = Membership()

    /// Every member once, the incoming set's word first.
    public var all: [Member] {
        incoming + outgoing.filter { old in !incoming.contains { $0.identity == old.identity } }
    }

    /// The member with this identity, if there is one.
    public func member(_ identity: NodeIdentity) -> Member? {
        all.first { $0.identity == identity }
    }

    /// Whether this identity votes in either set.
    public func isVoter(_ identity: NodeIdentity) -> Bool {
        (incoming + outgoing).contains { $0.identity == identity && $0.role == .voter }
    }
}

extension Member: LineCodable {
    /// Reads a member.
    public init(from reader: inout JSONReader) throws(LineError) {
        var id: String?
        var incarnation: String?
        var peer: String?
        var client: String?
        var role = Role.voter
        try reader.members { (name, reader) throws(LineError) in
            switch name {
            case "id": id = try reader.string()
            case "incarnation": incarnation = try reader.string()
            case "peer": peer = try reader.string()
            case "client": client = try reader.string()
            case "learner": if try reader.boolean() { role = .learner }
            case "joining": if try reader.boolean() { role = .joining }
            default: throw reader.unknown(name)
            }
        }
        let identity = NodeIdentity(
            "\(try reader.require(id, "id"))/\(try reader.require(incarnation, "incarnation"))"
        )
        guard let identity else { throw reader.error(.invalid("not a node's identity")) }
        self.init(
            identity: identity,
            peerAddress: try reader.require(peer, "peer"),
            clientAddress: try reader.require(client, "client"),
            role: role
        )
    }

    /// Writes a member; `learner` and `joining` stand only where they are true.
    public func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("id", identity.id)
        writer.member("incarnation", identity.incarnation)
        writer.member("peer", peerAddress)
        writer.member("client", clientAddress)
        if role == .learner { writer.member("learner", true) }
        if role == .joining { writer.member("joining", true) }
        writer.endObject()
    }
}

extension Membership: LineCodable {
    /// Reads `{"incoming":[…],"outgoing":[…]}`; `outgoing` only during a change.
    public init(from reader: inout JSONReader) throws(LineError) {
        var incoming: [Member]?
        var outgoing: [Member] = []
        try reader.members { (name, reader) throws(LineError) in
            switch name {
            case "incoming": incoming = try [Member](from: &reader)
            case "outgoing": outgoing = try [Member](from: &reader)
            default: throw reader.unknown(name)
            }
        }
        self.init(incoming: try reader.require(incoming, "incoming"), outgoing: outgoing)
    }

    /// Writes `{"incoming":[…],"outgoing":[…]}`.
    public func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("incoming", incoming)
        if !outgoing.isEmpty { writer.member("outgoing", outgoing) }
        writer.endObject()
    }
}
