import Replication
import Storage
import TestSupport
import Testing

/// Which changes make sense, and what they lead to.
@Suite struct MembershipChangingTests {
    typealias Bench = ConsensusBench
    static let a = Bench.member(Bench.a)
    static let b = Bench.member(Bench.b)
    static let learner = Bench.member(Bench.d, .learner)
    /// Another incarnation of `b`.
    static let wiped = Bench.member(Bench.wiped, .joining)

    static func after(_ change: MembershipChange, of members: [Member]) throws -> [Member] {
        try Membership(incoming: members).applying(change).incoming
    }

    @Test @Aside func `members are added without a vote, and taken out`() throws {
        let (a, b, learner) = (Self.a, Self.b, Self.learner)
        #expect(try Self.after(.add(learner), of: [a, b]) == [a, b, learner])
        #expect(try Self.after(.remove(Bench.d), of: [a, b, learner]) == [a, b])
        #expect(try Self.after(.remove(Bench.b), of: [a, b, learner]) == [a, learner])
    }

    @Test @Aside func `a voter is made of a learner, and a learner of a voter`() throws {
        let voter = Bench.member(Bench.d)
        let (a, b, learner) = (Self.a, Self.b, Self.learner)
        #expect(try Self.after(.promote(Bench.d), of: [a, learner]) == [a, voter])
        #expect(try Self.after(.demote(Bench.d), of: [a, voter]) == [a, learner])
        let replaced = try Self.after(.replace(Bench.b, with: Bench.d), of: [a, b, learner])
        #expect(replaced == [a, voter])
    }

    @Test @Aside func `another incarnation takes its namesake's place when it is promoted`() throws
    {
        let voter = Bench.member(Bench.wiped)
        let (a, b, wiped) = (Self.a, Self.b, Self.wiped)
        #expect(try Self.after(.add(wiped), of: [a, b]) == [a, wiped, b])
        #expect(try Self.after(.promote(Bench.wiped), of: [a, b, wiped]) == [a, voter])
        let replaced = try Self.after(.replace(Bench.b, with: Bench.wiped), of: [a, b, wiped])
        #expect(replaced == [a, voter])
        #expect(try Self.after(.remove(Bench.b), of: [a, b, wiped]) == [a, wiped])
        #expect(try Self.after(.remove(Bench.wiped), of: [a, b, wiped]) == [a, b])
    }

    @Test @Aside func `an order gives a member other addresses`() throws {
        var moved = Self.b
        moved.peerAddress = "b:7"
        moved.clientAddress = "b:8"
        let after = try Self.after(
            .readdress(Bench.b, peer: "b:7", client: "b:8"),
            of: [Self.a, Self.b]
        )
        #expect(after == [Self.a, moved])
    }

    static let refused: [(MembershipChange, String)] = [
        (.add(Bench.member(Bench.e)), "before it votes"),
        (.add(Bench.member(Bench.d, .joining)), "a member already"),
        (.add(Bench.member(NodeIdentity(id: "", incarnation: "1"), .learner)), "1 to 32 letters"),
        (.add(Bench.member(NodeIdentity(id: "x", incarnation: ""), .learner)), "1 to 32 letters"),
        (.add(Bench.member(NodeIdentity(id: "b", incarnation: "3"), .joining)), "remove it first"),
        (.add(Bench.member(NodeIdentity(id: "d", incarnation: "3"), .joining)), "remove it first"),
        (
            .add(Member(identity: Bench.e, peerAddress: "", clientAddress: "x", role: .learner)),
            "needs an address"
        ),
        (
            .add(Member(identity: Bench.e, peerAddress: "x", clientAddress: "", role: .learner)),
            "needs an address"
        ),
        (
            .add(
                Member(identity: Bench.e, peerAddress: "a:1", clientAddress: "x:2", role: .joining)
            ),
            "the address of a/"
        ),
        (.remove(Bench.e), "no member"),
        (.promote(Bench.e), "no member"),
        (.promote(Bench.a), "a voter already"),
        (.demote(Bench.e), "no member"),
        (.demote(Bench.d), "no voter"),
        (.demote(Bench.b), "to take its place"),
        (.replace(Bench.e, with: Bench.d), "no member"),
        (.replace(Bench.a, with: Bench.e), "no member"),
        (.replace(Bench.d, with: Bench.d), "no voter"),
        (.replace(Bench.a, with: Bench.b), "a voter already"),
        (.replace(Bench.a, with: Bench.wiped), "alone"),
        (.readdress(Bench.e, peer: "x", client: "x"), "no member"),
        (.readdress(Bench.a, peer: "", client: "x"), "needs an address"),
        (.readdress(Bench.a, peer: "b:1", client: "x:2"), "the address of b/"),
        (.readdress(Bench.a, peer: "a:1", client: "a:2"), "already"),
    ]

