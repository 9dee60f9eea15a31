import Replication
import Storage
import TestSupport
import Testing

/// A node that sends or is sent a snapshot, driven by hand between two others.
@Suite struct NodeInstallTests {
    private struct Member {
        let names = ["n1", "n2", "n3"].map { NodeIdentity(id: $0, incarnation: "00000000000000aa") }
        var node: Node
        var effects: [NodeEffect] = []
        var now = Moment(instant: Instant(nanoseconds: 0), wall: Timestamp(milliseconds: 5_000))
        /// Whether what is persisted is reported at once.
        var isDurable = true

        /// A node whose log begins with the first entry, or behind a snapshot.
        init(behind position: LogPosition? = nil) {
            let membership = Membership(
                incoming: names.map {
                    Replication.Member(
                        identity: $0,
                        peerAddress: "\($0.id):1",
                        clientAddress: "\($0.id):2"
                    )
                }
            )
            var log = LogTerms(before: position ?? .zero)
            if position == nil { log.append(term: Term(1)) }
            var configuration = NodeConfiguration(
                peerAddress: "n1:1",
                clientAddress: "n1:2",
                plan: FormationPlan(addresses: names.map { "\($0.id):1" }, expect: 3),
                seed: 1
            )
            configuration.snapshots.entries = 1_000
            let entry = MembershipEntry(index: LogIndex(1), membership: membership)
            node = Node(
                restored: RestoredNode(
                    identity: names[0],
                    cluster: "c1",
                    vote: Vote(term: Term(1)),
                    log: log,
                    memberships: [entry],
                    lastTime: Timestamp(milliseconds: 1_000)
                ),
                state: position.map { Self.state(at: $0, membership) }
                    ?? ReplicatedState<Register>(),
                configuration: configuration,
                now: now
            )
            _ = node.start()
            for place in 1...2 {
                step(.hello(LinkID(UInt64(place)), hello(place)))
                step(.linked(address: "\(names[place].id):1", hello(place)))
            }
        }

        static func state(
            at position: LogPosition,
            _ membership: Membership
        ) -> ReplicatedState<Register> {
            var state = ReplicatedState<Register>(limits: StateLimits(events: 10))
            for index in 1...position.index.value {
                let at = LogPosition(index: LogIndex(index), term: position.term)
                _ = try? state.apply(
                    LogEntry(
                        position: at,
                        time: Timestamp(milliseconds: 2_000),
                        payload: index == 1 ? .members(membership, cluster: "c1") : .noop
                    )
                )
            }
            return state
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

        mutating func step(_ input: NodeInput) {
            for input in [input, .turnEnded] {
                let orders = node.step(input, now: now)
                effects += orders
                for case .persist(_, let token) in orders where isDurable {
                    step(.persisted(token))
                }
            }
        }

        mutating func hear(_ message: PeerMessage, from place: Int, _ lines: [[UInt8]] = []) {
            step(.message(LinkID(UInt64(place)), message, lines: lines))
        }

        /// An append with this many entries of its term, or a heartbeat.
        mutating func append(
            _ count: Int,
            after previous: LogPosition,
            term: UInt64,
            from place: Int
        ) {
            let first = previous.index.next
            let append = Append(
                term: Term(term),
                previous: previous,
                entries: EntryBatch(
                    first: first,
                    terms: count == 0 ? [] : [TermRun(term: Term(term), count: count)],
                    bytes: count * 64
                ),
                commit: .zero,
                round: AppendRound(1),
                session: ReplicationSession(1)
            )
            let lines = (0..<UInt64(count)).map { offset in
                LogEntry(
                    position: LogPosition(
                        index: LogIndex(first.value + offset),
                        term: Term(term)
                    ),
                    time: Timestamp(milliseconds: 3_000),
                    payload: .noop
                ).line
            }
            hear(.consensus(.append(append), clock: now.wall), from: place, lines)
        }

        /// Wins an election with the vote of the second node.
        mutating func lead() {
            now.instant = node.nextDeadline
            step(.timer)
            let term = node.status.term
            let pre = VoteReply(term: term, asked: term.next, isGranted: true)
            hear(.consensus(.preVoteReply(pre), clock: now.wall), from: 1)
            let vote = VoteReply(term: term.next, asked: term.next, isGranted: true)
            hear(.consensus(.voteReply(vote), clock: now.wall), from: 1)
        }

        mutating func wait(_ duration: Duration, heardBy place: Int) {
            let end = now.instant + duration
            while now.instant < end {
                now.instant = now.instant + .milliseconds(50)
                step(.timer)
                // The other one keeps the majority, and takes no entries.
                guard let last = appends(to: place).last else { continue }
                let reply = AppendReply(
                    term: last.term,
                    round: last.round,
                    session: last.session,
                    outcome: .full(through: .zero)
                )
                hear(.consensus(.appendReply(reply), clock: now.wall), from: place)
            }
        }

        private func appends(to place: Int) -> [Append] {
            sent.compactMap { sent in
                guard sent.address == "n\(place + 1):1",
                    case .consensus(.append(let append), _) = sent.message
                else { return nil }
                return append
            }
        }

        var sent: [(address: String, message: PeerMessage)] {
            effects.compactMap { effect in
                guard case .send(let address, let line, _) = effect,
                    let message = try? PeerMessage(line, in: 0..<line.count - 1)
                else { return nil }
                return (address, message)
            }
        }
        var outcomes: [SnapshotReply.Outcome] {
            sent.compactMap {
                if case .snapshotReply(let reply) = $0.message { reply.outcome } else { nil }
            }
        }
        var pieces: [SnapshotPiece] {
            effects.compactMap { effect in
                guard case .sendBulk(_, let line, _) = effect,
                    case .snapshot(let piece) = try? PeerMessage(line, in: 0..<line.count - 1)
                else { return nil }
                return piece
            }
        }
        var orders: [SnapshotOrder] {
            effects.compactMap { if case .transfer(let order) = $0 { order } else { nil } }
        }
        var pins: [[LogPosition]] {
            effects.compactMap { if case .pinSnapshots(let pins) = $0 { pins } else { nil } }
        }
        var resets: Int {
            effects.count { if case .resetLog = $0 { true } else { false } }
        }
        var matched: [LogIndex] {
            sent.compactMap {
                guard case .consensus(.appendReply(let reply), _) = $0.message,
                    case .matched(let through) = reply.outcome
                else { return nil }
                return through
            }
        }
    }

