package import Storage

extension PeerMessage {
    /// Appends the message as one sealed line.
    package func write(to writer: inout JSONWriter) {
        Line.write(to: &writer) { writer in
            switch self {
            case .hello(let hello): writer.member("hello", hello)
            case .welcome(let hello): writer.member("welcome", hello)
            case .refused(let refusal): writer.member("refused", refusal)
            case .consensus(let message, let clock):
                writer.member("consensus", message)
                writer.member("clock", clock.milliseconds)
            case .forward(let id, let proposal):
                writer.member("forward", proposal)
                writer.member("id", id)
            case .forwarded(let id, let outcome):
                writer.member("forwarded", outcome)
                writer.member("id", id)
            case .read(let id):
                writer.key("read")
                writer.beginObject()
                writer.endObject()
                writer.member("id", id)
            case .readIndex(let id, let index):
                writer.key("readIndex")
                writer.beginObject()
                writer.member("index", index?.value)
                writer.endObject()
                writer.member("id", id)
            case .snapshot(let piece): writer.member("snapshot", piece)
            case .snapshotReply(let reply): writer.member("snapshotReply", reply)
            case .entriesWanted(let wanted): writer.member("entriesWanted", wanted)
            case .entriesFound(let found): writer.member("entriesFound", found)
            case .digest(let message): writer.member("digest", message)
            case .formationRound(let round): writer.member("formationRound", round)
            case .blank(let round, let plan):
                writer.member("blank", plan)
                writer.member("id", round)
            case .join(let member): writer.member("join", member)
            case .joinAnswer(let node, let answer):
                writer.member("joinAnswer", answer)
                writer.member("node", node)
            case .acknowledged(let known): writer.member("acknowledged", known)
            case .contradiction(let found): writer.member("contradiction", found)
            case .ping(let number): writer.member("ping", number)
            case .pong(let number): writer.member("pong", number)
            case .removed(let index):
                writer.key("removed")
                writer.beginObject()
                writer.member("index", index.value)
                writer.endObject()
            }
        }
    }

    /// The message as one sealed line.
    package var line: [UInt8] {
        var writer = JSONWriter(reserving: 256)
        write(to: &writer)
        return writer.bytes
    }

    /// Reads one sealed line that stands in `bytes`, without its line feed.
    package init(_ bytes: [UInt8], in range: Range<Int>) throws(LineError) {
        var body: Body?
        var clock: Int64?
        var id: UInt64?
        var node: NodeIdentity?
        try Line.read(bytes, in: range) { (name, reader) throws(LineError) in
            switch name {
            case "clock": clock = try reader.milliseconds()
            case "id": id = try reader.unsigned()
            case "node": node = try NodeIdentity(from: &reader)
            default:
                guard body == nil else { throw reader.unknown(name) }
                body = try Body(name, from: &reader)
            }
        }
        func needID() throws(LineError) -> UInt64 {
            guard let id else { throw LineError(.missingMember("id")) }
            return id
        }
        switch body {
        case nil: throw LineError(.expected("a message between nodes"))
        case .whole(let message): self = message
        case .consensus(let message):
            guard let clock else { throw LineError(.missingMember("clock")) }
            self = .consensus(message, clock: Timestamp(milliseconds: clock))
        case .forward(let proposal): self = .forward(id: try needID(), proposal)
        case .forwarded(let outcome): self = .forwarded(id: try needID(), outcome)
        case .read: self = .read(id: try needID())
        case .readIndex(let index): self = .readIndex(id: try needID(), index)
        case .blank(let plan): self = .blank(round: try needID(), plan)
        case .joinAnswer(let answer):
            guard let node else { throw LineError(.missingMember("node")) }
            self = .joinAnswer(node, answer)
        }
    }

    /// A message whose other members may still follow.
    private enum Body {
        case whole(PeerMessage)
        case consensus(Message)
        case forward(Proposal)
        case forwarded(ForwardOutcome)
        case read
        case readIndex(LogIndex?)
        case blank(FormationPlan)
        case joinAnswer(JoinAnswer)

