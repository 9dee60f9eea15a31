import Replication
import Storage
import TestSupport
import Testing

/// A node driven by hand.
@Suite struct NodeTests {
    /// The only voter of its cluster, with a journal that is an array of lines.
    private struct LoneNode {
        static let identity = NodeIdentity(id: "n1", incarnation: "00000000000000aa")

        var node: Node
        var lines: [[UInt8]]
        var effects: [NodeEffect] = []
        var now = Moment(instant: Instant(nanoseconds: 0), wall: Timestamp(milliseconds: 5_000))

        init(_ payloads: [LogEntry.Payload]) {
            let identity = Self.identity
            let membership = Membership(
                incoming: [Member(identity: identity, peerAddress: "a:1", clientAddress: "a:2")]
            )
            var log = LogTerms()
            log.append(term: Term(1), count: payloads.count + 1)
            let all = [.members(membership, cluster: "c1")] + payloads
            lines = all.enumerated().map { index, payload in
                LogEntry(
                    position: LogPosition(index: LogIndex(UInt64(index + 1)), term: Term(1)),
                    time: Timestamp(milliseconds: 1_000),
                    payload: payload
                ).line
            }
            node = Node(
                restored: RestoredNode(
                    identity: identity,
                    cluster: "c1",
                    vote: Vote(term: Term(1)),
                    log: log,
                    memberships: [MembershipEntry(index: LogIndex(1), membership: membership)],
                    lastTime: Timestamp(milliseconds: 1_000)
                ),
                state: ReplicatedState<Register>(),
                configuration: NodeConfiguration(
                    peerAddress: "a:1",
                    clientAddress: "a:2",
                    plan: FormationPlan(addresses: ["a:1"], expect: 1),
                    seed: 1
                ),
                now: now
            )
            carryOut(node.start())
        }

        mutating func step(_ input: NodeInput) {
            carryOut(node.step(input, now: now))
            carryOut(node.step(.turnEnded, now: now))
        }

        private mutating func carryOut(_ orders: [NodeEffect]) {
            effects += orders
            for order in orders {
                switch order {
                case .persist(let records, let token):
                    for case .entry(_, let line) in records { lines.append(line) }
                    step(.persisted(token))
                case .load(let after, let through, _):
                    step(.loaded(Array(lines[Int(after.value)..<Int(through.value)])))
                default: break
                }
            }
        }

        var halts: [String] {
            effects.compactMap { if case .halt(let reason) = $0 { reason } else { nil } }
        }
        var replies: [Reply] {
            effects.compactMap { if case .reply(_, let reply) = $0 { reply } else { nil } }
        }
        var refusals: [String] {
            effects.compactMap { if case .refuse(_, let why) = $0 { why.code } else { nil } }
        }
        var adopted: [String] {
            effects.compactMap { if case .adopt(let cluster) = $0 { cluster } else { nil } }
        }
        var sent: Int { effects.count { if case .send = $0 { true } else { false } } }
    }

    private func operation(_ value: String, _ text: String) -> LogEntry.Payload {
        .operation(Proposal(by: "ann", key: value, request: "r", operation: Array(text.utf8)))
    }

    private func request(_ body: String, ticket: UInt64 = 1) -> NodeInput {
        .request(
            ClientRequest(
                ticket: Ticket(ticket),
                lane: 1,
                body: Array(body.utf8),
                caller: Caller(),
                key: "k",
                entropy: Entropy([UInt8](repeating: 1, count: 64))
            )
        )
    }