    private static let position = LogPosition(index: LogIndex(9), term: Term(2))

    private func piece(_ offset: Int = 0, term: UInt64 = 3, bytes: Int = 100) -> SnapshotPiece {
        SnapshotPiece(
            term: Term(term),
            position: Self.position,
            bytes: bytes,
            offset: offset,
            lines: 1
        )
    }

    /// A follower of the second node in term 3.
    private func follower() -> Member {
        var member = Member()
        member.append(0, after: Self.position, term: 3, from: 1)
        return member
    }

    private func state(_ member: Member) -> ReplicatedState<Register> {
        Member.state(
            at: Self.position,
            Membership(incoming: member.node.status.nodes.map(\.member))
        )
    }

    @Test @Aside func `pieces are taken from the leader of the term alone`() {
        var member = follower()
        member.hear(.snapshot(piece()), from: 2, [[0x0A]])
        member.hear(.snapshot(piece(term: 2)), from: 1, [[0x0A]])
        member.hear(.snapshot(piece(term: 4)), from: 1, [[0x0A]])
        #expect(member.orders.isEmpty && member.outcomes == [])
        member.hear(.snapshot(piece()), from: 1, [[0x0A]])
        #expect(member.orders.count == 1)
        // Doubled, it says that it is at work, and does nothing twice.
        member.hear(.snapshot(piece()), from: 1, [[0x0A]])
        #expect(member.orders.count == 1)
        #expect(member.outcomes == [.wants(offset: 0)])
        member.step(.snapshotReceived(Self.position, .success(40)))
        #expect(member.outcomes.last == .wants(offset: 40))
    }

    @Test @Aside func `what follows is taken while a piece is being written, up to a bound`() {
        var member = follower()
        let line = [UInt8](repeating: 0x0A, count: 1 << 20)
        for number in 0..<6 {
            member.hear(.snapshot(piece(number << 20, bytes: 9 << 20)), from: 1, [line])
        }
        // Four wait to be written, and the fifth is sent again by whoever hears that nothing came.
        #expect(member.orders.count == 4)
        #expect(member.outcomes == [.wants(offset: 0), .wants(offset: 0)])
        member.step(.snapshotReceived(Self.position, .success(1 << 20)))
        member.hear(.snapshot(piece(5 << 20, bytes: 9 << 20)), from: 1, [line])
        #expect(member.orders.count == 4)
        member.hear(.snapshot(piece(4 << 20, bytes: 9 << 20)), from: 1, [line])
        #expect(member.orders.count == 5)
        #expect(member.outcomes.last == .wants(offset: 1 << 20))
    }

