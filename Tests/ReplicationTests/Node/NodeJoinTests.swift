import Replication
import Storage
import TestSupport
import Testing

/// Nodes driven by hand that ask to join, or that are asked.
@Suite struct NodeJoinTests {
    private struct Lone {
        static let identity = NodeIdentity(id: "n4", incarnation: "00000000000000dd")
        var node: Node<Register>
        var effects: [NodeEffect] = []
        var logged: [String] = []
        var now = Moment(instant: Instant(nanoseconds: 0), wall: Timestamp(milliseconds: 5_000))
        private var lines: [[UInt8]] = []

        /// A blank node, or one of a cluster with these members.
        init(
            members: [NodeIdentity] = [],
            learners: [NodeIdentity] = [],
            joining: [NodeIdentity] = [],
            expect: Int? = nil,
            _ adjust: (inout NodeConfiguration) -> Void = { _ in }
        ) {
            let membership = Membership(
                incoming: (members + learners + joining).map {
                    Member(
                        identity: $0,
                        peerAddress: "\($0.id):1",
                        clientAddress: "\($0.id):2",
                        role: learners.contains($0)
                            ? .learner : joining.contains($0) ? .joining : .voter
                    )
                }
            )
            let first = LogEntry(
                position: LogPosition(index: LogIndex(1), term: Term(1)),
                time: Timestamp(milliseconds: 1_000),
                payload: .members(membership, cluster: "c1")
            )
            if !members.isEmpty { lines = [first.line] }
            var log = LogTerms()
            if !members.isEmpty { log.append(term: Term(1)) }
            var configuration = NodeConfiguration(
                peerAddress: "n4:1",
                clientAddress: "n4:2",
                plan: Formation.Plan(addresses: ["n1:1", "n2:1", "n4:1"], expect: expect),
                seed: 1
            )
            adjust(&configuration)
            node = Node(
                restored: RestoredNode(
                    identity: Self.identity,
                    cluster: members.isEmpty ? nil : "c1",
                    vote: members.isEmpty ? .none : Vote(term: Term(1)),
                    log: log,
                    memberships: members.isEmpty
                        ? [] : [MembershipEntry(index: LogIndex(1), membership: membership)],
                    lastTime: Timestamp(milliseconds: 1_000)
                ),
                configuration: configuration,
                now: now
            )
            take(node.start())
        }

        private mutating func take(_ orders: [NodeEffect]) {
            effects += orders
            for order in orders {
                switch order {
                case .persist(let records, let token):
                    for case .entry(_, let line) in records { lines.append(line) }
                    step(.persisted(token))
                case .load(let after, let through, _):
                    step(.loaded(Array(lines[Int(after.value)..<Int(through.value)])))
                case .log(_, let message): logged.append(message)
                default: break
                }
            }
        }

        mutating func step(_ input: NodeInput) {
            for input in [input, .turnEnded] { take(node.step(input, now: now)) }
        }

        mutating func wait(_ duration: Duration) {
            now.instant = now.instant + duration
            step(.timer)
        }

        static func hello(
            _ from: NodeIdentity,
            cluster: String?,
            to: NodeIdentity? = nil,
            at address: String? = nil
        ) -> Hello {
            Hello(
                cluster: cluster,
                from: from,
                peerAddress: address ?? "\(from.id):1",
                clientAddress: "\(from.id):2",
                to: to
            )
        }

        /// What was sent since the last look, and where.
        mutating func sent() -> [(address: String, message: PeerMessage)] {
            defer { effects = [] }
            return effects.compactMap { effect in
                guard case .send(let address, let line, _) = effect,
                    let message = try? PeerMessage(line, in: 0..<line.count - 1)
                else { return nil }
                return (address, message)
            }
        }

        /// Whom it wants to be connected to.
        var dials: [Dial] {
            effects.compactMap { if case .dial(let dials) = $0 { dials } else { nil } }.last ?? []
        }
    }

    private static let names = ["n1", "n2", "n3"].map {
        NodeIdentity(id: $0, incarnation: "00000000000000aa")
    }

    private static func wish(_ role: Member.Role = .joining) -> PeerMessage {
        .join(
            Member(
                identity: Lone.identity,
                peerAddress: "n4:1",
                clientAddress: "n4:2",
                role: role
            )
        )
    }

