/// The first line of each file of a journal, which repeats what counts of all before it.
///
/// ```
/// {"journal":2,"cluster":"c1","node":"n1","incarnation":"8f3a","segment":7,"batch":17,"previous":{"segment":6,"bytes":81920},"after":{"index":41,"term":3},"vote":{"term":4,"for":"n2/8f3a"},"membership":12,"crc":"…"}
/// ```
///
/// Version 1 had neither `batch` nor `lost`: nothing was ever dropped or repaired then.
struct SegmentHead: Hashable {
    /// The file before, and how much of it counts: what lies beyond was dropped or written again.
    struct Previous: Hashable {
        var segment: UInt64
        var bytes: Int
    }

    static let prefix = Array("{\"journal\":".utf8)
    static let version: UInt64 = 2
    static let newer = LineError.Reason.invalid("written by a newer version of this program")

    var identity: JournalIdentity
    var segment: UInt64
    /// The number of its first batch; nil in a file of version 1.
    var batch: UInt64?
    /// Nil where the log begins anew.
    var previous: Previous?
    var after: LogPosition
    var vote: Vote
    var membership: LogIndex?
    /// What the node had before its disk was damaged and does not have again yet.
    var lost: LogPosition?

    func write(to writer: inout JSONWriter) {
        Line.write(to: &writer) { writer in
            writer.member("journal", Self.version)
            writer.member("cluster", identity.cluster)
            writer.member("node", identity.node.id)
            writer.member("incarnation", identity.node.incarnation)
            writer.member("segment", segment)
            writer.member("batch", batch)
            writer.member("previous", previous)
            writer.member("after", after)
            writer.member("vote", vote)
            writer.member("membership", membership?.value)
            writer.member("lost", lost)
        }
    }

    /// Whether this is what a file says of itself; files of version 1 leave the batch out.
    func agrees(with found: SegmentHead) -> Bool {
        var found = found
        found.batch = found.batch ?? batch
        return found == self
    }
}

extension SegmentHead {
    init(_ bytes: [UInt8], in range: Range<Int>) throws(LineError) {
        var version: UInt64?
        var cluster: String?
        var node: String?
        var incarnation: String?
        var segment: UInt64?
        var batch: UInt64?
        var previous: Previous?
        var after: LogPosition?
        var vote: Vote?
        var membership: UInt64?
        var lost: LogPosition?
        try Line.read(bytes, in: range) { (name, reader) throws(LineError) in
            switch name {
            case "journal":
                version = try reader.unsigned()
                guard let version, version <= Self.version else {
                    throw reader.error(Self.newer)
                }
            case "cluster": cluster = try reader.string()
            case "node": node = try reader.string()
            case "incarnation": incarnation = try reader.string()
            case "segment": segment = try reader.unsigned()
            case "batch": batch = try reader.unsigned()
            case "previous": previous = try Previous(from: &reader)
            case "after": after = try LogPosition(from: &reader)
            case "vote": vote = try Vote(from: &reader)
            case "membership": membership = try reader.unsigned()
            case "lost": lost = try LogPosition(from: &reader)
            default: throw reader.unknown(name)
            }
        }
        let reader = JSONReader(bytes, in: range)
        _ = try reader.require(version, "journal")
        identity = JournalIdentity(
            cluster: cluster,
            node: NodeIdentity(
                id: try reader.require(node, "node"),
                incarnation: try reader.require(incarnation, "incarnation")
            )
        )
        self.segment = try reader.require(segment, "segment")
        self.batch = batch
        self.previous = previous
        self.after = try reader.require(after, "after")
        self.vote = try reader.require(vote, "vote")
        self.membership = membership.map { LogIndex($0) }
        self.lost = lost
    }
}

extension SegmentHead.Previous: LineCodable {
    init(from reader: inout JSONReader) throws(LineError) {
        var segment: UInt64?
        var bytes: Int?
        try reader.members { (name, reader) throws(LineError) in
            switch name {
            case "segment": segment = try reader.unsigned()
            case "bytes": bytes = try reader.count()
            default: throw reader.unknown(name)
            }
        }
        self.segment = try reader.require(segment, "segment")
        self.bytes = try reader.require(bytes, "bytes")
    }

    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("segment", segment)
        writer.member("bytes", bytes)
        writer.endObject()
    }
}