    @Test @Aside func `nothing is appended once the log is to begin anew`() {
        var member = follower()
        let first = LogPosition(index: LogIndex(1), term: Term(1))
        member.hear(.snapshot(piece()), from: 1, [[0x0A]])
        member.step(.snapshotReceived(Self.position, .success(100)))
        // Until then it goes on with what it has.
        member.append(1, after: first, term: 3, from: 1)
        #expect(member.node.status.last == LogIndex(2))
        member.step(.snapshotChecked(Self.position, .success(state(member))))
        #expect(member.resets == 1)
        member.append(1, after: LogPosition(index: LogIndex(2), term: Term(3)), term: 3, from: 1)
        #expect(member.node.status.last == LogIndex(2) && member.matched.max() == LogIndex(2))
        // A leader of a later term waits until it is done.
        member.append(0, after: Self.position, term: 4, from: 2)
        member.hear(.snapshot(piece(term: 4)), from: 2, [[0x0A]])
        #expect(member.outcomes.last == .wants(offset: 100))
        member.step(.logReset(to: Self.position))
        #expect(member.outcomes.last == .installed)
        let status = member.node.status
        #expect(status.last == LogIndex(9) && status.applied == LogIndex(9))
        #expect(status.committed == LogIndex(9))
        member.append(1, after: Self.position, term: 4, from: 2)
        #expect(member.matched.max() == LogIndex(10))
    }

    @Test @Aside func `pitfall 32: a log that holds the snapshot's end keeps what follows`() {
        var member = follower()
        let first = LogPosition(index: LogIndex(1), term: Term(1))
        member.hear(.snapshot(piece()), from: 1, [[0x0A]])
        member.step(.snapshotReceived(Self.position, .success(100)))
        // The entries come after all, and more than the snapshot holds.
        member.append(7, after: first, term: 3, from: 1)
        member.append(0, after: LogPosition(index: LogIndex(8), term: Term(3)), term: 3, from: 1)
        var other = piece()
        other.position = LogPosition(index: LogIndex(5), term: Term(3))
        let before = member.effects.count
        member.step(.snapshotChecked(Self.position, .failure(.invalid("no"))))
        member.hear(.snapshot(other), from: 1, [[0x0A]])
        #expect(member.effects.count > before && member.resets == 0)
        #expect(member.outcomes.last == .installed)
        #expect(member.node.status.last == LogIndex(8))
        // Found out only when the snapshot had been checked.
        var late = follower()
        other.position = LogPosition(index: LogIndex(3), term: Term(3))
        late.hear(.snapshot(other), from: 1, [[0x0A]])
        late.step(.snapshotReceived(other.position, .success(100)))
        late.append(7, after: first, term: 3, from: 1)
        late.step(.snapshotChecked(other.position, .success(state(late))))
        #expect(late.resets == 0 && late.outcomes.last == .installed)
        #expect(late.node.status.last == LogIndex(8))
    }

    @Test @Aside func `what cannot be taken is said, and the node stays as it was`() {
        var member = follower()
        let damage = JournalDamage(file: "f", line: 1, offset: 0, reason: "r")
        for error in [SnapshotError.damaged(damage), .invalid("no")] {
            member.hear(.snapshot(piece()), from: 1, [[0x0A]])
            member.step(.snapshotReceived(Self.position, .success(100)))
            member.step(.snapshotChecked(Self.position, .failure(error)))
            switch member.outcomes.last {
            case .damaged: #expect(error == .damaged(damage))
            case .failed: #expect(error == .invalid("no"))
            default: Issue.record("\(member.outcomes)")
            }
        }
        #expect(member.resets == 0 && member.node.status.last == LogIndex(1))
    }