    @Test(arguments: [nil, 3] as [Int?])
    @Aside func `a blank node asks who knows a cluster, once a second, one after the other`(
        expect: Int?
    ) {
        var lone = Lone(expect: expect)
        lone.step(.linked(address: "n1:1", Lone.hello(Self.names[0], cluster: "c1")))
        lone.step(.linked(address: "n2:1", Lone.hello(Self.names[1], cluster: "c1")))
        _ = lone.sent()
        var asked: [String] = []
        for _ in 0..<40 {
            lone.wait(.milliseconds(100))
            for (address, message) in lone.sent() {
                #expect(message == Self.wish())
                asked.append(address)
            }
        }
        #expect(asked == ["n1:1", "n2:1", "n1:1", "n2:1"])
    }

    @Test @Aside func `a learner asks to be one`() {
        var lone = Lone { $0.joinsAsLearner = true }
        lone.step(.linked(address: "n1:1", Lone.hello(Self.names[0], cluster: "c1")))
        _ = lone.sent()
        lone.wait(.seconds(1))
        #expect(lone.sent().map(\.message) == [Self.wish(.learner)])
    }

    @Test @Aside func `blank nodes do not ask each other`() {
        var lone = Lone()
        lone.step(.linked(address: "n1:1", Lone.hello(Self.names[0], cluster: nil)))
        _ = lone.sent()
        lone.wait(.seconds(2))
        #expect(lone.sent().isEmpty)
    }

    @Test @Aside func `between two clusters it asks neither, and says so once`() {
        var lone = Lone()
        lone.step(.linked(address: "n1:1", Lone.hello(Self.names[0], cluster: "c1")))
        lone.step(.linked(address: "n2:1", Lone.hello(Self.names[1], cluster: "c2")))
        _ = lone.sent()
        for _ in 0..<5 { lone.wait(.seconds(1)) }
        #expect(lone.sent().isEmpty)
        #expect(lone.logged.count { $0.contains("cluster_mismatch") } == 1)
    }

    @Test @Aside func `each reason of a refusal is told once`() {
        var lone = Lone()
        let hello = Lone.hello(Self.names[0], cluster: "c1")
        lone.step(.hello(LinkID(1), hello))
        for code in ["id_in_use", "id_in_use", "no_leader", "id_in_use"] {
            let refusal = LinkRefusal(code: code, message: "why")
            lone.step(
                .message(LinkID(1), .joinAnswer(Lone.identity, .refused(refusal)), lines: [])
            )
        }
        #expect(lone.logged.filter { $0.contains("not admitted") }.count == 2)
    }

    @Test @Aside func `who is called by name alone is admitted, and makes the cluster its own`() {
        var lone = Lone()
        lone.step(.hello(LinkID(1), Lone.hello(Self.names[0], cluster: "c1")))
        #expect(lone.node.cluster == nil)
        lone.step(.hello(LinkID(2), Lone.hello(Self.names[0], cluster: "c1", to: Lone.identity)))
        lone.step(.adopted)
        #expect(lone.node.cluster == "c1")
    }

    @Test @Aside func `a member calls a blank node without its name until that one is a member`() {
        var lone = Lone(members: Self.names + [Lone.identity])
        let stranger = NodeIdentity(id: "n5", incarnation: "00000000000000ee")
        lone.step(.hello(LinkID(1), Lone.hello(stranger, cluster: nil)))
        let dial = lone.dials.first { $0.address == "n5:1" }
        #expect(dial != nil && dial?.hello.to == nil)
    }

    @Test @Aside func `strangers are called back, but not without end`() {
        var lone = Lone(members: Self.names + [Lone.identity])
        for number in 5..<50 {
            let stranger = NodeIdentity(id: "n\(number)", incarnation: "00000000000000ee")
            lone.step(.hello(LinkID(UInt64(number)), Lone.hello(stranger, cluster: nil)))
        }
        #expect(lone.dials.count == 3 + 16)
        for number in 5..<50 { lone.step(.linkEnded(LinkID(UInt64(number)))) }
        #expect(lone.dials.count == 3)
    }

