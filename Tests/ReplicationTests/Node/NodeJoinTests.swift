import Replication
import Storage
import TestSupport
import Testing

/// Nodes driven by hand that ask to join, or that are asked.
@Suite struct NodeJoinTests {
    private static let names = ["n1", "n2", "n3"].map {
        NodeIdentity(id: $0, incarnation: "00000000000000aa")
    }

    private static func wish(_ role: Member.Role = .joining) -> PeerMessage {
        .join(
            Member(
                identity: LoneNode.identity,
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
        var lone = LoneNode(expect: expect)
        lone.step(.linked(address: "n1:1", LoneNode.hello(Self.names[0], cluster: "c1")))
        lone.step(.linked(address: "n2:1", LoneNode.hello(Self.names[1], cluster: "c1")))
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
        var lone = LoneNode { $0.joinsAsLearner = true }
        lone.step(.linked(address: "n1:1", LoneNode.hello(Self.names[0], cluster: "c1")))
        _ = lone.sent()
        lone.wait(.seconds(1))
        #expect(lone.sent().map(\.message) == [Self.wish(.learner)])
    }

    @Test @Aside func `blank nodes do not ask each other`() {
        var lone = LoneNode()
        lone.step(.linked(address: "n1:1", LoneNode.hello(Self.names[0], cluster: nil)))
        _ = lone.sent()
        lone.wait(.seconds(2))
        #expect(lone.sent().isEmpty)
    }

    @Test @Aside func `between two clusters it asks neither, and says so once`() {
        var lone = LoneNode()
        lone.step(.linked(address: "n1:1", LoneNode.hello(Self.names[0], cluster: "c1")))
        lone.step(.linked(address: "n2:1", LoneNode.hello(Self.names[1], cluster: "c2")))
        _ = lone.sent()
        for _ in 0..<5 { lone.wait(.seconds(1)) }
        #expect(lone.sent().isEmpty)
        #expect(lone.logged.count { $0.contains("cluster_mismatch") } == 1)
    }

    @Test @Aside func `each reason of a refusal is told once`() {
        var lone = LoneNode()
        let hello = LoneNode.hello(Self.names[0], cluster: "c1")
        lone.step(.hello(LinkID(1), hello))
        lone.step(.linked(address: "n1:1", hello))
        lone.wait(.seconds(1))
        for code in ["id_in_use", "id_in_use", "no_leader", "id_in_use"] {
            let refusal = LinkRefusal(code: code, message: "why")
            lone.step(
                .message(LinkID(1), .joinAnswer(LoneNode.identity, .refused(refusal)), lines: [])
            )
        }
        #expect(lone.logged.filter { $0.contains("not admitted") }.count == 2)
    }

    @Test @Aside func `who is called by name alone is admitted, and makes the cluster its own`() {
        var lone = LoneNode()
        lone.step(.hello(LinkID(1), LoneNode.hello(Self.names[0], cluster: "c1")))
        #expect(lone.node.cluster == nil)
        lone.step(
            .hello(LinkID(2), LoneNode.hello(Self.names[0], cluster: "c1", to: LoneNode.identity))
        )
        lone.step(.adopted)
        #expect(lone.node.cluster == "c1")
    }

    @Test @Aside func `a member calls a blank node without its name until that one is a member`() {
        var lone = LoneNode(members: Self.names + [LoneNode.identity])
        let stranger = NodeIdentity(id: "n5", incarnation: "00000000000000ee")
        lone.step(.hello(LinkID(1), LoneNode.hello(stranger, cluster: nil)))
        let dial = lone.dials.first { $0.address == "n5:1" }
        #expect(dial != nil && dial?.hello.to == nil)
    }

    @Test @Aside func `who calls an incarnation that is gone is asked where it is now`() {
        var lone = LoneNode()
        let gone = NodeIdentity(id: LoneNode.identity.id, incarnation: "00000000000000aa")
        // All have moved since the list was written.
        let hello = LoneNode.hello(Self.names[0], cluster: "c1", to: gone, at: "n1-1:1")
        lone.step(.hello(LinkID(1), hello))
        #expect(lone.dials.map(\.address) == ["n1-1:1", "n1:1", "n2:1"])
        lone.effects = []
        lone.step(.linked(address: "n1-1:1", LoneNode.hello(Self.names[0], cluster: "c1")))
        lone.wait(.seconds(1))
        #expect(lone.sent().contains { $0.address == "n1-1:1" && $0.message == Self.wish() })
    }

    @Test @Aside func `who calls another node is not asked for a cluster`() {
        var lone = LoneNode()
        lone.effects = []
        for called in [Self.names[1], LoneNode.identity] {
            lone.step(
                .hello(
                    LinkID(1),
                    LoneNode.hello(Self.names[0], cluster: "c1", to: called, at: "x:1")
                )
            )
            #expect(!lone.dials.contains { $0.address == "x:1" && called == Self.names[1] })
        }
        var member = LoneNode(members: Self.names + [LoneNode.identity])
        let gone = NodeIdentity(id: LoneNode.identity.id, incarnation: "00000000000000aa")
        member.step(
            .hello(LinkID(1), LoneNode.hello(Self.names[0], cluster: "c1", to: gone, at: "x:1"))
        )
        #expect(!member.dials.contains { $0.address == "x:1" })
    }

    @Test @Aside func `strangers are called back, but not without end`() {
        var lone = LoneNode(members: Self.names + [LoneNode.identity])
        for number in 5..<50 {
            let stranger = NodeIdentity(id: "n\(number)", incarnation: "00000000000000ee")
            lone.step(.hello(LinkID(UInt64(number)), LoneNode.hello(stranger, cluster: nil)))
        }
        #expect(lone.dials.count == 3 + 16)
        for number in 5..<50 { lone.step(.linkEnded(LinkID(UInt64(number)))) }
        #expect(lone.dials.count == 3)
    }

    @Test @Aside func `of two incarnations at one address the one that came last is called`() {
        var lone = LoneNode(members: Self.names + [LoneNode.identity])
        let other = NodeIdentity(id: "n2", incarnation: "00000000000000bb")
        func called() -> NodeIdentity? { lone.dials.first { $0.address == "n2:1" }?.hello.to }
        #expect(called() == Self.names[1])
        lone.step(.hello(LinkID(1), LoneNode.hello(Self.names[1], cluster: "c1")))
        // A stranger with a wrong address does not disturb a member that is here.
        let stranger = NodeIdentity(id: "n9", incarnation: "00000000000000bb")
        lone.step(.hello(LinkID(3), LoneNode.hello(stranger, cluster: nil, at: "n2:1")))
        #expect(called() == Self.names[1])
        // Another incarnation is there in its place, though the end of its connection is late.
        lone.step(.hello(LinkID(4), LoneNode.hello(other, cluster: nil)))
        #expect(called() == nil && lone.dials.contains { $0.address == "n2:1" })
        lone.step(.linkEnded(LinkID(1)))
        lone.step(.linkEnded(LinkID(3)))
        lone.step(.linkEnded(LinkID(4)))
        #expect(called() == Self.names[1])
    }

    @Test @Aside func `who joins in an old one's place is called, until it is succeeded itself`() {
        let second = NodeIdentity(id: "n2", incarnation: "00000000000000bb")
        let third = NodeIdentity(id: "n2", incarnation: "00000000000000cc")
        var lone = LoneNode(members: Self.names + [LoneNode.identity], joining: [second])
        func called() -> NodeIdentity? { lone.dials.first { $0.address == "n2:1" }?.hello.to }
        #expect(called() == second)
        // What is left of the old one's connection changes nothing.
        lone.step(.hello(LinkID(1), LoneNode.hello(Self.names[1], cluster: "c1")))
        #expect(called() == second)
        lone.step(.hello(LinkID(2), LoneNode.hello(third, cluster: nil, at: "n9:1")))
        #expect(called() == second)
        lone.step(.hello(LinkID(2), LoneNode.hello(third, cluster: nil)))
        #expect(called() == nil && lone.dials.contains { $0.address == "n2:1" })
        // A stranger does not disturb one that is here.
        lone.step(.hello(LinkID(3), LoneNode.hello(second, cluster: "c1")))
        #expect(called() == second)
    }

    @Test @Aside func `who is to be admitted by an entry that may be lost goes on asking`() {
        var lone = LoneNode(members: Self.names, joining: [LoneNode.identity])
        lone.step(.linked(address: "n1:1", LoneNode.hello(Self.names[0], cluster: "c1")))
        _ = lone.sent()
        lone.wait(.seconds(1))
        #expect(lone.sent().map(\.message) == [Self.wish()])
        // One that votes is no such node, whatever is committed.
        var voter = LoneNode(members: Self.names + [LoneNode.identity])
        voter.step(.linked(address: "n1:1", LoneNode.hello(Self.names[0], cluster: "c1")))
        _ = voter.sent()
        for _ in 0..<5 { voter.wait(.seconds(1)) }
        #expect(!voter.sent().contains { $0.message == Self.wish() })
    }

    @Test @Aside func `a member that has moved is called where it says that it is`() {
        var lone = LoneNode(members: Self.names + [LoneNode.identity])
        lone.step(.hello(LinkID(1), LoneNode.hello(Self.names[1], cluster: "c1", at: "new:1")))
        #expect(lone.dials.map(\.address) == ["n1:1", "n3:1", "new:1"])
        #expect(lone.logged.contains { $0.contains("n2:1") && $0.contains("new:1") })
    }

    @Test @Aside func `a message goes to who answers, not to an address`() {
        var lone = LoneNode(members: Self.names + [LoneNode.identity])
        let other = NodeIdentity(id: "n2", incarnation: "00000000000000bb")
        lone.step(.linked(address: "n2:1", LoneNode.hello(other, cluster: "c1")))
        _ = lone.sent()
        lone.wait(.seconds(1))
        #expect(lone.sent().isEmpty, "n2 of the members is not at n2:1")
        lone.step(.unlinked(address: "n2:1"))
        lone.step(.linked(address: "n2:1", LoneNode.hello(Self.names[1], cluster: "c1")))
        lone.wait(.seconds(1))
        #expect(!lone.sent().isEmpty)
    }

    @Test @Aside func `a wish is passed on to the leader once, and its answer back`() {
        var lone = LoneNode(members: Self.names + [LoneNode.identity])
        let stranger = NodeIdentity(id: "n5", incarnation: "00000000000000ee")
        let member = Member(
            identity: stranger,
            peerAddress: "n5:1",
            clientAddress: "n5:2",
            role: .joining
        )
        lone.step(.hello(LinkID(1), LoneNode.hello(Self.names[0], cluster: "c1")))
        lone.step(.linked(address: "n1:1", LoneNode.hello(Self.names[0], cluster: "c1")))
        lone.step(.hello(LinkID(2), LoneNode.hello(stranger, cluster: nil)))
        lone.step(.linked(address: "n5:1", LoneNode.hello(stranger, cluster: nil)))
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
        var lone = LoneNode(members: [LoneNode.identity], learners: [Self.names[0]])
        let copy = NodeIdentity(id: "n4", incarnation: "00000000000000ee")
        lone.step(.hello(LinkID(1), LoneNode.hello(Self.names[0], cluster: "c1")))
        lone.step(.linked(address: "n1:1", LoneNode.hello(Self.names[0], cluster: "c1")))
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
        var lone = LoneNode(members: Self.names + [LoneNode.identity])
        lone.step(.linked(address: "n1:1", LoneNode.hello(Self.names[0], cluster: "c1")))
        lone.step(.hello(LinkID(1), LoneNode.hello(Self.names[0], cluster: "c1")))
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

    @Test @Aside func `a removed node answers those that wait for a leader at once`() {
        var lone = LoneNode(members: Self.names + [LoneNode.identity])
        lone.step(.hello(LinkID(1), LoneNode.hello(Self.names[0], cluster: "c1")))
        let body = Array("{}".utf8)
        lone.step(.query(Ticket(1), body: body, caller: Caller(), .linearizable))
        lone.step(.query(Ticket(2), body: body, caller: Caller(), .atLeast(LogIndex(99))))
        lone.step(.message(LinkID(1), .removed(LogIndex(7)), lines: []))
        lone.step(.query(Ticket(3), body: body, caller: Caller(), .atLeast(LogIndex(99))))
        let replies = lone.effects.compactMap { effect -> Reply? in
            if case .reply(_, let reply) = effect { reply } else { nil }
        }
        #expect(replies == [Reply](repeating: .failed(.removed, key: nil), count: 3))
    }

    @Test @Aside func `a node that its log names since is not removed by an old word`() {
        var lone = LoneNode(members: Self.names + [LoneNode.identity])
        lone.step(.hello(LinkID(1), LoneNode.hello(Self.names[0], cluster: "c1")))
        lone.step(.message(LinkID(1), .removed(LogIndex(1)), lines: []))
        lone.step(.hello(LinkID(2), LoneNode.hello(Self.names[1], cluster: nil)))
        lone.step(.message(LinkID(2), .removed(LogIndex(7)), lines: []))
        #expect(!lone.node.status.isRemoved)
    }
}
