package import Storage

/// Who was a member and is no more, and whose disk was replaced when: part of the replicated state.
///
/// It is made from the memberships as they are applied, so every node and every later leader knows
/// the same. A retired identity never returns: what it acknowledged and whom it voted for is no
/// longer known (pitfall 25).
package struct MemberHistory: Hashable, Sendable {
    /// A member that is one no more.
    package struct Retired: Hashable, Sendable {
        /// Who it was.
        package var identity: NodeIdentity
        /// The entry with the first membership without it.
        package var index: LogIndex
        /// That entry's time.
        package var time: Timestamp
    }

    /// An id that a new incarnation took over.
    package struct Replaced: Hashable, Sendable {
        /// The id.
        package var id: String
        /// The time of the entry that admitted the newest incarnation.
        package var time: Timestamp
    }

    /// How many of each are kept, the newest.
    package static let limit = 256
    /// An id whose incarnation went less than this before the next one came counts as replaced, and
    /// is not replaced again by itself for as long.
    package static let quarantine = Duration.seconds(3_600)

    /// Retired members, in the order of their entries.
    package private(set) var retired: [Retired] = []
    /// Replaced ids, in the order of their times; each stands once.
    package private(set) var replaced: [Replaced] = []

    /// Creates the history of a new cluster.
    package init() {}

    /// The retirement of an identity, if it is remembered.
    package func retirement(of identity: NodeIdentity) -> Retired? {
        retired.last { $0.identity == identity }
    }

    /// Whether an id was taken over so lately that the next time is for an operator.
    package func wasReplacedLately(_ id: String, at time: Timestamp) -> Bool {
        replaced.contains { $0.id == id && time < $0.time + Self.quarantine }
    }

    /// Takes in that one membership follows another.
    package mutating func note(
        from old: Membership,
        to new: Membership,
        at index: LogIndex,
        _ time: Timestamp
    ) {
        let (before, after) = (old.all.map(\.identity), new.all.map(\.identity))
        for identity in after where !before.contains(identity) {
            let isBesideAnother = before.contains { $0.id == identity.id }
            let isAfterAnother = retired.contains {
                $0.identity.id == identity.id && time < $0.time + Self.quarantine
            }
            guard isBesideAnother || isAfterAnother else { continue }
            replaced.removeAll { $0.id == identity.id }
            replaced.append(Replaced(id: identity.id, time: time))
        }
        for identity in before where !after.contains(identity) {
            retired.append(Retired(identity: identity, index: index, time: time))
        }
        replaced.removeFirst(max(0, replaced.count - Self.limit))
        retired.removeFirst(max(0, retired.count - Self.limit))
    }
}

extension MemberHistory: LineCodable {
    /// Reads `{"retired":[…],"replaced":[…]}`.
    package init(from reader: inout JSONReader) throws(LineError) {
        self.init()
        try reader.members { (name, reader) throws(LineError) in
            switch name {
            case "retired": retired = try [Retired](from: &reader)
            case "replaced": replaced = try [Replaced](from: &reader)
            default: throw reader.unknown(name)
            }
        }
        guard retired.count <= Self.limit, replaced.count <= Self.limit else {
            throw reader.error(.invalid("more than \(Self.limit) retired members"))
        }
    }

    /// Writes `{"retired":[…],"replaced":[…]}`; what is empty is left out.
    package func write(to writer: inout JSONWriter) {
        writer.beginObject()
        if !retired.isEmpty { writer.member("retired", retired) }
        if !replaced.isEmpty { writer.member("replaced", replaced) }
        writer.endObject()
    }
}

extension MemberHistory.Retired: LineCodable {
    /// Reads `{"node":"n2/8f3a91c04be7d215","index":42,"time":1763697600123}`.
    package init(from reader: inout JSONReader) throws(LineError) {
        var (identity, index, time): (NodeIdentity?, UInt64?, Int64?)
        try reader.members { (name, reader) throws(LineError) in
            switch name {
            case "node": identity = try NodeIdentity(from: &reader)
            case "index": index = try reader.unsigned()
            case "time": time = try reader.milliseconds()
            default: throw reader.unknown(name)
            }
        }
        self.identity = try reader.require(identity, "node")
        self.index = LogIndex(try reader.require(index, "index"))
        self.time = Timestamp(milliseconds: try reader.require(time, "time"))
    }

    /// Writes who, since which entry, and when.
    package func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("node", identity)
        writer.member("index", index.value)
        writer.member("time", time.milliseconds)
        writer.endObject()
    }
}

extension MemberHistory.Replaced: LineCodable {
    /// Reads `{"id":"n2","time":1763697600123}`.
    package init(from reader: inout JSONReader) throws(LineError) {
        var (id, time): (String?, Int64?)
        try reader.members { (name, reader) throws(LineError) in
            switch name {
            case "id": id = try reader.string()
            case "time": time = try reader.milliseconds()
            default: throw reader.unknown(name)
            }
        }
        self.id = try reader.require(id, "id")
        self.time = Timestamp(milliseconds: try reader.require(time, "time"))
    }

    /// Writes id and time.
    package func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("id", id)
        writer.member("time", time.milliseconds)
        writer.endObject()
    }
}
