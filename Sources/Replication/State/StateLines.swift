import Storage

/// The first line of a state.
///
/// `{"state":{"applied":{"index":42,"term":3},"time":1763697600123,`
/// `"keys":{"count":17,"floor":0},"events":{"count":20,"floor":0},`
/// `"digest":{"base":0,"value":"…"}},"crc":"…"}`; without a digest if it was written by a version
/// that had none. Before the digest, once a member was removed or replaced,
/// `"members":{"retired":[…],"replaced":[…]}`; then, if they are not the standard ones,
/// `"limits":{"keys":1000,"age":3600000,"events":100}`.
struct StateLine: LineCodable, Hashable {
    var applied: LogPosition
    var time: Timestamp
    var keys: Int
    var keyFloor: LogIndex
    var events: Int
    var eventFloor: LogIndex
    var formerMembers: MemberHistory
    var limits: StateLimits
    var digest: StateDigest?
    var origins: TermOrigins

    init(_ state: ReplicatedState<some Service>) {
        applied = state.applied
        time = state.time
        keys = state.exactlyOnce.count
        keyFloor = state.exactlyOnce.floor
        events = state.events.count
        eventFloor = state.events.floor
        formerMembers = state.formerMembers
        limits = state.limits
        digest = state.digest
        origins = state.origins
    }

    init(from reader: inout JSONReader) throws(LineError) {
        var (applied, time): (LogPosition?, Int64?)
        var (keys, events): ((Int, LogIndex)?, (Int, LogIndex)?)
        var formerMembers = MemberHistory()
        var limits = StateLimits.standard
        var digest: StateDigest?
        var origins: [TermOrigin] = []
        try reader.members { (name, reader) throws(LineError) in
            switch name {
            case "applied": applied = try LogPosition(from: &reader)
            case "time": time = try reader.milliseconds()
            case "keys": keys = try Self.window(&reader)
            case "events": events = try Self.window(&reader)
            case "members": formerMembers = try MemberHistory(from: &reader)
            case "limits": limits = try StateLimits(from: &reader)
            case "digest": digest = try StateDigest(from: &reader)
            case "origins": origins = try [TermOrigin](from: &reader)
            default: throw reader.unknown(name)
            }
        }
        self.applied = try reader.require(applied, "applied")
        self.time = Timestamp(milliseconds: try reader.require(time, "time"))
        (self.keys, keyFloor) = try reader.require(keys, "keys")
        (self.events, eventFloor) = try reader.require(events, "events")
        self.formerMembers = formerMembers
        self.limits = limits
        self.digest = digest
        self.origins = TermOrigins(origins)
        guard keyFloor <= self.applied.index, eventFloor <= self.applied.index,
            digest?.base ?? .zero <= self.applied.index
        else {
            throw reader.error(.invalid("a floor is above the last applied entry"))
        }
    }

    /// How many there are, and the newest index of which some may be gone.
    private static func window(
        _ reader: inout JSONReader
    ) throws(LineError) -> (Int, LogIndex) {
        var (count, floor): (Int?, UInt64?)
        try reader.members { (name, reader) throws(LineError) in
            switch name {
            case "count": count = try reader.count()
            case "floor": floor = try reader.unsigned()
            default: throw reader.unknown(name)
            }
        }
        return (
            try reader.require(count, "count"), LogIndex(try reader.require(floor, "floor"))
        )
    }

    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("applied", applied)
        writer.member("time", time.milliseconds)
        for (name, count, floor) in [("keys", keys, keyFloor), ("events", events, eventFloor)] {
            writer.key(name)
            writer.beginObject()
            writer.member("count", count)
            writer.member("floor", floor.value)
            writer.endObject()
        }
        if formerMembers != MemberHistory() { writer.member("members", formerMembers) }
        if limits != .standard { writer.member("limits", limits) }
        if let digest { writer.member("digest", digest) }
        if !origins.all.isEmpty { writer.member("origins", origins.all) }
        writer.endObject()
    }
}

/// A key that was used, and what the request was answered.
///
/// `{"key":{"by":"aa7","key":"c7Q","index":42,"time":1763697600123,"request":"…","output":{…}},"crc":"…"}`
struct KeyLine: LineCodable {
    var identity: RequestIdentity
    var record: ExactlyOnce.Record
    var time: Timestamp

    init(identity: RequestIdentity, record: ExactlyOnce.Record, time: Timestamp) {
        self.identity = identity
        self.record = record
        self.time = time
    }

    init(from reader: inout JSONReader) throws(LineError) {
        var (by, key, index, time): (String?, String?, UInt64?, Int64?)
        var (request, output): (String?, [UInt8]?)
        try reader.members { (name, reader) throws(LineError) in
            switch name {
            case "by": by = try reader.string()
            case "key": key = try reader.string()
            case "index": index = try reader.unsigned()
            case "time": time = try reader.milliseconds()
            case "request": request = try reader.string()
            case "output": output = try reader.verbatim()
            default: throw reader.unknown(name)
            }
        }
        identity = RequestIdentity(
            by: try reader.require(by, "by"),
            key: try reader.require(key, "key")
        )
        record = ExactlyOnce.Record(
            index: LogIndex(try reader.require(index, "index")),
            request: try reader.require(request, "request"),
            output: try reader.require(output, "output")
        )
        self.time = Timestamp(milliseconds: try reader.require(time, "time"))
    }

    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("by", identity.by)
        writer.member("key", identity.key)
        writer.member("index", record.index.value)
        writer.member("time", time.milliseconds)
        writer.member("request", record.request)
        writer.key("output")
        writer.verbatim(record.output)
        writer.endObject()
    }
}

/// An event of the window, with its id.
///
/// `{"event":{"id":"1-42.0","event":{…}},"crc":"…"}`
struct EventLine<Event: LineCodable>: LineCodable {
    var id: EventID
    var event: Event

    init(id: EventID, event: Event) {
        self.id = id
        self.event = event
    }

    init(from reader: inout JSONReader) throws(LineError) {
        var (id, event): (EventID?, Event?)
        try reader.members { (name, reader) throws(LineError) in
            switch name {
            case "id":
                id = EventID(try reader.string())
                if id == nil { throw reader.error(.invalid("an event's id looks like 1-42.0")) }
            case "event": event = try Event(from: &reader)
            default: throw reader.unknown(name)
            }
        }
        self.id = try reader.require(id, "id")
        self.event = try reader.require(event, "event")
    }

    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("id", id.description)
        writer.member("event", event)
        writer.endObject()
    }
}