    @Test(arguments: refused)
    @Aside func `pitfall 25: what makes no sense is refused with the reason`(
        change: MembershipChange,
        reason: String
    ) throws {
        let members = Membership(incoming: [Self.a, Self.b, Self.wiped, Self.learner])
        let refusal = #expect(throws: ChangeRefusal.self) { try members.applying(change) }
        guard case .invalid(let said) = refusal else { throw try #require(refusal) }
        #expect(said.contains(reason))
    }

    @Test @Aside func `somebody keeps a vote`() {
        let members = Membership(incoming: [Self.a, Self.learner])
        for change in [MembershipChange.remove(Bench.a), .demote(Bench.a)] {
            #expect(throws: ChangeRefusal.invalid("\(Bench.a) is the last voter")) {
                try members.applying(change)
            }
        }
    }

    @Test @Aside func `a change ends before the next begins, and members are not without number`() {
        let joint = Membership(incoming: [Self.a, Self.b], outgoing: [Self.a])
        #expect(throws: ChangeRefusal.invalid("another change is under way")) {
            try joint.applying(.remove(Bench.b))
        }
        let many = (1...Membership.maximumCount).map {
            Bench.member(NodeIdentity(id: "n\($0)", incarnation: "1"))
        }
        #expect(throws: ChangeRefusal.invalid("a cluster has 31 members at the most")) {
            try Membership(incoming: many).applying(.add(Self.learner))
        }
    }

    /// Every membership of four nodes, every change of it, every set of nodes that agree.
    @Test @Aside func `quorums before, in and after a change share a voter`() {
        let nodes = [Bench.a, Bench.b, Bench.c, Bench.wiped]
        let roles: [Member.Role?] = [nil, .voter, .learner, .joining]
        var pairs: Set<[Quorum]> = []
        for code in 0..<256 {
            let members = nodes.enumerated().compactMap { place, node in
                roles[code >> (2 * place) & 3].map { Bench.member(node, $0) }
            }
            let old = Membership(incoming: members)
            for change in changes(of: nodes) {
                guard let new = try? old.applying(change) else { continue }
                let joint = Membership(incoming: new.incoming, outgoing: old.incoming)
                pairs.insert([Quorum(old), Quorum(joint)])
                pairs.insert([Quorum(joint), Quorum(new)])
            }
        }
        #expect(pairs.count > 40)
        for pair in pairs {
            let winning = pair.map { quorum in
                (0..<16).filter { yes in quorum.result { has($0, yes, nodes) } == .won }
            }
            for one in winning[0] { #expect(winning[1].allSatisfy { one & $0 != 0 }, "\(pair)") }
        }
    }

    private func has(_ node: NodeIdentity, _ yes: Int, _ nodes: [NodeIdentity]) -> Bool {
        nodes.firstIndex(of: node).map { yes >> $0 & 1 == 1 } ?? false
    }

    private func changes(of nodes: [NodeIdentity]) -> [MembershipChange] {
        nodes.flatMap { node in
            [
                .add(Bench.member(node, .joining)), .remove(node), .promote(node), .demote(node),
            ] + nodes.map { .replace(node, with: $0) }
        }
    }
}