    /// A leader behind a snapshot whose third node has nothing.
    private func leader() -> Member {
        var member = Member(behind: Self.position)
        member.lead()
        #expect(member.node.status.role == "leader")
        let last = member.sent.compactMap { sent -> Append? in
            guard sent.address == "n3:1", case .consensus(.append(let append), _) = sent.message
            else { return nil }
            return append
        }.last
        guard let last else { return member }
        let reply = AppendReply(
            term: last.term,
            round: last.round,
            session: last.session,
            outcome: .conflict(previous: last.previous.index, hint: .zero)
        )
        member.hear(.consensus(.appendReply(reply), clock: member.now.wall), from: 2)
        return member
    }

    private func read(_ offset: Int, _ bytes: Int = 40) -> SnapshotRead {
        SnapshotRead(
            Self.position,
            offset: offset,
            .success(([[UInt8](repeating: 0x0A, count: bytes)], whole: 100))
        )
    }

    @Test @Aside func `one piece is in flight, and goes on from what the member has`() {
        var member = leader()
        #expect(member.pins == [[Self.position]])
        #expect(member.orders.count == 1 && member.pieces.isEmpty)
        member.step(.snapshotRead(read(0), for: member.names[2]))
        #expect(member.pieces.map(\.offset) == [0])
        func reply(_ outcome: SnapshotReply.Outcome) -> PeerMessage {
            .snapshotReply(
                SnapshotReply(
                    term: member.node.status.term,
                    position: Self.position,
                    outcome: outcome
                )
            )
        }
        // It had some of it already.
        member.hear(reply(.wants(offset: 80)), from: 2)
        member.hear(reply(.wants(offset: 80)), from: 2)
        #expect(member.orders.count == 2)
        member.step(.snapshotRead(read(0), for: member.names[2]))
        #expect(member.pieces.count == 1)
        member.step(.snapshotRead(read(80, 20), for: member.names[2]))
        #expect(member.pieces.map(\.offset) == [0, 80])
        member.hear(reply(.wants(offset: 101)), from: 2)
        #expect(member.orders.count == 2)
        member.hear(reply(.installed), from: 2)
        #expect(member.pins == [[Self.position], []])
    }

    @Test @Aside func `more pieces are in flight once the member answers`() {
        var member = leader()
        func take(_ offset: Int) {
            member.step(.snapshotRead(read(offset, 10), for: member.names[2]))
        }
        func hear(_ offset: Int) {
            let reply = SnapshotReply(
                term: member.node.status.term,
                position: Self.position,
                outcome: .wants(offset: offset)
            )
            member.hear(.snapshotReply(reply), from: 2)
        }
        // Nobody knows before the first answer what the member has.
        take(0)
        #expect(member.orders.count == 1)
        hear(10)
        take(10)
        take(20)
        #expect(member.pieces.map(\.offset) == [0, 10, 20] && member.orders.count == 3)
        // One answer for two, and two more are allowed.
        hear(30)
        for offset in [30, 40, 50, 60] { take(offset) }
        #expect(member.pieces.map(\.offset) == [0, 10, 20, 30, 40, 50, 60])
        #expect(member.orders.count == 7)
        // What is lost is sent again from where the member is, at first one piece.
        member.wait(.milliseconds(1_100), heardBy: 1)
        take(30)
        #expect(member.pieces.last?.offset == 30 && member.orders.count == 8)
        // The member lost what it had.
        hear(0)
        take(0)
        #expect(member.pieces.last?.offset == 0)
    }

    @Test @Aside func `a piece is sent again each second, and a silent member is given up`() {
        var member = leader()
        for second in 1...12 {
            let asked = member.orders.count
            member.step(.snapshotRead(read(0), for: member.names[2]))
            #expect(member.orders.count == asked)
            if second <= 10 { #expect(member.pieces.count == second) }
            member.wait(.seconds(1), heardBy: 1)
        }
        #expect(member.pieces.count == 10)
        #expect(member.pins == [[Self.position], []])
        #expect(member.node.status.role == "leader")
    }

    @Test @Aside func `pitfall 46: nothing is left of a transfer when the node leads no more`() {
        var member = leader()
        member.step(.snapshotRead(read(0), for: member.names[2]))
        member.append(0, after: Self.position, term: 9, from: 1)
        #expect(member.pins == [[Self.position], []])
        let orders = member.orders.count
        member.wait(.milliseconds(1_500), heardBy: 1)
        member.step(.snapshotRead(read(0), for: member.names[2]))
        #expect(member.orders.count == orders && member.pieces.count == 1)
    }
}
