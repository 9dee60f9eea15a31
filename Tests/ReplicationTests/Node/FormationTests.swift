import Replication
import Storage
import TestSupport
import Testing

/// A cluster that is not formed yet says why.
@Suite struct FormationTests {
    private static let list = ["n1:1", "n2:1", "n4:1"]
    private static let link = LinkID(1)

    private static func identity(_ id: String) -> NodeIdentity {
        NodeIdentity(id: id, incarnation: "00000000000000aa")
    }

    /// A blank node of three, n4, and what n1 answers when it is asked.
    private static func node(
        id: String = "n1",
        answering plan: FormationPlan,
        at address: String = "n1:1",
        of own: [String] = list
    ) -> LoneNode {
        var node = LoneNode(expect: 3) { $0.plan = FormationPlan(addresses: own, expect: 3) }
        let hello = LoneNode.hello(identity(id), cluster: nil, at: address)
        node.step(.hello(link, hello))
        node.step(.linked(address: "n1:1", hello))
        ask(&node, plan)
        return node
    }

    /// Two rounds, each answered.
    private static func ask(_ node: inout LoneNode, _ plan: FormationPlan) {
        for _ in 0..<2 {
            _ = node.sent()
            node.wait(.milliseconds(250))
            for case .formationRound(let round) in node.sent().map(\.message) {
                node.step(.message(link, .blank(round: round, plan), lines: []))
            }
        }
    }

    private static func explained(_ node: LoneNode) -> [String] {
        node.node.status.explanations.filter { $0.subject == .formation }.map(\.text)
    }

    @Test(
        arguments: [
            (
                FormationPlan(addresses: ["n1:1", "n2:1"], expect: 2),
                "n1 at n1:1 has another --join list: n1:1,n2:1; here it is n1:1,n2:1,n4:1"
            ),
            (
                FormationPlan(addresses: list, expect: 2),
                "n1 at n1:1 has --bootstrap-expect 2, here it is 3"
            ),
            (
                FormationPlan(addresses: list, expect: nil),
                "n1 at n1:1 was started without --bootstrap-expect, and forms no cluster"
            ),
        ]
    )
    func `another plan is told, by whom and which, once`(
        plan: FormationPlan,
        complaint: String
    ) {
        var node = Self.node(answering: plan)
        #expect(Self.explained(node) == ["no cluster is formed: \(complaint)"])
        Self.ask(&node, plan)
        #expect(node.logged.filter { $0.contains(complaint) }.count == 1)
        // Somebody corrects it.
        Self.ask(&node, FormationPlan(addresses: Self.list, expect: 3))
        #expect(Self.explained(node).first?.contains("not connected: n2:1") == true)
    }

    @Test func `two nodes of one id are told`() {
        let plan = FormationPlan(addresses: Self.list, expect: 3)
        let node = Self.node(id: "n4", answering: plan)
        let complaint =
            "the nodes at n4:1 and n1:1 have the same id, n4: give one of them another"
        #expect(Self.explained(node) == ["no cluster is formed: \(complaint)"])
        #expect(node.logged.filter { $0.contains(complaint) }.count == 1)
    }

    @Test func `a node that calls from elsewhere than the list says is told`() {
        let plan = FormationPlan(addresses: Self.list, expect: 3)
        let node = Self.node(answering: plan, at: "n9:1")
        #expect(
            Self.explained(node) == [
                "no cluster is formed: n1 at n9:1 is not in the --join list n1:1,n2:1,n4:1"
            ]
        )
    }

    @Test func `one place has several spellings`() {
        #expect(Address.normal("LocalHost:07410") == "127.0.0.1:7410")
        let plan = FormationPlan(addresses: ["N1:01", "n2:1", "n4:001"], expect: 3)
        let node = Self.node(answering: plan)
        #expect(Self.explained(node).first?.contains("not connected: n2:1") == true)
        #expect(node.logged == [])
    }

    @Test func `for what it waits is logged after some time, and once`() {
        var node = LoneNode(expect: 3)
        for _ in 0..<100 { node.wait(.milliseconds(250)) }
        let waiting = node.logged.filter { $0.contains("not connected: n1:1, n2:1") }
        #expect(waiting.count == 1 && node.logged.count == 1)
    }

    @Test func `the only member logs where it is before it admits anybody`() throws {
        let own = LoneNode.identity
        var node = LoneNode(members: [own]) { $0.peerAddress = "elsewhere:1" }
        while node.node.status.role != "leader" { node.wait(.milliseconds(200)) }
        node.wait(.milliseconds(200))
        let guest = LoneNode.hello(Self.identity("n5"), cluster: "c1")
        node.step(.hello(Self.link, guest))
        node.step(.linked(address: "n5:1", guest))
        let wish = Member(
            identity: guest.from,
            peerAddress: "n5:1",
            clientAddress: "n5:2",
            role: .learner
        )
        node.step(.message(Self.link, .join(wish), lines: []))
        node.wait(.milliseconds(100))
        let alone = node.node.status.nodes.map(\.member.peerAddress)
        #expect(alone == ["elsewhere:1"] && !node.node.status.isChanging)
        node.step(.message(Self.link, .join(wish), lines: []))
        let both = node.node.status.nodes.map(\.member.peerAddress)
        #expect(Set(both) == ["elsewhere:1", "n5:1"])
    }
}
