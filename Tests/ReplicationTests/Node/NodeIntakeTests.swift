import Replication
import Storage
import TestSupport
import Testing

/// What enters the log: only what the node that proposes it can read, from whomever it comes.
@Suite struct NodeIntakeTests {
    private static let other = NodeIdentity(id: "n1", incarnation: "00000000000000aa")
    private static let digest = String(repeating: "0", count: 64)
    private static let good = #"{"append":"a"}"#

    /// A leader by itself, with a learner that is connected.
    private static func leader() -> LoneNode {
        var lone = LoneNode(members: [LoneNode.identity], learners: [other])
        lone.wait(.seconds(1))
        let hello = LoneNode.hello(other, cluster: "c1", to: LoneNode.identity)
        lone.step(.hello(LinkID(1), hello))
        lone.step(.linked(address: "n1:1", hello))
        return lone
    }

    private static func proposal(
        by: String = "x",
        key: String = "k",
        request: String = digest,
        _ operation: String = good
    ) -> Proposal {
        Proposal(by: by, key: key, request: request, operation: Array(operation.utf8))
    }

    private static func outcomes(_ lone: inout LoneNode) -> [ForwardOutcome] {
        lone.sent().compactMap {
            if case .forwarded(_, let outcome) = $0.message { outcome } else { nil }
        }
    }

    private static func forward(
        _ proposal: Proposal,
        to lone: inout LoneNode
    ) -> [ForwardOutcome] {
        _ = lone.sent()
        lone.step(.message(LinkID(1), .forward(id: 7, proposal), lines: []))
        return outcomes(&lone)
    }

