import Replication
import Storage
import TestSupport
import Testing

/// A follower driven by hand, between two others that may lead.
@Suite struct NodeFollowerTests {
    private struct Follower {
        let names = ["n1", "n2", "n3"].map { NodeIdentity(id: $0, incarnation: "00000000000000aa") }
        var node: Node
        var effects: [NodeEffect] = []
        var now = Moment(instant: Instant(nanoseconds: 0), wall: Timestamp(milliseconds: 5_000))

        let membership: Membership

        init() {
            membership = Membership(
                incoming: names.map {
                    Member(identity: $0, peerAddress: "\($0.id):1", clientAddress: "\($0.id):2")
                }
            )
            var log = LogTerms()
            log.append(term: Term(1))
            var configuration = NodeConfiguration(
                peerAddress: "n1:1",
                clientAddress: "n1:2",
                plan: FormationPlan(addresses: names.map { "\($0.id):1" }, expect: 3),
                seed: 1
            )
            configuration.requestTimeout = .seconds(2)
            node = Node(
                restored: RestoredNode(
                    identity: names[0],
                    cluster: "c1",
                    vote: Vote(term: Term(1)),
                    log: log,
                    memberships: [MembershipEntry(index: LogIndex(1), membership: membership)],
                    lastTime: Timestamp(milliseconds: 1_000)
                ),
                state: ReplicatedState<Register>(),
                configuration: configuration,
                now: now
            )
            _ = node.start()
        }

        mutating func step(_ input: NodeInput) {
            for input in [input, .turnEnded] {
                let orders = node.step(input, now: now)
                effects += orders
                for case .persist(_, let token) in orders { step(.persisted(token)) }
            }
        }

        func hello(_ place: Int) -> Hello {
            Hello(
                cluster: "c1",
                from: names[place],
                peerAddress: "\(names[place].id):1",
                clientAddress: "\(names[place].id):2",
                to: names[0]
            )
        }

        /// A connection to and one from another node.
        mutating func connect(_ place: Int, _ link: UInt64) {
            step(.hello(LinkID(link), hello(place)))
            step(.linked(address: "\(names[place].id):1", hello(place)))
        }

        mutating func hear(_ link: UInt64, leadingTerm term: UInt64) {
            let append = Append(
                term: Term(term),
                previous: LogPosition(index: LogIndex(1), term: Term(1)),
                entries: EntryBatch(first: LogIndex(2)),
                commit: LogIndex(1),
                round: AppendRound(1),
                session: ReplicationSession(1)
            )
            step(.message(LinkID(link), .consensus(.append(append), clock: now.wall), lines: []))
        }

        /// Entries from the second on, each of which appends a value.
        mutating func hear(
            _ link: UInt64,
            leadingTerm term: UInt64,
            appending values: [String],
            commit: UInt64
        ) {
            let entries = values.enumerated().map { place, value in
                LogEntry(
                    position: LogPosition(index: LogIndex(UInt64(2 + place)), term: Term(term)),
                    time: now.wall,
                    payload: .operation(
                        Proposal(
                            by: "client",
                            key: value,
                            request: String(repeating: "0", count: 64),
                            operation: Register.Append(value: value).lineBytes
                        )
                    )
                )
            }
            let append = Append(
                term: Term(term),
                previous: LogPosition(index: LogIndex(1), term: Term(1)),
                entries: EntryBatch(
                    first: LogIndex(2),
                    terms: [TermRun(term: Term(term), count: values.count)]
                ),
                commit: LogIndex(commit),
                round: AppendRound(1),
                session: ReplicationSession(1)
            )
            step(
                .message(
                    LinkID(link),
                    .consensus(.append(append), clock: now.wall),
                    lines: entries.map { $0.line }
                )
            )
        }

        mutating func request() {
            step(
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
        }

        /// The addresses to which a request was forwarded, and under which number.
        var forwards: [(address: String, id: UInt64)] {
            effects.compactMap { effect in
                guard case .send(let address, let line, _) = effect,
                    case .forward(let id, _) = try? PeerMessage(line, in: 0..<line.count - 1)
                else { return nil }
                return (address, id)
            }
        }

        var loads: Int { effects.count { if case .load = $0 { true } else { false } } }

        var replies: [Reply] {
            effects.compactMap { if case .reply(_, let reply) = $0 { reply } else { nil } }
        }
    }

    @Test @Aside func `pitfall 7: a leader that the log does not name yet is followed`() {
        var follower = Follower()
        var hello = follower.hello(1)
        hello.from = NodeIdentity(id: "n9", incarnation: "00000000000000bb")
        follower.step(.hello(LinkID(7), hello))
        follower.hear(7, leadingTerm: 9)
        #expect(follower.node.status.term == Term(9))
        #expect(follower.node.status.leader == hello.from)
    }

