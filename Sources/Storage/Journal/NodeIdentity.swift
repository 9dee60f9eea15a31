/// Who a node is: the id that people give it and the incarnation of its data directory.
///
/// The incarnation is random, made when a data directory is made. A wiped disk under an old id is
/// therefore another identity, and its votes and acknowledgements do not count for the old one.
/// As text, and in every file and message: `n2/8f3a91c04be7d215`.
public struct NodeIdentity: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The node's id, as `n2`: 1 to 32 of ASCII letters, digits, `.`, `_`, `-`.
    public let id: String
    /// 16 lower-case hex digits.
    public let incarnation: String

    /// Creates an identity.
    public init(id: String, incarnation: String) {
        self.id = id
        self.incarnation = incarnation
    }

    /// Reads `n2/8f3a91c04be7d215`; both halves keep the rule for ids, for they stand in logs.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, Self.isValid(id: parts[0]), Self.isValid(id: parts[1])
        else { return nil }
        self.init(id: String(parts[0]), incarnation: String(parts[1]))
    }

    /// An incarnation from 64 random bits: 16 lower-case hex digits.
    public static func incarnation(_ random: UInt64) -> String {
        random.padded(to: 16, radix: 16)
    }

    /// Whether `id` keeps the rule for ids.
    public static func isValid(id: some StringProtocol) -> Bool {
        (1...32).contains(id.utf8.count)
            && id.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"),
                    UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }

    /// Orders by id, then by incarnation.
    public static func < (left: NodeIdentity, right: NodeIdentity) -> Bool {
        (left.id, left.incarnation) < (right.id, right.incarnation)
    }
    /// Id and incarnation, as `n2/8f3a91c04be7d215`.
    public var description: String { "\(id)/\(incarnation)" }
}

extension NodeIdentity: LineCodable {
    /// Reads `"n2/8f3a91c04be7d215"`.
    public init(from reader: inout JSONReader) throws(LineError) {
        guard let identity = NodeIdentity(try reader.string()) else {
            throw reader.error(.invalid("a node's identity looks like \"n2/8f3a91c04be7d215\""))
        }
        self = identity
    }

    /// Writes `"n2/8f3a91c04be7d215"`.
    public func write(to writer: inout JSONWriter) { writer.string(description) }
}

/// A node's term and the candidate that it voted for in it; nil if it has not voted.
///
/// As a line of the journal: `{"vote":{"term":4,"for":"n2/8f3a91c04be7d215"},"crc":"9a0b1c2d"}`.
public struct Vote: Hashable, Sendable {
    /// The latest term that the node has seen.
    public var term: Term
    /// Whom it voted for in that term.
    public var candidate: NodeIdentity?

    /// Creates a vote.
    public init(term: Term, candidate: NodeIdentity? = nil) {
        self.term = term
        self.candidate = candidate
    }

    /// Before the first election.
    public static let none = Vote(term: .zero)
}

extension Vote: LineCodable {
    /// Reads `{"term":4,"for":"n2/8f3a91c04be7d215"}`.
    public init(from reader: inout JSONReader) throws(LineError) {
        var term: UInt64?
        var candidate: NodeIdentity?
        try reader.members { (name, reader) throws(LineError) in
            switch name {
            case "term": term = try reader.unsigned()
            case "for": candidate = try NodeIdentity(from: &reader)
            default: throw reader.unknown(name)
            }
        }
        self.init(term: Term(try reader.require(term, "term")), candidate: candidate)
    }

    /// Writes `{"term":4,"for":"n2/8f3a91c04be7d215"}`.
    public func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("term", term.value)
        writer.member("for", candidate)
        writer.endObject()
    }
}
