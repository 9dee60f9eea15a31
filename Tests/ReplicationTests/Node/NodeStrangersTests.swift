import Replication
import Storage
import TestSupport
import Testing

/// What a node takes of those that its log does not name.
@Suite struct NodeStrangersTests {
    private static let names = ["n1", "n2", "n3"].map {
        NodeIdentity(id: $0, incarnation: "00000000000000aa")
    }
    private static let stranger = NodeIdentity(id: "x", incarnation: "00000000000000ff")
    private static let first = LogPosition(index: LogIndex(1), term: Term(1))

    private static func append(_ term: UInt64, commit: UInt64 = 1) -> PeerMessage {
        let append = Append(
            term: Term(term),
            previous: first,
            entries: EntryBatch(first: LogIndex(2)),
            commit: LogIndex(commit),
            round: AppendRound(1),
            session: ReplicationSession(1)
        )
        return .consensus(.append(append), clock: Timestamp(milliseconds: 9_000_000))
    }

    /// A follower of `n1`, connected to it and to a stranger that says the cluster's id.
    private static func follower() -> LoneNode {
        var lone = LoneNode(members: names + [LoneNode.identity])
        lone.step(.hello(LinkID(1), LoneNode.hello(names[0], cluster: "c1")))
        lone.step(.linked(address: "n1:1", LoneNode.hello(names[0], cluster: "c1")))
        lone.step(.message(LinkID(1), append(2), lines: []))
        lone.step(.hello(LinkID(2), LoneNode.hello(stranger, cluster: "c1")))
        lone.step(.linked(address: "x:1", LoneNode.hello(stranger, cluster: "c1")))
        lone.effects = []
        return lone
    }

    /// One message of each kind between nodes, all that a codec's test knows and those of the core of
    /// the latest term.
    static let forged: [PeerMessage] =
        PeerMessageTests.messages
        + ConsensusStrangersTests.forged(ConsensusStrangersTests.last).map {
            .consensus($0, clock: Timestamp(milliseconds: 9_000_000))
        }
        + [
            .removed(LogIndex(1 << 50)), .ping(1), .pong(1),
            .joinAnswer(
                LoneNode.identity,
                .refused(LinkRefusal(code: "removed", message: "gone"))
            ),
            .digest(.question(LogIndex(1))), .digest(.wanted(from: LogIndex(1))),
            .contradiction(
                Contradiction(node: stranger, entry: first, leader: names[0], other: first)
            ),
            .acknowledged([
                Acknowledged(
                    node: LoneNode.identity,
                    position: LogPosition(index: LogIndex(1 << 50), term: Term(1 << 50)),
                    term: Term(1 << 50)
                )
            ]),
        ]

    @Test @Aside func `there is a forged message of each kind`() {
        #expect(PeerMessageKind.missing(in: Self.forged) == [])
    }

    @Test @Aside func `what was acknowledged is believed of members alone`() {
        let known = Acknowledged(
            node: LoneNode.identity,
            position: LogPosition(index: LogIndex(50), term: Term(2)),
            term: Term(9)
        )
        var lone = Self.follower()
        lone.step(.message(LinkID(2), .acknowledged([known]), lines: []))
        #expect(lone.node.status.term < Term(9))
        lone.step(.message(LinkID(1), .acknowledged([known]), lines: []))
        #expect(lone.node.status.term == Term(9))
    }

    @Test(arguments: forged.indices)
    @Aside func `in front of a healthy cluster no message of a stranger changes anything`(
        place: Int
    ) {
        var lone = Self.follower()
        let (status, deadline) = (lone.node.status, lone.node.nextDeadline)
        lone.step(.message(LinkID(2), Self.forged[place], lines: []))
        #expect(lone.node.status == status)
        #expect(lone.node.nextDeadline == deadline)
        for effect in lone.effects {
            switch effect {
            case .send(let address, _, _): #expect(address == "x:1")
            case .log(let level, _): #expect(level <= .warning)
            case .persist, .adopt, .halt, .contradicted, .resetLog, .transfer, .dial, .redial:
                Issue.record("\(effect)")
            default: break
            }
        }
        // The next heartbeat finds the node as it was.
        lone.step(.message(LinkID(1), Self.append(2), lines: []))
        #expect(lone.node.status.leader == Self.names[0])
    }

