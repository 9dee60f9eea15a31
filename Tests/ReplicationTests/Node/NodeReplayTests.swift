import Storage
import TestSupport
import Testing

@testable import Replication

/// A leader with the only vote, and a member that replays what it lacks.
@Suite struct NodeReplayTests {
    private struct Leader {
        static let own = NodeIdentity(id: "n1", incarnation: "00000000000000aa")
        static let other = NodeIdentity(id: "n2", incarnation: "00000000000000aa")
        var node: Node
        var lines: [[UInt8]]
        var now = Moment(instant: Instant(nanoseconds: 0), wall: Timestamp(milliseconds: 5_000))
        /// Whether what is persisted is reported at once.
        var isDurable = true
        var tokens: [PersistToken] = []
        var compactions: [UInt64] = []
        var written: [LogPosition] = []
        var outcomes: [OrderOutcome] = []
        /// What each piece of a snapshot holds.
        var piece = Array("x\n".utf8)
        /// The newest append to the other member.
        var append: Append?

        init(role: Member.Role, bytes: Int = 1 << 20) {
            let membership = Membership(
                incoming: [Self.own, Self.other].map {
                    Member(
                        identity: $0,
                        peerAddress: "\($0.id):1",
                        clientAddress: "\($0.id):2",
                        role: $0 == Self.own ? .voter : role
                    )
                }
            )
            lines = [
                LogEntry(
                    position: LogPosition(index: LogIndex(1), term: Term(1)),
                    time: Timestamp(milliseconds: 1_000),
                    payload: .members(membership, cluster: "c1")
                ).line
            ]
            var log = LogTerms()
            log.append(term: Term(1))
            var configuration = NodeConfiguration(
                peerAddress: "n1:1",
                clientAddress: "n1:2",
                plan: FormationPlan(addresses: ["n1:1"], expect: 1),
                seed: 1
            )
            configuration.snapshots.entries = 10
            configuration.snapshots.bytes = bytes
            configuration.snapshots.trailingEntries = 3
            configuration.snapshots.trailingBytes = 0
            configuration.cacheBytes = 500
            node = Node(
                restored: RestoredNode(
                    identity: Self.own,
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
            carryOut(node.start())
            now.instant = node.nextDeadline
            step(.timer)
            let hello = Hello(
                cluster: "c1",
                from: Self.other,
                peerAddress: "n2:1",
                clientAddress: "n2:2",
                to: Self.own
            )
            step(.hello(LinkID(1), hello))
            step(.linked(address: "n2:1", hello))
        }

        var last: UInt64 { node.core.lastPosition.index.value }

        mutating func step(_ input: NodeInput) {
            carryOut(node.step(input, now: now))
            carryOut(node.step(.turnEnded, now: now))
        }

        private mutating func carryOut(_ orders: [NodeEffect]) {
            for order in orders {
                switch order {
                case .persist(let records, let token):
                    for case .entry(_, let line) in records { lines.append(line) }
                    if isDurable { step(.persisted(token)) } else { tokens.append(token) }
                case .load(let after, let through, _):
                    step(.loaded(Array(lines[Int(after.value)..<Int(through.value)])))
                case .snapshot(let head, _): written.append(head.position)
                case .transfer(.read(let position, let offset, _, let peer)):
                    let found = (lines: [piece], whole: piece.count)
                    let read = SnapshotRead(position, offset: offset, .success(found))
                    step(.snapshotRead(read, for: peer))
                case .compact(let index): compactions.append(index.value)
                case .reply(_, .ordered(let outcome)): outcomes.append(outcome)
                case .send(_, let line, _):
                    guard let message = try? PeerMessage(line, in: 0..<line.count - 1),
                        case .consensus(.append(let append), _) = message
                    else { continue }
                    self.append = append
                default: break
                }
            }
        }

        /// Writes entries, and the snapshots that are due.
        mutating func write(_ count: Int, bytes: Int = 1) {
            for number in 0..<count {
                step(
                    .request(
                        ClientRequest(
                            ticket: Ticket(last * 1_000 + UInt64(number)),
                            lane: 1,
                            body: Register.Append(
                                value: String(repeating: "x", count: bytes)
                            ).lineBytes,
                            caller: Caller(),
                            key: "\(last) \(number)",
                            entropy: Entropy([UInt8](repeating: 0, count: 64))
                        )
                    )
                )
                guard let position = written.popLast() else { continue }
                step(.snapshotted(position, bytes: 1))
            }
        }

        mutating func hear(_ message: PeerMessage) {
            step(.message(LinkID(1), message, lines: []))
        }

        /// Lets heartbeats go out for a while, each answered by the other member.
        mutating func beat(
            for duration: Duration = .seconds(1),
            _ outcome: (Append) -> AppendReply.Outcome
        ) {
            let end = now.instant + duration
            while now.instant < end {
                now.instant = now.instant + .milliseconds(50)
                step(.timer)
                guard let append else { continue }
                let reply = AppendReply(
                    term: append.term,
                    round: append.round,
                    session: append.session,
                    outcome: outcome(append)
                )
                hear(.consensus(.appendReply(reply), clock: now.wall))
            }
        }

        /// Sends the member, whose log is empty, the newest snapshot.
        ///
        /// - Returns: Where that ends.
        mutating func sendSnapshot() -> UInt64 {
            step(.compacted(before: node.snapshots.newest))
            beat(for: .milliseconds(50)) { .conflict(previous: $0.previous.index, hint: .zero) }
            guard let transfer = node.sent.transfers[Self.other] else { return 0 }
            return transfer.position.index.value
        }

        mutating func install(_ index: UInt64) {
            let position = LogPosition(index: LogIndex(index), term: node.core.term)
            let reply = SnapshotReply(term: position.term, position: position, outcome: .installed)
            hear(.snapshotReply(reply))
        }
    }

    @Test @Aside func `pitfall 33: the log behind a snapshot stays until it is replayed`() throws {
        var leader = Leader(role: .learner)
        leader.write(25)
        let start = leader.sendSnapshot()
        #expect(start > 10)
        leader.write(30)
        leader.install(start)
        let end = leader.last
        leader.compactions = []
        leader.write(30)
        #expect(!leader.compactions.isEmpty && leader.compactions.allSatisfy { $0 == start })
        // What it has it needs no more, but it is not there yet.
        leader.beat { _ in .matched(through: LogIndex(start + 7)) }
        leader.compactions = []
        leader.write(12)
        #expect(leader.compactions == [start + 7])
        // Nor is it where it has the end of then, and that is far behind again.
        leader.beat { _ in .matched(through: LogIndex(end)) }
        leader.compactions = []
        leader.write(12)
        #expect(!leader.compactions.isEmpty && leader.compactions.allSatisfy { $0 == end })
        leader.compactions = []
        for _ in 0..<24 {
            leader.write(1)
            let last = leader.last
            leader.beat(for: .milliseconds(50)) { _ in .matched(through: LogIndex(last)) }
        }
        #expect(leader.compactions.last.map { $0 > end + 12 } == true)
        #expect(leader.node.sent.followers.isEmpty)
    }

    @Test @Aside func `who is silent, or too slow, does not keep the log`() {
        var silent = Leader(role: .learner)
        silent.write(25)
        let start = silent.sendSnapshot()
        silent.install(start)
        for _ in 0..<20 {
            silent.now.instant = silent.now.instant + .milliseconds(100)
            silent.step(.timer)
        }
        silent.compactions = []
        silent.write(12)
        #expect(silent.compactions.last.map { $0 > start } == true)

        // Four times what makes a snapshot due.
        var slow = Leader(role: .learner, bytes: 100_000)
        slow.write(25)
        let from = slow.sendSnapshot()
        slow.install(from)
        slow.beat { _ in .matched(through: LogIndex(from + 1)) }
        slow.compactions = []
        slow.write(3, bytes: 120_000)
        #expect(slow.compactions == [from + 1, from + 1, from + 1])
        slow.write(2, bytes: 120_000)
        #expect(slow.compactions.last.map { $0 > from + 1 } == true)
    }

    @Test @Aside func `a snapshot that is sent more slowly than the log grows is given up`() {
        var leader = Leader(role: .learner, bytes: 100_000)
        leader.write(25)
        let start = leader.sendSnapshot()
        leader.compactions = []
        leader.write(3, bytes: 120_000)
        #expect(leader.compactions == [start, start, start])
        leader.write(2, bytes: 120_000)
        #expect(leader.compactions.last.map { $0 > start } == true)
        #expect(leader.node.sent.positions.isEmpty)
    }

    @Test(arguments: [(2, 10), (1 << 20, 26)])
    @Aside func `who is given up has had the time that a long piece takes`(
        bytes: Int,
        seconds: Int64
    ) {
        var leader = Leader(role: .learner)
        leader.piece = [UInt8](repeating: 0x78, count: bytes - 1) + Array("\n".utf8)
        leader.write(25)
        #expect(leader.sendSnapshot() > 10)
        leader.beat(for: .seconds(seconds - 1)) {
            .conflict(previous: $0.previous.index, hint: .zero)
        }
        #expect(leader.node.sent.transfers.values.contains { $0.tries > 5 })
        leader.beat(for: .seconds(2)) {
            .conflict(previous: $0.previous.index, hint: .zero)
        }
        // The one that was given up is forgotten; what the member still needs begins anew.
        #expect(leader.node.sent.transfers.values.allSatisfy { $0.tries < 3 })
    }

    @Test @Aside func `an order is answered with its own end, not with that of what follows`() {
        var leader = Leader(role: .joining)
        // The member is heard and behind, so that it does not get its vote yet.
        leader.beat { _ in .matched(through: LogIndex(1)) }
        leader.write(1)
        leader.beat { _ in .matched(through: LogIndex(1)) }
        leader.isDurable = false
        let change = MembershipChange.readdress(Leader.own, peer: "n1:1", client: "n9:2")
        leader.step(.order(Ticket(7), .change(change, expecting: nil, isDryRun: false)))
        let begun = leader.last
        leader.beat { _ in .matched(through: LogIndex(begun)) }
        // First the joint membership, then the new one; with its commit the promotion's round begins.
        for _ in 0..<2 { if let token = leader.tokens.last { leader.step(.persisted(token)) } }
        leader.beat(for: .milliseconds(100)) { _ in .matched(through: LogIndex(begun + 1)) }
        #expect(!leader.node.core.membership.outgoing.isEmpty && leader.last == begun + 2)
        guard case .changed(let index, let membership)? = leader.outcomes.first else {
            Issue.record("\(leader.outcomes)")
            return
        }
        #expect(index.value == begun + 1 && membership.outgoing.isEmpty)
        #expect(membership.member(Leader.other)?.role == .joining)
    }

    @Test @Aside func `a node whose state is bad keeps no more lines in memory than others`() {
        var leader = Leader(role: .learner)
        leader.node.divergence = Divergence(index: LogIndex(1), nextRequest: leader.now.instant)
        let first = leader.last
        for _ in 0..<100 { leader.node.cache.append([UInt8](repeating: 0x78, count: 50)) }
        leader.node.commitIndex = LogIndex(first + 90)
        leader.node.applyCommitted()
        #expect(leader.node.cache.before == LogIndex(first + 90))
    }
}