    @Test @Aside func `a sole voter leads at once, applies its log and serves`() {
        var lone = LoneNode([operation("a", #"{"append":"a"}"#)])
        lone.step(.timer)
        lone.step(request(#"{"append":"b"}"#))
        #expect(
            lone.replies == [.output(LogIndex(4), Array("2".utf8), secret: nil, isRepeated: false)]
        )
        #expect(lone.halts == [])
    }

    @Test @Aside func `an operation of another version halts the node`() {
        var lone = LoneNode([
            operation("a", #"{"append":"a"}"#), operation("b", #"{"remove":"a"}"#),
            operation("c", #"{"append":"c"}"#),
        ])
        lone.step(.timer)
        #expect(lone.halts.first?.contains("entry 3 cannot be applied") == true)
        #expect(lone.node.status.applied == LogIndex(2))
    }

    @Test @Aside func `what is no request is answered as malformed`() {
        var lone = LoneNode([])
        lone.step(.timer)
        for (number, body) in ["", "{", "{}", #"{"remove":"a"}"#, "[1]"].enumerated() {
            lone.step(request(body, ticket: UInt64(number + 1)))
        }
        #expect(lone.replies.count == 5)
        for case let reply in lone.replies {
            #expect({ if case .malformed = reply { true } else { false } }())
        }
    }

    @Test @Aside func `a node that stops takes nothing new`() {
        var lone = LoneNode([])
        lone.step(.timer)
        lone.step(.stop)
        lone.step(request(#"{"append":"b"}"#))
        lone.step(.query(Ticket(2), body: Array("{}".utf8), caller: Caller(), .linearizable))
        #expect(lone.replies == [.failed(.stopping, key: "k"), .failed(.stopping, key: nil)])
    }

    @Test @Aside func `what was to be computed for a caller that is gone is not begun`() {
        var lone = LoneNode([])
        lone.step(.timer)
        lone.step(request(#"{"append":"slow"}"#))
        lone.step(.abandon(Ticket(1)))
        let uncomputed = lone.effects.compactMap { effect in
            if case .uncompute(let ticket) = effect { ticket } else { nil }
        }
        #expect(uncomputed == [Ticket(1)])
    }

    @Test @Aside func `an entry that is too large is refused`() {
        var lone = LoneNode([])
        lone.step(.timer)
        let text = String(repeating: "x", count: 200_000)
        lone.step(request(#"{"append":"\#(text)"}"#))
        #expect(lone.replies == [.failed(.tooLarge, key: "k")])
    }

    @Test @Aside func `a node knows its cluster in its journal's head from each start on`() {
        #expect(LoneNode([]).adopted == ["c1"])
    }

    private func hello(_ name: String, cluster: String?, to: NodeIdentity? = nil) -> Hello {
        Hello(
            cluster: cluster,
            from: NodeIdentity(id: name, incarnation: "00000000000000bb"),
            peerAddress: "b:1",
            clientAddress: "b:2",
            to: to
        )
    }

    @Test @Aside func `pitfall 25: a call that another node answers is refused`() {
        var lone = LoneNode([])
        lone.step(.timer)
        let meant = NodeIdentity(id: "n1", incarnation: "f")
        lone.step(.hello(LinkID(1), hello("n2", cluster: "c1", to: meant)))
        lone.step(.hello(LinkID(2), hello("n2", cluster: "c1", to: LoneNode.identity)))
        #expect(lone.refusals == ["node_mismatch"])
    }

    @Test @Aside func `pitfall 26: a connection of another cluster is refused`() {
        var lone = LoneNode([])
        lone.step(.timer)
        lone.step(.hello(LinkID(1), hello("n2", cluster: "c2")))
        lone.step(.hello(LinkID(2), hello("n2", cluster: "c1")))
        #expect(lone.refusals == ["cluster_mismatch"])
    }

    @Test @Aside func `a connection of another protocol is refused`() {
        var lone = LoneNode([])
        lone.step(.timer)
        var newer = hello("n2", cluster: "c1")
        newer.version = 2
        lone.step(.hello(LinkID(1), newer))
        lone.step(.hello(LinkID(2), hello("n2", cluster: "c1")))
        #expect(lone.refusals == ["protocol_mismatch"])
    }

    @Test @Aside func `what is no member forwards nothing and asks for nothing`() {
        var lone = LoneNode([])
        lone.step(.timer)
        lone.step(.hello(LinkID(1), hello("n2", cluster: "c1")))
        let (lines, sent) = (lone.lines.count, lone.sent)
        let proposal = Proposal(
            by: "ann",
            key: "k",
            request: "r",
            operation: Array(#"{"append":"x"}"#.utf8)
        )
        lone.step(.message(LinkID(1), .forward(id: 1, proposal), lines: []))
        lone.step(.message(LinkID(1), .read(id: 1), lines: []))
        lone.step(.message(LinkID(9), .forward(id: 1, proposal), lines: []))
        #expect(lone.lines.count == lines && lone.sent == sent)
    }

    @Test @Aside func `no message of the wire traps a node`() {
        for message in PeerMessageTests.messages {
            var lone = LoneNode([operation("a", #"{"append":"a"}"#)])
            lone.step(.timer)
            lone.step(.hello(LinkID(1), hello("n2", cluster: "c1")))
            lone.step(.message(LinkID(1), message, lines: []))
            lone.step(.message(LinkID(1), message, lines: [[], Array("x\n".utf8)]))
            lone.step(request(#"{"append":"b"}"#))
            #expect(lone.halts == [])
        }
    }
}