    private static let unreadable = [
        // The line of the first report, and the same with a digest.
        proposal(request: "00", "{}"), proposal("{}"),
        // Of another version, not canonical, doubled, another kind.
        proposal(#"{"append":"a","urgent":true}"#), proposal(#"{"prepend":"a"}"#),
        proposal(#"{ "append":"a"}"#), proposal(#"{"append":"\u0061"}"#),
        proposal(#"{"append":"a","append":"b"}"#), proposal("[]"), proposal("1"), proposal(""),
        proposal(#"{"append":"a"} "#), proposal(#"{"append":"a"}}"#),
        // What stands beside it in the line.
        proposal(by: ""), proposal(by: String(repeating: "b", count: 257)), proposal(by: "a\nb"),
        proposal(key: ""), proposal(key: String(repeating: "k", count: 257)),
        proposal(key: "\u{7F}"), proposal(request: ""),
        proposal(request: String(repeating: "A", count: 64)),
        proposal(request: String(repeating: "0", count: 65)),
    ]

    @Test(arguments: unreadable)
    @Aside func `pitfall 49: a leader logs nothing that it cannot read`(proposal: Proposal) {
        var lone = Self.leader()
        let last = lone.node.status.last
        #expect(Self.forward(proposal, to: &lone) == [.failed(.operationInvalid)])
        #expect(lone.node.status.last == last)
        // And goes on.
        let outcomes = Self.forward(Self.proposal(), to: &lone)
        #expect(outcomes.count == 1 && outcomes != [.failed(.operationInvalid)])
        #expect(lone.node.status.last == last.next)
        #expect(!lone.effects.contains { if case .halt = $0 { true } else { false } })
    }

    /// A leader whose first entry is not committed: its second voter answers nothing but its vote.
    private static func youngLeader(
        _ adjust: (inout NodeConfiguration) -> Void = { _ in }
    ) -> LoneNode {
        let voter = NodeIdentity(id: "n2", incarnation: "00000000000000bb")
        var lone = LoneNode(members: [LoneNode.identity, voter], learners: [other], adjust)
        let hello = { LoneNode.hello($0, cluster: "c1", to: LoneNode.identity) }
        for (number, node) in [other, voter].enumerated() {
            lone.step(.hello(LinkID(UInt64(number + 1)), hello(node)))
            lone.step(.linked(address: "\(node.id):1", hello(node)))
        }
        lone.wait(.seconds(1))
        let granted = { VoteReply(term: Term($0), asked: Term(2), isGranted: true) }
        for answer in [Message.preVoteReply(granted(1)), .voteReply(granted(2))] {
            lone.step(.message(LinkID(2), .consensus(answer, clock: lone.now.wall), lines: []))
        }
        return lone
    }

    @Test @Aside func `pitfall 49: what is held until a leader may propose is read first`() {
        var lone = Self.youngLeader()
        #expect(lone.node.status.role == "leader" && lone.node.status.applied < LogIndex(2))
        #expect(Self.forward(Self.proposal("{}"), to: &lone) == [.failed(.operationInvalid)])
        #expect(Self.forward(Self.proposal(), to: &lone) == [])
    }

    @Test @Aside func `what is held for a leader's first entry is bounded in bytes`() {
        let size = Self.proposal().estimatedBytes
        var lone = Self.youngLeader { $0.maximumHeldBytes = 3 * size }
        var outcomes: [ForwardOutcome] = []
        for _ in 0..<5 { outcomes += Self.forward(Self.proposal(), to: &lone) }
        #expect(outcomes == [.failed(.overloaded), .failed(.overloaded)])
    }

    @Test @Aside func `the batch of a leader with nothing uncommitted is bounded in bytes`() {
        let size = Self.proposal(key: "k1").estimatedBytes
        var lone = LoneNode(members: [LoneNode.identity], learners: [Self.other]) {
            $0.consensus.maximumUncommittedBytes = 3 * size
        }
        lone.wait(.seconds(1))
        let hello = LoneNode.hello(Self.other, cluster: "c1", to: LoneNode.identity)
        lone.step(.hello(LinkID(1), hello))
        lone.step(.linked(address: "n1:1", hello))
        let last = lone.node.status.last
        _ = lone.sent()
        // All in one turn.
        for number in 1...5 as ClosedRange<UInt64> {
            let proposal = Self.proposal(key: "k\(number)")
            let message = NodeInput.message(
                LinkID(1),
                .forward(id: number, proposal),
                lines: []
            )
            lone.effects += lone.node.step(message, now: lone.now)
        }
        let refused = Self.outcomes(&lone)
        #expect(refused == [.failed(.overloaded), .failed(.overloaded)])
        lone.step(.timer)
        #expect(lone.node.status.last.value == last.value + 3)
    }

    @Test @Aside func `a member's questions for an index are bounded`() {
        var lone = Self.youngLeader()
        _ = lone.sent()
        for number in 1...1_100 as ClosedRange<UInt64> {
            lone.step(.message(LinkID(1), .read(id: number), lines: []))
        }
        let refused = lone.sent().count {
            if case .readIndex(_, nil) = $0.message { true } else { false }
        }
        #expect(refused >= 1_100 - 1_024)
    }

    @Test @Aside func `a follower forwards within a window, and all in order`() throws {
        let cluster = try ScriptedCluster { $0.forwardWindowBytes = 900 }
        let values = (1...40).map { "v\($0)" }
        let host = cluster.followers[0]
        let tickets = try values.map { try cluster.append($0, lane: 1, at: host) }
        for ticket in tickets { _ = try cluster.answer(to: ticket) }
        #expect(cluster.values == values)
        // Also when the leader goes while all that waits.
        let more = (41...80).map { "v\($0)" }
        let old = cluster.leader
        let late = try more.map { try cluster.append($0, lane: 1, at: host) }
        cluster.isolate(old)
        try cluster.change(from: old)
        cluster.rejoin()
        for ticket in late { _ = try cluster.answer(to: ticket) }
        #expect(cluster.values == values + more)
    }

    @Test @Aside func `a forwarded operation that is larger than an entry may be is refused`() {
        var lone = Self.leader()
        let text = String(repeating: "x", count: 200_000)
        let outcomes = Self.forward(Self.proposal(#"{"append":"\#(text)"}"#), to: &lone)
        #expect(outcomes == [.failed(.tooLarge)])
    }

    @Test @Aside func `a refusal is told once in a while, not for each operation`() {
        var lone = Self.leader()
        for _ in 0..<100 { _ = Self.forward(Self.proposal("{}"), to: &lone) }
        #expect(lone.logged.count { $0.contains("refused an operation of n1") } == 1)
        lone.wait(.seconds(11))
        _ = Self.forward(Self.proposal("{}"), to: &lone)
        #expect(lone.logged.count { $0.contains("refused an operation of n1") } == 2)
    }

    @Test @Aside func `a code of a newer leader leaves the outcome unknown`() throws {
        let outcome = try ForwardOutcome(lineBytes: Array(#"{"failed":"of_tomorrow"}"#.utf8))
        #expect(outcome == .failed(.outcomeUnknown))
    }

    @Test(arguments: [
        "n1/" + String(repeating: "a", count: 33), "n1/a\u{1}", "n1/é", "n1/", "n1/a b",
    ])
    @Aside func `an incarnation is short and plain`(text: String) {
        #expect(NodeIdentity(text) == nil)
    }

    @Test(arguments: [
        "", "n1", String(repeating: "a", count: 261) + ":1", "n1:1\u{0}", "n 1:1", "ñ:1",
    ])
    @Aside func `no address enters the log that is none`(address: String) {
        var lone = LoneNode()
        var hello = LoneNode.hello(Self.other, cluster: nil)
        hello.clientAddress = address
        lone.step(.hello(LinkID(1), hello))
        let refusals = lone.effects.compactMap {
            if case .refuse(_, let refusal) = $0 { refusal.code } else { nil }
        }
        #expect(refusals == ["hello_invalid"])
        let members = Membership(incoming: [
            Member(identity: Self.other, peerAddress: "n1:1", clientAddress: "n1:2")
        ])
        #expect(throws: ChangeRefusal.self) {
            try members.applying(.readdress(Self.other, peer: "n1:1", client: address))
        }
        let new = Member(
            identity: LoneNode.identity,
            peerAddress: address,
            clientAddress: "n4:2",
            role: .learner
        )
        #expect(throws: ChangeRefusal.self) { try members.applying(.add(new)) }
    }

    @Test @Aside func `a cluster's id that is none is not made this node's own`() {
        var lone = LoneNode()
        let hello = LoneNode.hello(
            Self.other,
            cluster: String(repeating: "c", count: 33),
            to: LoneNode.identity
        )
        lone.step(.hello(LinkID(1), hello))
        #expect(!lone.effects.contains { if case .adopt = $0 { true } else { false } })
    }
}

/// The same on whole nodes.
@Suite struct HostileForwarderTests {
    @Test(arguments: 1...5 as ClosedRange<UInt64>)
    @Aside func `pitfall 49: a member that forwards what nobody can apply ends no node`(
        seed: UInt64
    ) throws {
        try HostileForwarder.play(seed: seed)
    }
}