    @Test @Aside func `pitfall 18: what was truncated is gone from the cache`() throws {
        var follower = Follower()
        follower.connect(1, 1)
        follower.hear(1, leadingTerm: 1, appending: ["lost", "lost too"], commit: 1)
        follower.connect(2, 2)
        follower.hear(2, leadingTerm: 2, appending: ["kept"], commit: 2)
        let first = LogEntry(
            position: LogPosition(index: LogIndex(1), term: Term(1)),
            time: follower.now.wall,
            payload: .members(follower.membership, cluster: "c1")
        )
        follower.step(.loaded([first.line]))
        // The journal was asked for what is older alone: the rest is applied from memory.
        follower.step(
            .query(Ticket(1), body: Register.Read().lineBytes, caller: Caller(), .stale)
        )
        #expect(follower.replies == [.answer(LogIndex(2), ["kept"].lineBytes)])
    }

    @Test @Aside func `a load that brings nothing is made again only when something happens`() {
        var follower = Follower()
        follower.connect(1, 1)
        follower.hear(1, leadingTerm: 2)
        #expect(follower.loads == 1)
        follower.step(.loaded([]))
        #expect(follower.loads == 1)
        follower.hear(1, leadingTerm: 2)
        #expect(follower.loads == 2)
    }

    @Test(arguments: ["c2", nil])
    @Aside func `pitfall 26: who does not say the cluster's id has no say in it`(cluster: String?) {
        var follower = Follower()
        var hello = follower.hello(1)
        hello.cluster = cluster
        follower.step(.hello(LinkID(7), hello))
        follower.hear(7, leadingTerm: 9)
        #expect(follower.node.status.term == Term(1) && follower.node.status.leader == nil)
    }

    @Test @Aside func `a connection for snapshots neither keeps nor ends a leader`() {
        var follower = Follower()
        follower.connect(1, 1)
        follower.hear(1, leadingTerm: 9)
        var bulk = follower.hello(1)
        bulk.isBulk = true
        follower.step(.hello(LinkID(7), bulk))
        follower.step(.linkEnded(LinkID(7)))
        #expect(follower.node.status.leader == follower.names[1])
        follower.step(.hello(LinkID(8), bulk))
        follower.step(.linkEnded(LinkID(1)))
        #expect(follower.node.status.leader == nil)
    }

    @Test @Aside func `a request follows the leader`() {
        var follower = Follower()
        follower.connect(1, 1)
        follower.connect(2, 2)
        follower.request()
        #expect(follower.forwards.isEmpty)
        follower.hear(1, leadingTerm: 2)
        #expect(follower.forwards.map(\.address) == ["n2:1"])
        follower.hear(2, leadingTerm: 3)
        #expect(follower.forwards.map(\.address) == ["n2:1", "n3:1"])
    }

    @Test @Aside func `a request that is too old to be answered is not sent once more`() {
        var follower = Follower()
        follower.connect(1, 1)
        follower.connect(2, 2)
        follower.hear(1, leadingTerm: 2)
        follower.request()
        // A long pause, and what woke it is not the timer.
        follower.now.instant = follower.now.instant + .seconds(60)
        follower.hear(2, leadingTerm: 3)
        #expect(follower.forwards.map(\.address) == ["n2:1"])
        #expect(follower.replies == [.failed(.outcomeUnknown, key: "k")])
    }

    @Test @Aside func `the leader is asked again only once it can answer on its new connection`() {
        var follower = Follower()
        follower.connect(1, 1)
        follower.hear(1, leadingTerm: 2)
        follower.request()
        follower.step(.hello(LinkID(7), follower.hello(1)))
        #expect(follower.forwards.count == 1)
        follower.hear(7, leadingTerm: 2)
        #expect(follower.forwards.count == 2)
        follower.hear(7, leadingTerm: 2)
        #expect(follower.forwards.count == 2)
    }

    @Test @Aside
    func `numbers on the wire differ from start to start, and the answer finds its way back`() {
        var follower = Follower()
        follower.connect(1, 1)
        follower.hear(1, leadingTerm: 2)
        follower.request()
        guard let id = follower.forwards.first?.id else {
            Issue.record("nothing was forwarded")
            return
        }
        #expect(id != 1)
        let outcome = ForwardOutcome.applied(LogIndex(2), output: [0x37], isRepeated: false)
        follower.step(.message(LinkID(1), .forwarded(id: 1, outcome), lines: []))
        #expect(follower.replies == [])
        follower.step(.message(LinkID(1), .forwarded(id: id, outcome), lines: []))
        #expect(follower.replies == [.output(LogIndex(2), [0x37], secret: nil, isRepeated: false)])
    }
}