        init(_ name: String, from reader: inout JSONReader) throws(LineError) {
            switch name {
            case "consensus": self = .consensus(try Message(from: &reader))
            case "forward": self = .forward(try Proposal(from: &reader))
            case "forwarded": self = .forwarded(try ForwardOutcome(from: &reader))
            case "read":
                try reader.emptyObject()
                self = .read
            case "readIndex": self = .readIndex(try Self.index(&reader))
            case "join": self = .whole(.join(try Member(from: &reader)))
            case "joinAnswer": self = .joinAnswer(try JoinAnswer(from: &reader))
            case "acknowledged": self = .whole(.acknowledged(try [Acknowledged](from: &reader)))
            case "contradiction": self = .whole(.contradiction(try Contradiction(from: &reader)))
            case "removed":
                let index = try Self.index(&reader)
                self = .whole(.removed(try reader.require(index, "index")))
            case "blank": self = .blank(try FormationPlan(from: &reader))
            case "snapshot": self = .whole(.snapshot(try SnapshotPiece(from: &reader)))
            case "snapshotReply":
                self = .whole(.snapshotReply(try SnapshotReply(from: &reader)))
            case "entriesWanted":
                self = .whole(.entriesWanted(try EntriesWanted(from: &reader)))
            case "entriesFound":
                self = .whole(.entriesFound(try EntriesFound(from: &reader)))
            case "digest": self = .whole(.digest(try DigestMessage(from: &reader)))
            case "formationRound": self = .whole(.formationRound(try reader.unsigned()))
            case "ping": self = .whole(.ping(try reader.unsigned()))
            case "pong": self = .whole(.pong(try reader.unsigned()))
            case "hello": self = .whole(.hello(try Hello(from: &reader)))
            case "welcome": self = .whole(.welcome(try Hello(from: &reader)))
            case "refused": self = .whole(.refused(try LinkRefusal(from: &reader)))
            default: throw reader.unknown(name)
            }
        }

        private static func index(_ reader: inout JSONReader) throws(LineError) -> LogIndex? {
            var index: UInt64?
            try reader.members { (name, reader) throws(LineError) in
                guard name == "index" else { throw reader.unknown(name) }
                index = try reader.unsigned()
            }
            return index.map { LogIndex($0) }
        }
    }
}

extension JoinAnswer: LineCodable {
    /// Reads `{"admitted":{}}` or `{"refused":{"code":"id_in_use","message":"…"}}`.
    package init(from reader: inout JSONReader) throws(LineError) {
        self = try reader.oneCase { (name, reader) throws(LineError) in
            switch name {
            case "admitted":
                try reader.emptyObject()
                return .admitted
            case "refused": return .refused(try LinkRefusal(from: &reader))
            default: throw reader.unknown(name)
            }
        }
    }

    /// Writes the answer.
    package func write(to writer: inout JSONWriter) {
        switch self {
        case .admitted: writer.oneCase("admitted")
        case .refused(let refusal):
            writer.beginObject()
            writer.member("refused", refusal)
            writer.endObject()
        }
    }
}

extension Hello: LineCodable {
    /// Reads `{"protocol":1,"cluster":"…","from":"n1/…","peer":"…","client":"…","to":"n2/…"}`.
    package init(from reader: inout JSONReader) throws(LineError) {
        var (version, cluster, from, to): (UInt64?, String?, NodeIdentity?, NodeIdentity?)
        var (peer, client): (String?, String?)
        var isBulk = false
        try reader.members { (name, reader) throws(LineError) in
            switch name {
            case "protocol": version = try reader.unsigned()
            case "cluster": cluster = try reader.string()
            case "from": from = try NodeIdentity(from: &reader)
            case "peer": peer = try reader.string()
            case "client": client = try reader.string()
            case "to": to = try NodeIdentity(from: &reader)
            case "bulk": isBulk = try reader.boolean()
            // A newer protocol may say more; its version is refused with a reason below.
            default: _ = try reader.skip()
            }
        }
        self.init(
            cluster: cluster,
            from: try reader.require(from, "from"),
            peerAddress: try reader.require(peer, "peer"),
            clientAddress: try reader.require(client, "client"),
            to: to
        )
        self.version = try reader.require(version, "protocol")
        self.isBulk = isBulk
    }

