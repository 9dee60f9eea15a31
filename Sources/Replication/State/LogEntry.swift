package import Storage

/// One entry of the log, read from its line or about to become one.
///
/// The line is made once, by the leader, and copied verbatim from then on:
/// `{"index":42,"term":3,"time":1763697600123,"by":"alice","key":"c7Q","request":"…","op":{…},"crc":"9a0b1c2d"}`
package struct LogEntry: Hashable, Sendable {
    /// What an entry says beside its place and time.
    package enum Payload: Hashable, Sendable {
        /// An operation of the state machine.
        case operation(Proposal)
        /// Who belongs to the cluster from here on; the first entry also names the cluster.
        case members(Membership, cluster: String?)
        /// The first entry of a term (Raft §8).
        case noop
    }

    /// Index and term.
    package var position: LogPosition
    /// Never falls from entry to entry.
    package var time: Timestamp
    /// What it says.
    package var payload: Payload
    /// How much the state remembers; in a first entry whose creator wants other limits than the
    /// standard ones, `"limits":{"keys":1000,"age":3600000,"events":100}` behind the cluster's id.
    package var limits: StateLimits?

    /// Creates an entry.
    package init(position: LogPosition, time: Timestamp, payload: Payload) {
        self.position = position
        self.time = time
        self.payload = payload
    }
}

/// An operation on its way into the log, with what makes it take effect once.
///
/// Also the form in which a follower forwards it to the leader.
package struct Proposal: Hashable, Sendable {
    /// On whose behalf; keys are counted per `by`.
    package var by: String
    /// The idempotency key.
    package var key: String
    /// SHA-256 of the request without its secrets, 64 hex digits.
    package var request: String
    /// The operation, canonical JSON.
    package var operation: [UInt8]
    /// The applied index that the client knew at its first try; not logged.
    package var since: LogIndex?
    /// Whether the answer goes with a secret, so that a retry must be applied again; not logged.
    package var carriesSecret = false

    /// Creates a proposal.
    package init(
        by: String,
        key: String,
        request: String,
        operation: [UInt8],
        since: LogIndex? = nil,
        carriesSecret: Bool = false
    ) {
        self.by = by
        self.key = key
        self.request = request
        self.operation = operation
        self.since = since
        self.carriesSecret = carriesSecret
    }

    /// Who and which key: what exactly-once is counted by.
    package var identity: RequestIdentity { RequestIdentity(by: by, key: key) }

    /// About how many bytes its line has; for limits.
    package var estimatedBytes: Int {
        operation.count + by.utf8.count + key.utf8.count + request.utf8.count + 128
    }
}

/// On whose behalf and under which idempotency key.
package struct RequestIdentity: Hashable, Comparable, Sendable {
    /// Account, or the name that a request before login claims.
    package var by: String
    /// The idempotency key.
    package var key: String

    /// Creates an identity.
    package init(by: String, key: String) {
        self.by = by
        self.key = key
    }

    /// Orders by `by`, then by key.
    package static func < (left: RequestIdentity, right: RequestIdentity) -> Bool {
        (left.by, left.key) < (right.by, right.key)
    }
}

extension LogEntry {
    /// Appends the entry's line, sealed, with its line feed.
    package func write(to writer: inout JSONWriter) {
        Line.write(to: &writer) { writer in
            writer.member("index", position.index.value)
            writer.member("term", position.term.value)
            writer.member("time", time.milliseconds)
            switch payload {
            case .operation(let proposal):
                writer.member("by", proposal.by)
                writer.member("key", proposal.key)
                writer.member("request", proposal.request)
                writer.key("op")
                writer.verbatim(proposal.operation)
            case .members(let membership, let cluster):
                // The journal knows a membership by this member's place, right after the time.
                writer.member("members", membership)
                writer.member("cluster", cluster)
                if let limits { writer.member("limits", limits) }
            case .noop:
                writer.member("noop", true)
            }
        }
    }

    /// The entry's line, sealed, with its line feed.
    package var line: [UInt8] {
        var writer = JSONWriter(reserving: 256)
        write(to: &writer)
        return writer.bytes
    }

    /// Reads an entry's line, with or without its line feed.
    ///
    /// - Throws: ``LineError`` if the line is not whole, or not an entry.
    package init(line: [UInt8]) throws(LineError) {
        var (index, term, time): (UInt64?, UInt64?, Int64?)
        var (by, key, request, operation): (String?, String?, String?, [UInt8]?)
        var (cluster, members, isNoop): (String?, Membership?, Bool) = (nil, nil, false)
        var limits: StateLimits?
        let end = line.last == UInt8(ascii: "\n") ? line.count - 1 : line.count
        try Line.read(line, in: 0..<end) { (name, reader) throws(LineError) in
            switch name {
            case "index": index = try reader.unsigned()
            case "term": term = try reader.unsigned()
            case "time": time = try reader.milliseconds()
            case "by": by = try reader.string()
            case "key": key = try reader.string()
            case "request": request = try reader.string()
            case "op": operation = try reader.verbatim()
            case "cluster": cluster = try reader.string()
            case "members": members = try Membership(from: &reader)
            case "noop": isNoop = try reader.boolean()
            case "limits": limits = try StateLimits(from: &reader)
            default: throw reader.unknown(name)
            }
        }
        guard let index, let term, let time else { throw LineError(.missingMember("index")) }
        position = LogPosition(index: LogIndex(index), term: Term(term))
        self.time = Timestamp(milliseconds: time)
        self.limits = limits
        switch (operation, members, isNoop) {
        case (let operation?, nil, false):
            guard let by, let key, let request else { throw LineError(.missingMember("by")) }
            payload = .operation(
                Proposal(by: by, key: key, request: request, operation: operation)
            )
        case (nil, let members?, false): payload = .members(members, cluster: cluster)
        case (nil, nil, true): payload = .noop
        default: throw LineError(.expected("one of 'op', 'members' and 'noop'"))
        }
    }

    /// What a follower must know of a line before it stores it.
    package struct Head: Hashable, Sendable {
        /// Index and term.
        package var position: LogPosition
        /// The entry's time.
        package var time: Timestamp
        /// The membership, if the entry holds one.
        package var membership: Membership?
    }

    /// Checks a line's seal and reads its head, and all of it only if it holds a membership.
    ///
    /// - Throws: ``LineError`` if the line is not whole, or not an entry.
    package static func head(ofLine line: [UInt8]) throws(LineError) -> Head {
        let end = line.last == UInt8(ascii: "\n") ? line.count - 1 : line.count
        _ = try Line.check(line, in: 0..<end)
        var reader = JSONReader(line, in: 0..<end)
        var (index, term, time): (UInt64?, UInt64?, Int64?)
        var isMembership = false
        do throws(LineError) {
            try reader.members { (name, reader) throws(LineError) in
                switch name {
                case "index": index = try reader.unsigned()
                case "term": term = try reader.unsigned()
                case "time": time = try reader.milliseconds()
                case "members":
                    isMembership = true
                    throw LineError(.trailingBytes)
                // The members of a line have one order: the rest is the payload, read when applied.
                default: throw LineError(.trailingBytes)
                }
            }
        } catch {
            guard error.reason == .trailingBytes else { throw error }
        }
        guard let index, let term, let time else { throw LineError(.missingMember("index")) }
        var head = Head(
            position: LogPosition(index: LogIndex(index), term: Term(term)),
            time: Timestamp(milliseconds: time)
        )
        if isMembership, case .members(let membership, _) = try LogEntry(line: line).payload {
            head.membership = membership
        }
        return head
    }
}
