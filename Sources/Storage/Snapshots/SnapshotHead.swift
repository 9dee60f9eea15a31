/// The first line of a snapshot: what the state is that follows.
///
/// ```
/// {"snapshot":1,"cluster":"c1","index":42,"term":3,"membership":12,"members":{…},"schema":1,"crc":"…"}
/// ```
///
/// Nothing in it is of one node: a snapshot is sent to others as it is.
public struct SnapshotHead: Hashable, Sendable {
    /// The cluster's id.
    public var cluster: String
    /// The last entry that the state holds.
    public var position: LogPosition
    /// The entry that the membership is from.
    public var membershipIndex: LogIndex
    /// The membership: a canonical JSON object, which Storage does not look into.
    public var membership: [UInt8]
    /// The version of the state's lines, by which the state machine reads them.
    public var schema: UInt64

    /// Creates a head.
    public init(
        cluster: String,
        position: LogPosition,
        membershipIndex: LogIndex,
        membership: [UInt8],
        schema: UInt64
    ) {
        self.cluster = cluster
        self.position = position
        self.membershipIndex = membershipIndex
        self.membership = membership
        self.schema = schema
    }

    static let prefix = Array("{\"snapshot\":".utf8)
    static let version: UInt64 = 1
    static let newer = LineError.Reason.invalid("written by a newer version of this program")

    func write(to writer: inout JSONWriter) {
        Line.write(to: &writer) { writer in
            writer.member("snapshot", Self.version)
            writer.member("cluster", cluster)
            writer.member("index", position.index.value)
            writer.member("term", position.term.value)
            writer.member("membership", membershipIndex.value)
            writer.key("members")
            writer.verbatim(membership)
            writer.member("schema", schema)
        }
    }
}

extension SnapshotHead {
    init(_ bytes: [UInt8], in range: Range<Int>) throws(LineError) {
        var version: UInt64?
        var cluster: String?
        var index: UInt64?
        var term: UInt64?
        var membershipIndex: UInt64?
        var membership: [UInt8]?
        var schema: UInt64?
        try Line.read(bytes, in: range) { (name, reader) throws(LineError) in
            switch name {
            case "snapshot":
                version = try reader.unsigned()
                guard let version, version <= Self.version else { throw reader.error(Self.newer) }
            case "cluster": cluster = try reader.string()
            case "index": index = try reader.unsigned()
            case "term": term = try reader.unsigned()
            case "membership": membershipIndex = try reader.unsigned()
            case "members": membership = try reader.verbatim()
            case "schema": schema = try reader.unsigned()
            default: throw reader.unknown(name)
            }
        }
        let reader = JSONReader(bytes, in: range)
        _ = try reader.require(version, "snapshot")
        self.init(
            cluster: try reader.require(cluster, "cluster"),
            position: LogPosition(
                index: LogIndex(try reader.require(index, "index")),
                term: Term(try reader.require(term, "term"))
            ),
            membershipIndex: LogIndex(try reader.require(membershipIndex, "membership")),
            membership: try reader.require(membership, "members"),
            schema: try reader.require(schema, "schema")
        )
    }
}