    /// Writes the hello; absent members are left out.
    package func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("protocol", version)
        writer.member("cluster", cluster)
        writer.member("from", from)
        writer.member("peer", peerAddress)
        writer.member("client", clientAddress)
        writer.member("to", to)
        if isBulk { writer.member("bulk", true) }
        writer.endObject()
    }
}

extension LinkRefusal: LineCodable {
    /// Reads `{"code":"cluster_mismatch","message":"…"}`.
    package init(from reader: inout JSONReader) throws(LineError) {
        var (code, message): (String?, String?)
        try reader.members { (name, reader) throws(LineError) in
            switch name {
            case "code": code = try reader.string()
            case "message": message = try reader.string()
            default: throw reader.unknown(name)
            }
        }
        self.init(
            code: try reader.require(code, "code"),
            message: try reader.require(message, "message")
        )
    }

    /// Writes code and message.
    package func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("code", code)
        writer.member("message", message)
        writer.endObject()
    }
}

extension Proposal: LineCodable {
    /// Reads `{"by":"…","key":"…","request":"…","op":{…},"since":40}`.
    package init(from reader: inout JSONReader) throws(LineError) {
        var (by, key, request): (String?, String?, String?)
        var (operation, since, carriesSecret): ([UInt8]?, UInt64?, Bool) = (nil, nil, false)
        try reader.members { (name, reader) throws(LineError) in
            switch name {
            case "by": by = try reader.string()
            case "key": key = try reader.string()
            case "request": request = try reader.string()
            case "op": operation = try reader.verbatim()
            case "since": since = try reader.unsigned()
            case "secret": carriesSecret = try reader.boolean()
            default: throw reader.unknown(name)
            }
        }
        self.init(
            by: try reader.require(by, "by"),
            key: try reader.require(key, "key"),
            request: try reader.require(request, "request"),
            operation: try reader.require(operation, "op"),
            since: since.map { LogIndex($0) },
            carriesSecret: carriesSecret
        )
    }

    /// Writes the proposal.
    package func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("by", by)
        writer.member("key", key)
        writer.member("request", request)
        writer.key("op")
        writer.verbatim(operation)
        writer.member("since", since?.value)
        if carriesSecret { writer.member("secret", true) }
        writer.endObject()
    }
}

extension ForwardOutcome: LineCodable {
    /// Reads `{"applied":{"index":42,"output":{…}}}` or `{"failed":"overloaded"}`.
    package init(from reader: inout JSONReader) throws(LineError) {
        self = try reader.oneCase { (name, reader) throws(LineError) in
            switch name {
            case "applied":
                var (index, output, isRepeated): (UInt64?, [UInt8]?, Bool) = (nil, nil, false)
                try reader.members { (name, reader) throws(LineError) in
                    switch name {
                    case "index": index = try reader.unsigned()
                    case "output": output = try reader.verbatim()
                    case "repeated": isRepeated = try reader.boolean()
                    default: throw reader.unknown(name)
                    }
                }
                return .applied(
                    LogIndex(try reader.require(index, "index")),
                    output: try reader.require(output, "output"),
                    isRepeated: isRepeated
                )
            case "failed":
                // A newer leader's code says that something failed, and not whether it was done.
                return .failed(RequestFailure(rawValue: try reader.string()) ?? .outcomeUnknown)
            default: throw reader.unknown(name)
            }
        }
    }

    /// Writes the outcome.
    package func write(to writer: inout JSONWriter) {
        writer.beginObject()
        switch self {
        case .applied(let index, let output, let isRepeated):
            writer.key("applied")
            writer.beginObject()
            writer.member("index", index.value)
            writer.key("output")
            writer.verbatim(output)
            if isRepeated { writer.member("repeated", true) }
            writer.endObject()
        case .failed(let failure): writer.member("failed", failure.rawValue)
        }
        writer.endObject()
    }
}