    @Test @Aside func `of two incarnations at one address the one that came last is called`() {
        var lone = Lone(members: Self.names + [Lone.identity])
        let other = NodeIdentity(id: "n2", incarnation: "00000000000000bb")
        func called() -> NodeIdentity? { lone.dials.first { $0.address == "n2:1" }?.hello.to }
        #expect(called() == Self.names[1])
        lone.step(.hello(LinkID(1), Lone.hello(Self.names[1], cluster: "c1")))
        // A stranger with a wrong address does not disturb a member that is here.
        let stranger = NodeIdentity(id: "n9", incarnation: "00000000000000bb")
        lone.step(.hello(LinkID(3), Lone.hello(stranger, cluster: nil, at: "n2:1")))
        #expect(called() == Self.names[1])
        // Another incarnation is there in its place, though the end of its connection is late.
        lone.step(.hello(LinkID(4), Lone.hello(other, cluster: nil)))
        #expect(called() == nil && lone.dials.contains { $0.address == "n2:1" })
        lone.step(.linkEnded(LinkID(1)))
        lone.step(.linkEnded(LinkID(3)))
        lone.step(.linkEnded(LinkID(4)))
        #expect(called() == Self.names[1])
    }

    @Test @Aside func `who joins in an old one's place is called, until it is succeeded itself`() {
        let second = NodeIdentity(id: "n2", incarnation: "00000000000000bb")
        let third = NodeIdentity(id: "n2", incarnation: "00000000000000cc")
        var lone = Lone(members: Self.names + [Lone.identity], joining: [second])
        func called() -> NodeIdentity? { lone.dials.first { $0.address == "n2:1" }?.hello.to }
        #expect(called() == second)
        // What is left of the old one's connection changes nothing.
        lone.step(.hello(LinkID(1), Lone.hello(Self.names[1], cluster: "c1")))
        #expect(called() == second)
        lone.step(.hello(LinkID(2), Lone.hello(third, cluster: nil, at: "n9:1")))
        #expect(called() == second)
        lone.step(.hello(LinkID(2), Lone.hello(third, cluster: nil)))
        #expect(called() == nil && lone.dials.contains { $0.address == "n2:1" })
        // A stranger does not disturb one that is here.
        lone.step(.hello(LinkID(3), Lone.hello(second, cluster: "c1")))
        #expect(called() == second)
    }

    @Test @Aside func `who is to be admitted by an entry that may be lost goes on asking`() {
        var lone = Lone(members: Self.names, joining: [Lone.identity])
        lone.step(.linked(address: "n1:1", Lone.hello(Self.names[0], cluster: "c1")))
        _ = lone.sent()
        lone.wait(.seconds(1))
        #expect(lone.sent().map(\.message) == [Self.wish()])
        // One that votes is no such node, whatever is committed.
        var voter = Lone(members: Self.names + [Lone.identity])
        voter.step(.linked(address: "n1:1", Lone.hello(Self.names[0], cluster: "c1")))
        _ = voter.sent()
        for _ in 0..<5 { voter.wait(.seconds(1)) }
        #expect(!voter.sent().contains { $0.message == Self.wish() })
    }

    @Test @Aside func `a member that has moved is called where it says that it is`() {
        var lone = Lone(members: Self.names + [Lone.identity])
        lone.step(.hello(LinkID(1), Lone.hello(Self.names[1], cluster: "c1", at: "new:1")))
        #expect(lone.dials.map(\.address) == ["n1:1", "n3:1", "new:1"])
        #expect(lone.logged.contains { $0.contains("n2:1") && $0.contains("new:1") })
    }

    @Test @Aside func `a message goes to who answers, not to an address`() {
        var lone = Lone(members: Self.names + [Lone.identity])
        let other = NodeIdentity(id: "n2", incarnation: "00000000000000bb")
        lone.step(.linked(address: "n2:1", Lone.hello(other, cluster: "c1")))
        _ = lone.sent()
        lone.wait(.seconds(1))
        #expect(lone.sent().isEmpty, "n2 of the members is not at n2:1")
        lone.step(.unlinked(address: "n2:1"))
        lone.step(.linked(address: "n2:1", Lone.hello(Self.names[1], cluster: "c1")))
        lone.wait(.seconds(1))
        #expect(!lone.sent().isEmpty)
    }

