package import Storage

/// As `{"append":{"term":4,"previous":{"index":41,"term":3},"terms":[{"term":4,"count":2}],
/// "bytes":310,"commit":41,"round":9,"session":1}}`; the entries' lines follow it.
extension Message: LineCodable {
    /// Reads a message, and refuses what no core sends.
    package init(from reader: inout JSONReader) throws(LineError) {
        self = try reader.oneCase { (name, reader) throws(LineError) in
            switch name {
            case "preVote": .preVote(try VoteRequest(from: &reader))
            case "preVoteReply": .preVoteReply(try VoteReply(from: &reader))
            case "vote": .vote(try VoteRequest(from: &reader))
            case "voteReply": .voteReply(try VoteReply(from: &reader))
            case "append": .append(try Append(from: &reader))
            case "appendReply": .appendReply(try AppendReply(from: &reader))
            case "timeoutNow": .timeoutNow(Term(try reader.ordinal()))
            default: throw reader.unknown(name)
            }
        }
    }

    /// Appends the canonical form, without the content of entries.
    package func write(to writer: inout JSONWriter) {
        switch self {
        case .preVote(let request): writer.oneCase("preVote", request.writeMembers)
        case .preVoteReply(let reply): writer.oneCase("preVoteReply", reply.writeMembers)
        case .vote(let request): writer.oneCase("vote", request.writeMembers)
        case .voteReply(let reply): writer.oneCase("voteReply", reply.writeMembers)
        case .append(let append): writer.oneCase("append", append.writeMembers)
        case .appendReply(let reply): writer.oneCase("appendReply", reply.writeMembers)
        case .timeoutNow(let term):
            writer.beginObject()
            writer.member("timeoutNow", term.value)
            writer.endObject()
        }
    }
}

extension VoteRequest {
    fileprivate init(from reader: inout JSONReader) throws(LineError) {
        var term: UInt64?
        var last: LogPosition?
        var isTransfer = false
        try reader.members { (name, reader) throws(LineError) in
            switch name {
            case "term": term = try reader.ordinal()
            case "last": last = try reader.logPosition()
            case "transfer": isTransfer = try reader.boolean()
            default: throw reader.unknown(name)
            }
        }
        self.init(
            term: Term(try reader.require(term, "term")),
            last: try reader.require(last, "last"),
            isTransfer: isTransfer
        )
    }

    fileprivate func writeMembers(to writer: inout JSONWriter) {
        writer.member("term", term.value)
        writer.member("last", last)
        if isTransfer { writer.member("transfer", true) }
    }
}

extension VoteReply {
    fileprivate init(from reader: inout JSONReader) throws(LineError) {
        var term: UInt64?
        var asked: UInt64?
        var isGranted: Bool?
        try reader.members { (name, reader) throws(LineError) in
            switch name {
            case "term": term = try reader.ordinal()
            case "asked": asked = try reader.ordinal()
            case "granted": isGranted = try reader.boolean()
            default: throw reader.unknown(name)
            }
        }
        self.init(
            term: Term(try reader.require(term, "term")),
            asked: Term(try reader.require(asked, "asked")),
            isGranted: try reader.require(isGranted, "granted")
        )
    }

    fileprivate func writeMembers(to writer: inout JSONWriter) {
        writer.member("term", term.value)
        writer.member("asked", asked.value)
        writer.member("granted", isGranted)
    }
}

extension Append {
    fileprivate init(from reader: inout JSONReader) throws(LineError) {
        var term: UInt64?
        var previous: LogPosition?
        var terms: [TermRun] = []
        var bytes: Int?
        var commit: UInt64?
        var round: UInt64?
        var session: UInt64?
        var origin: TermOrigin?
        try reader.members { (name, reader) throws(LineError) in
            switch name {
            case "origin": origin = try TermOrigin(from: &reader)
            case "term": term = try reader.ordinal()
            case "previous": previous = try reader.logPosition()
            case "terms": terms = try [TermRun](from: &reader)
            case "bytes": bytes = try reader.count()
            case "commit": commit = try reader.ordinal()
            case "round": round = try reader.unsigned()
            case "session": session = try reader.unsigned()
            default: throw reader.unknown(name)
            }
        }
        let before = try reader.require(previous, "previous")
        let entries = EntryBatch(first: before.index.next, terms: terms, bytes: bytes ?? 0)
        self.init(
            term: Term(try reader.require(term, "term")),
            previous: before,
            entries: entries,
            commit: LogIndex(try reader.require(commit, "commit")),
            round: AppendRound(try reader.require(round, "round")),
            session: ReplicationSession(try reader.require(session, "session"))
        )
        self.origin = origin
        guard isWellFormed else {
            throw reader.error(.invalid("terms rise from that of 'previous' to that of the leader"))
        }
        guard (bytes == nil) == terms.isEmpty else { throw reader.missing("bytes") }
    }