    @Test @Aside func `removed is believed of members alone`() {
        var lone = Self.follower()
        lone.step(.message(LinkID(2), .removed(LogIndex(9)), lines: []))
        #expect(!lone.node.status.isRemoved)
        lone.step(.message(LinkID(1), .removed(LogIndex(9)), lines: []))
        #expect(lone.node.status.isRemoved)
    }

    @Test @Aside func `what a stranger says to be committed keeps no node from being ready`() {
        var lone = LoneNode(members: Self.names + [LoneNode.identity])
        lone.step(.hello(LinkID(2), LoneNode.hello(Self.stranger, cluster: "c1")))
        lone.step(.message(LinkID(2), Self.append(1, commit: 1 << 50), lines: []))
        lone.now.instant = lone.now.instant + .seconds(1)
        lone.step(.hello(LinkID(1), LoneNode.hello(Self.names[0], cluster: "c1")))
        lone.step(.message(LinkID(1), Self.append(2), lines: []))
        #expect(!lone.node.status.isCatchingUp)
    }

    @Test @Aside func `nothing is forwarded to a leader that the log does not name`() {
        var lone = LoneNode(members: Self.names + [LoneNode.identity])
        lone.step(.hello(LinkID(2), LoneNode.hello(Self.stranger, cluster: "c1")))
        lone.step(.linked(address: "x:1", LoneNode.hello(Self.stranger, cluster: "c1")))
        lone.step(.message(LinkID(2), Self.append(2), lines: []))
        #expect(lone.node.status.leader == Self.stranger)
        lone.effects = []
        lone.step(
            .request(
                ClientRequest(
                    ticket: Ticket(1),
                    lane: 1,
                    body: Register.Append(value: "a").lineBytes,
                    caller: Caller(),
                    key: "k",
                    entropy: Entropy([UInt8](repeating: 1, count: 64))
                )
            )
        )
        lone.step(
            .query(Ticket(2), body: Register.Read().lineBytes, caller: Caller(), .linearizable)
        )
        let kinds = lone.sent().map(\.message)
        #expect(
            !kinds.contains {
                switch $0 {
                case .forward, .read: true
                default: false
                }
            }
        )
    }

    @Test @Aside func `in a member's name nobody is reached elsewhere`() {
        var lone = Self.follower()
        // The stranger's address was dialled, and answers as the leader.
        lone.step(.linked(address: "x:1", LoneNode.hello(Self.names[0], cluster: "c1")))
        lone.step(.unlinked(address: "n1:1"))
        lone.effects = []
        lone.step(.message(LinkID(1), Self.append(2), lines: []))
        #expect(lone.sent().allSatisfy { $0.address != "x:1" })
    }

    @Test @Aside func `who is connected without the cluster's id moves no member's address`() {
        var lone = Self.follower()
        let dials = LoneNode(members: Self.names + [LoneNode.identity]).dials
        lone.step(.hello(LinkID(3), LoneNode.hello(Self.names[0], cluster: nil, at: "evil:1")))
        #expect(!lone.dials.contains { $0.address == "evil:1" && $0.hello.to != nil })
        #expect(dials.contains { $0.address == "n1:1" })
    }

    @Test @Aside func `another incarnation does not take the place of a member that answers`() {
        var lone = Self.follower()
        let other = NodeIdentity(id: "n1", incarnation: "00000000000000ee")
        lone.step(.hello(LinkID(3), LoneNode.hello(other, cluster: "c1", at: "n1:1")))
        lone.step(.hello(LinkID(4), LoneNode.hello(Self.names[1], cluster: "c1")))
        #expect(lone.dials.isEmpty || lone.dials.contains { $0.hello.to == Self.names[0] })
    }

    @Test @Aside func `a stranger is told nothing`() {
        var lone = LoneNode(members: Self.names + [LoneNode.identity])
        lone.step(.hello(LinkID(1), LoneNode.hello(Self.stranger, cluster: nil)))
        lone.step(.hello(LinkID(2), LoneNode.hello(Self.stranger, cluster: "c9")))
        let gone = NodeIdentity(id: "n4", incarnation: "00000000000000ab")
        lone.step(.hello(LinkID(3), LoneNode.hello(Self.stranger, cluster: "c1", to: gone)))
        var answers = 0
        for effect in lone.effects {
            switch effect {
            case .welcome(_, let hello):
                #expect(hello.cluster == nil)
                answers += 1
            case .refuse(_, let refusal):
                #expect(!refusal.message.contains("c1"))
                #expect(!refusal.message.contains(LoneNode.identity.incarnation))
                answers += 1
            default: break
            }
        }
        #expect(answers == 3)
    }

    @Test @Aside func `few new addresses are dialled in a minute, whatever hellos name`() {
        var lone = LoneNode(members: Self.names + [LoneNode.identity])
        var dialled: Set<String> = []
        for number in 0..<200 {
            let hello = LoneNode.hello(Self.stranger, cluster: "c1", at: "host\(number):1")
            lone.step(.hello(LinkID(UInt64(number)), hello))
            dialled.formUnion(lone.dials.map(\.address))
            lone.step(.linkEnded(LinkID(UInt64(number))))
        }
        #expect(dialled.count(where: { $0.hasPrefix("host") }) <= 16)
        lone.now.instant = lone.now.instant + .seconds(61)
        lone.step(.hello(LinkID(999), LoneNode.hello(Self.stranger, cluster: "c1", at: "late:1")))
        #expect(lone.dials.contains { $0.address == "late:1" })
    }

    @Test @Aside func `lines of the log that a stranger brings about are counted`() {
        var lone = LoneNode(members: Self.names + [LoneNode.identity])
        for number in 0..<1_000 {
            lone.step(
                .hello(
                    LinkID(UInt64(number)),
                    LoneNode.hello(Self.stranger, cluster: "c\(number)x")
                )
            )
        }
        #expect(lone.logged.count { $0.contains("refused a connection") } == 1)
        lone.now.instant = lone.now.instant + .seconds(61)
        lone.step(.hello(LinkID(5_000), LoneNode.hello(Self.stranger, cluster: "c9")))
        #expect(lone.logged.last?.contains("999 more") == true)
    }

    @Test @Aside func `only members and the leader may send much`() {
        var lone = Self.follower()
        func trusted() -> [UInt64: Bool] {
            var found: [UInt64: Bool] = [:]
            for case .trust(let link, let isTrusted) in lone.effects {
                found[link.value] = isTrusted
            }
            return found
        }
        lone.step(.hello(LinkID(3), LoneNode.hello(Self.names[1], cluster: "c1")))
        #expect(trusted() == [3: true])
        // A leader that the log does not name yet sends entries too (pitfall 7).
        lone.now.instant = lone.now.instant + .seconds(1)
        lone.step(.message(LinkID(2), Self.append(3), lines: []))
        #expect(lone.node.status.leader == Self.stranger)
        #expect(trusted()[2] == true)
        lone.step(.message(LinkID(1), Self.append(4), lines: []))
        #expect(trusted()[2] == false)
    }

    @Test @Aside func `an answer to a wish to join counts of those that were asked`() {
        var lone = LoneNode()
        lone.step(.hello(LinkID(1), LoneNode.hello(Self.stranger, cluster: "c1")))
        let refusal = LinkRefusal(code: "no_leader", message: "why")
        let answer = PeerMessage.joinAnswer(LoneNode.identity, .refused(refusal))
        lone.step(.message(LinkID(1), answer, lines: []))
        #expect(!lone.logged.contains { $0.contains("not admitted") })
    }
}