    @Test @Aside func `a wish is passed on to the leader once, and its answer back`() {
        var lone = Lone(members: Self.names + [Lone.identity])
        let stranger = NodeIdentity(id: "n5", incarnation: "00000000000000ee")
        let member = Member(
            identity: stranger,
            peerAddress: "n5:1",
            clientAddress: "n5:2",
            role: .joining
        )
        lone.step(.hello(LinkID(1), Lone.hello(Self.names[0], cluster: "c1")))
        lone.step(.linked(address: "n1:1", Lone.hello(Self.names[0], cluster: "c1")))
        lone.step(.hello(LinkID(2), Lone.hello(stranger, cluster: nil)))
        lone.step(.linked(address: "n5:1", Lone.hello(stranger, cluster: nil)))
        _ = lone.sent()
        lone.step(.message(LinkID(2), .join(member), lines: []))
        let refusal = LinkRefusal(code: "no_leader", message: "no leader is known")
        #expect(lone.sent().map(\.message) == [.joinAnswer(stranger, .refused(refusal))])
        let append = Append(
            term: Term(2),
            previous: LogPosition(index: LogIndex(1), term: Term(1)),
            entries: EntryBatch(first: LogIndex(2)),
            commit: LogIndex(1),
            round: AppendRound(1),
            session: ReplicationSession(1)
        )
        let heartbeat = PeerMessage.consensus(.append(append), clock: lone.now.wall)
        lone.step(.message(LinkID(1), heartbeat, lines: []))
        _ = lone.sent()
        lone.step(.message(LinkID(2), .join(member), lines: []))
        #expect(
            lone.sent().map { "\($0.address) \($0.message)" } == [
                "n1:1 \(PeerMessage.join(member))"
            ]
        )
        lone.step(.message(LinkID(1), .joinAnswer(stranger, .admitted), lines: []))
        let back = lone.sent()
        #expect(back.map(\.address) == ["n5:1"])
        #expect(back.map(\.message) == [.joinAnswer(stranger, .admitted)])
        // What comes from a member for somebody else stays here: it was passed on before.
        lone.step(.message(LinkID(1), .join(member), lines: []))
        #expect(!lone.sent().contains { $0.message == .join(member) })
    }

    @Test @Aside func `a leader does not take itself for silent, however long it leads`() {
        var lone = Lone(members: [Lone.identity], learners: [Self.names[0]])
        let copy = NodeIdentity(id: "n4", incarnation: "00000000000000ee")
        lone.step(.hello(LinkID(1), Lone.hello(Self.names[0], cluster: "c1")))
        lone.step(.linked(address: "n1:1", Lone.hello(Self.names[0], cluster: "c1")))
        for _ in 0..<20 { lone.wait(.seconds(1)) }
        #expect(lone.node.status.role == "leader")
        _ = lone.sent()
        let wish = Member(
            identity: copy,
            peerAddress: "n4:1",
            clientAddress: "n4:2",
            role: .joining
        )
        lone.step(.message(LinkID(1), .join(wish), lines: []))
        let codes = lone.sent().compactMap { _, message -> String? in
            guard case .joinAnswer(copy, .refused(let refusal)) = message else { return nil }
            return refusal.code
        }
        #expect(codes == ["id_in_use"])
        #expect(lone.node.status.nodes.count == 2)
    }

    @Test @Aside func `pitfall 23: who is told that it was removed asks for no votes any more`() {
        var lone = Lone(members: Self.names + [Lone.identity])
        lone.step(.linked(address: "n1:1", Lone.hello(Self.names[0], cluster: "c1")))
        lone.step(.hello(LinkID(1), Lone.hello(Self.names[0], cluster: "c1")))
        lone.wait(.seconds(1))
        #expect(!lone.sent().isEmpty)
        lone.step(.message(LinkID(1), .removed(LogIndex(7)), lines: []))
        #expect(lone.node.status.isRemoved)
        _ = lone.sent()
        for _ in 0..<20 { lone.wait(.seconds(1)) }
        #expect(lone.sent().isEmpty)
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
        let replies = lone.effects.compactMap { effect -> Reply? in
            if case .reply(_, let reply) = effect { reply } else { nil }
        }
        #expect(replies == [.failed(.removed, key: "k")])
    }

    @Test @Aside func `a node that its log names since is not removed by an old word`() {
        var lone = Lone(members: Self.names + [Lone.identity])
        lone.step(.hello(LinkID(1), Lone.hello(Self.names[0], cluster: "c1")))
        lone.step(.message(LinkID(1), .removed(LogIndex(1)), lines: []))
        lone.step(.hello(LinkID(2), Lone.hello(Self.names[1], cluster: nil)))
        lone.step(.message(LinkID(2), .removed(LogIndex(7)), lines: []))
        #expect(!lone.node.status.isRemoved)
    }
}