    /// Terms never fall along a log, and no entry is of a later term than its leader.
    private var isWellFormed: Bool {
        var latest = previous.term
        for (place, run) in entries.terms.enumerated() {
            guard place == 0 ? run.term >= latest : run.term > latest else { return false }
            latest = run.term
        }
        return latest <= term
    }

    fileprivate func writeMembers(to writer: inout JSONWriter) {
        writer.member("term", term.value)
        writer.member("previous", previous)
        if !entries.isEmpty {
            writer.member("terms", entries.terms)
            writer.member("bytes", entries.bytes)
        }
        writer.member("commit", commit.value)
        writer.member("round", round.value)
        writer.member("session", session.value)
        writer.member("origin", origin)
    }
}

extension AppendReply {
    fileprivate init(from reader: inout JSONReader) throws(LineError) {
        var term: UInt64?
        var asked: UInt64?
        var round: UInt64?
        var session: UInt64?
        var outcome: Outcome?
        try reader.members { (name, reader) throws(LineError) in
            switch name {
            case "term": term = try reader.ordinal()
            case "asked": asked = try reader.ordinal()
            case "round": round = try reader.unsigned()
            case "session": session = try reader.unsigned()
            case "outcome": outcome = try Outcome(from: &reader)
            default: throw reader.unknown(name)
            }
        }
        self.init(
            term: Term(try reader.require(term, "term")),
            asked: asked.map { Term($0) },
            round: AppendRound(try reader.require(round, "round")),
            session: ReplicationSession(try reader.require(session, "session")),
            outcome: try reader.require(outcome, "outcome")
        )
    }

    fileprivate func writeMembers(to writer: inout JSONWriter) {
        writer.member("term", term.value)
        if asked != term { writer.member("asked", asked.value) }
        writer.member("round", round.value)
        writer.member("session", session.value)
        writer.member("outcome", outcome)
    }
}

extension AppendReply.Outcome: LineCodable {
    /// Reads `{"matched":{"through":43}}`, `{"full":{"through":43}}`, `{"conflict":{…}}` or
    /// `{"stale":{}}`.
    package init(from reader: inout JSONReader) throws(LineError) {
        self = try reader.oneCase { (name, reader) throws(LineError) in
            switch name {
            case "matched": .matched(through: try Self.through(from: &reader))
            case "full": .full(through: try Self.through(from: &reader))
            case "conflict": try Self.conflict(from: &reader)
            case "stale": try Self.stale(from: &reader)
            default: throw reader.unknown(name)
            }
        }
    }

    private static func through(from reader: inout JSONReader) throws(LineError) -> LogIndex {
        var through: UInt64?
        try reader.members { (name, reader) throws(LineError) in
            guard name == "through" else { throw reader.unknown(name) }
            through = try reader.ordinal()
        }
        return LogIndex(try reader.require(through, "through"))
    }

    private static func conflict(from reader: inout JSONReader) throws(LineError) -> Self {
        var previous: UInt64?
        var hint: LogPosition?
        try reader.members { (name, reader) throws(LineError) in
            switch name {
            case "previous": previous = try reader.ordinal()
            case "hint": hint = try reader.logPosition()
            default: throw reader.unknown(name)
            }
        }
        return .conflict(
            previous: LogIndex(try reader.require(previous, "previous")),
            hint: try reader.require(hint, "hint")
        )
    }

    private static func stale(from reader: inout JSONReader) throws(LineError) -> Self {
        try reader.emptyObject()
        return .stale
    }

    /// Appends the canonical form.
    package func write(to writer: inout JSONWriter) {
        switch self {
        case .matched(let through):
            writer.oneCase("matched") { $0.member("through", through.value) }
        case .full(let through):
            writer.oneCase("full") { $0.member("through", through.value) }
        case .conflict(let previous, let hint):
            writer.oneCase("conflict") {
                $0.member("previous", previous.value)
                $0.member("hint", hint)
            }
        case .stale: writer.oneCase("stale")
        }
    }
}
