import Dispatch
import Glibc
import Replication
import Storage
import TestSupport

/// Who has no account and is no member, on both ports of each node: random bytes, hellos with the
/// right cluster's id, in a name of its own and in a member's, forged messages of every kind, begun
/// appends, half requests.
struct Strangers {
    /// What anybody is told of a node.
    struct Target: Sendable {
        var client: String
        var peer: String
        var identity: NodeIdentity
    }

    let cluster: String
    let targets: [Target]
    private let counts = Lock([String: Int]())

    /// Asks a node for what it tells everybody.
    init(asking server: String) throws {
        let peer = try HTTPPeer(server)
        try peer.send(Array("GET /v1/cluster HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8))
        let text = String(decoding: try peer.answer(within: .seconds(10)).body, as: UTF8.self)
        func value(_ name: String, in text: Substring) -> String? {
            text.split(separator: "\"\(name)\":\"", maxSplits: 1).dropFirst().first
                .map { String($0.prefix { $0 != "\"" }) }
        }
        let members = text.split(separator: "\"members\":", maxSplits: 1).last ?? ""
        guard let cluster = value("cluster", in: text[...]) else { throw Failure("no cluster") }
        self.cluster = cluster
        targets = members.split(separator: "},").compactMap { member in
            guard let id = value("id", in: member), let peer = value("peer", in: member),
                let incarnation = value("incarnation", in: member),
                let client = value("client", in: member)
            else { return nil }
            return Target(
                client: client,
                peer: peer,
                identity: NodeIdentity(id: id, incarnation: incarnation)
            )
        }
        guard !targets.isEmpty else { throw Failure("no members in \(text)") }
    }

    /// How often each kind was tried.
    var summary: String {
        counts.withLock { counts in
            counts.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(
                separator: ", "
            )
        }
    }

    /// Goes on until the end, each kind on a thread of its own.
    func run(until end: Instant) {
        let group = DispatchGroup()
        let kinds: [(String, @Sendable (Target, Int) throws -> Void)] = [
            ("random", random), ("forged", forged), ("as a member", inMembersName),
            ("blank", blank), ("begun appends", begunAppend), ("half requests", halfRequest),
        ]
        for (name, attempt) in kinds {
            DispatchQueue(label: name).async(group: group) { [self] in
                var number = 0
                while SystemClock.now() < end {
                    try? attempt(targets[number % targets.count], number)
                    number += 1
                    counts.withLock { $0[name, default: 0] += 1 }
                    // A network stands between; on one machine the strangers' own work would count.
                    pass(.milliseconds(5))
                }
            }
        }
        group.wait()
    }

    @Sendable private func random(_ target: Target, _ number: Int) throws {
        var generator = SeededGenerator(seed: UInt64(number))
        let bytes = (0..<4_096).map { _ in UInt8.random(in: 0...255, using: &generator) }
        for address in [target.peer, target.client] { try? HTTPPeer(address).send(bytes) }
    }

    private func hello(_ node: NodeIdentity, cluster: String?, _ number: Int) -> [UInt8] {
        PeerMessage.hello(
            Hello(
                cluster: cluster,
                from: node,
                peerAddress: "127.0.0.1:\(1_024 + number % 60_000)",
                clientAddress: "127.0.0.1:1",
                to: nil
            )
        ).line
    }

    @Sendable private func forged(_ target: Target, _ number: Int) throws {
        let stranger = NodeIdentity(id: "x\(number % 100)", incarnation: "00000000000000ff")
        let peer = try HTTPPeer(target.peer)
        try peer.send(hello(stranger, cluster: cluster, number) + messages(target))
    }

    @Sendable private func inMembersName(_ target: Target, _ number: Int) throws {
        let other = targets[(number / targets.count) % targets.count]
        let peer = try HTTPPeer(target.peer)
        try peer.send(hello(other.identity, cluster: cluster, number) + messages(target))
        // So long that it would be welcome.
        if number % 50 == 0 { pass(.milliseconds(700)) }
    }

    @Sendable private func blank(_ target: Target, _ number: Int) throws {
        let stranger = NodeIdentity(id: "y\(number % 100)", incarnation: "00000000000000ff")
        try HTTPPeer(target.peer).send(hello(stranger, cluster: nil, number) + messages(target))
    }

    /// Ten at a time, each with as many bytes as a member's append may have.
    @Sendable private func begunAppend(_ target: Target, _ number: Int) throws {
        let entries = [UInt8](repeating: 0x78, count: 1 << 17) + [0x0A]
        let peers = try (0..<10).map { place in
            let node = NodeIdentity(id: "z\(place)", incarnation: "00000000000000ff")
            let peer = try HTTPPeer(target.peer)
            try peer.send(hello(node, cluster: cluster, place) + Self.append(count: 60_000))
            return peer
        }
        for _ in 0..<8 {
            for peer in peers { try? peer.send(entries, within: .milliseconds(20)) }
        }
        pass(.milliseconds(500))
        withExtendedLifetime(peers) {}
    }

    @Sendable private func halfRequest(_ target: Target, _ number: Int) throws {
        let peers = try (0..<20).map { _ in try HTTPPeer(target.client) }
        for peer in peers {
            try? peer.send(HTTPPeer.post("/v1/requests", #"{"send":"#, token: nil, length: 1 << 19))
        }
        pass(.milliseconds(200))
        withExtendedLifetime(peers) {}
    }
}

/// What they say.
extension Strangers {
    private static let last: UInt64 = 1 << 53 - 1

    private static func append(count: Int) -> [UInt8] {
        let position = LogPosition(index: LogIndex(1), term: Term(1))
        let append = Append(
            term: Term(last),
            previous: position,
            entries: EntryBatch(
                first: LogIndex(2),
                terms: count > 0 ? [TermRun(term: Term(last), count: count)] : [],
                bytes: count
            ),
            commit: LogIndex(last),
            round: AppendRound(1),
            session: ReplicationSession(1)
        )
        return PeerMessage.consensus(.append(append), clock: Timestamp(milliseconds: 1)).line
    }

    /// The kinds of messages between nodes of which no stranger here sends one.
    ///
    /// There must be none, or the attack shows too little. A hello opens each connection.
    var missing: [PeerMessageKind] {
        guard let target = targets.first else { return PeerMessageKind.allCases }
        let (core, others) = forged(target)
        let sent = others + core.map { .consensus($0, clock: Timestamp(milliseconds: 1)) }
        return PeerMessageKind.missing(in: sent).filter { $0 != .hello }
    }

    /// One of each kind that is one line.
    private func messages(_ target: Target) -> [UInt8] {
        let (core, others) = forged(target)
        return core.reduce(into: Self.append(count: 0)) {
            $0 += PeerMessage.consensus($1, clock: Timestamp(milliseconds: 1)).line
        } + others.reduce(into: []) { $0 += $1.line }
    }

    private func forged(_ target: Target) -> (core: [Message], others: [PeerMessage]) {
        let position = LogPosition(index: LogIndex(Self.last), term: Term(Self.last))
        let request = VoteRequest(term: Term(Self.last), last: position, isTransfer: true)
        let reply = VoteReply(term: Term(Self.last), asked: Term(1), isGranted: true)
        let stale = AppendReply(
            term: Term(Self.last),
            round: AppendRound(1),
            session: ReplicationSession(1),
            outcome: .stale
        )
        let core: [Message] = [
            .preVote(VoteRequest(term: Term(Self.last), last: position)), .vote(request),
            .preVoteReply(reply), .voteReply(reply), .appendReply(stale),
            .timeoutNow(Term(Self.last)),
        ]
        let member = Member(
            identity: NodeIdentity(id: "x", incarnation: "00000000000000ff"),
            peerAddress: target.peer,
            clientAddress: target.client,
            role: .joining
        )
        let refusal = LinkRefusal(code: "removed", message: "gone")
        let others: [PeerMessage] = [
            .removed(LogIndex(Self.last)), .read(id: 1), .readIndex(id: 1, LogIndex(Self.last)),
            .forwarded(id: 1, .failed(.removed)), .formationRound(1),
            .blank(round: 1, FormationPlan(addresses: [target.peer], expect: 1)), .join(member),
            .joinAnswer(target.identity, .refused(refusal)), .pong(1), .ping(1),
            .forward(
                id: 1,
                Proposal(
                    by: "x",
                    key: "k",
                    request: String(repeating: "0", count: 64),
                    operation: Array("{}".utf8)
                )
            ),
            .entriesWanted(
                EntriesWanted(after: .zero, through: LogIndex(Self.last), pin: position)
            ), .digest(.question(LogIndex(1))), .digest(.wanted(from: LogIndex(1))),
            .contradiction(
                Contradiction(
                    node: target.identity,
                    entry: position,
                    leader: target.identity,
                    other: position
                )
            ), .refused(refusal),
            .welcome(
                Hello(
                    cluster: cluster,
                    from: target.identity,
                    peerAddress: target.peer,
                    clientAddress: target.client,
                    to: nil
                )
            ),
            .acknowledged([
                Acknowledged(node: target.identity, position: position, term: Term(Self.last))
            ]),
            .snapshot(
                SnapshotPiece(
                    term: Term(Self.last),
                    position: position,
                    bytes: 90,
                    offset: 90,
                    lines: 0
                )
            ),
            .snapshotReply(
                SnapshotReply(term: Term(Self.last), position: position, outcome: .installed)
            ),
            .entriesFound(
                EntriesFound(pin: position, holdsPin: false, previous: nil, last: .zero)
            ),
            .digest(.answer(LogIndex(1), StateDigest(after: .zero))),
            .digest(.agreed(LogIndex(1), StateDigest(after: .zero))),
            .digest(.diverged(LogIndex(1), StateDigest(after: .zero))),
        ]
        return (core, others)
    }
}
