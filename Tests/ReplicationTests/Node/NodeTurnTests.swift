import Storage
import TestSupport
import Testing

@testable import Replication

/// The order within a turn: what has arrived, then what is due, then what clients ask.
@Suite struct NodeTurnTests {
    private static let others = ["n1", "n2"].map {
        NodeIdentity(id: $0, incarnation: "00000000000000aa")
    }

    /// A node of three that follows the first of the others.
    private func follower(_ adjust: (inout NodeConfiguration) -> Void = { _ in }) -> LoneNode {
        var lone = LoneNode(members: Self.others + [LoneNode.identity], adjust)
        for (link, other) in Self.others.enumerated() {
            let hello = LoneNode.hello(other, cluster: "c1", to: LoneNode.identity)
            lone.step(.hello(LinkID(UInt64(link)), hello))
            lone.step(.linked(address: "\(other.id):1", hello))
        }
        lone.step(heartbeat(at: lone.now))
        return lone
    }

    private func heartbeat(at now: Moment) -> NodeInput {
        let append = Append(
            term: Term(2),
            previous: LogPosition(index: LogIndex(1), term: Term(1)),
            entries: EntryBatch(first: LogIndex(2)),
            commit: LogIndex(1),
            round: AppendRound(1),
            session: ReplicationSession(1)
        )
        return .message(LinkID(0), .consensus(.append(append), clock: now.wall), lines: [])
    }

    /// Entries from the second on, all of them committed.
    private func entries(_ count: Int, at now: Moment) -> NodeInput {
        let lines = (0..<count).map { place in
            LogEntry(
                position: LogPosition(index: LogIndex(UInt64(2 + place)), term: Term(2)),
                time: now.wall,
                payload: .operation(
                    Proposal(
                        by: "client",
                        key: "k\(place)",
                        request: String(repeating: "0", count: 64),
                        operation: Register.Append(value: "v\(place)").lineBytes
                    )
                )
            ).line
        }
        let append = Append(
            term: Term(2),
            previous: LogPosition(index: LogIndex(1), term: Term(1)),
            entries: EntryBatch(
                first: LogIndex(2),
                terms: [TermRun(term: Term(2), count: count)]
            ),
            commit: LogIndex(UInt64(1 + count)),
            round: AppendRound(2),
            session: ReplicationSession(1)
        )
        return .message(LinkID(0), .consensus(.append(append), clock: now.wall), lines: lines)
    }

    private func query(_ ticket: UInt64, _ consistency: Consistency = .stale) -> NodeInput {
        .query(
            Ticket(ticket),
            body: Register.Read().lineBytes,
            caller: Caller(),
            consistency
        )
    }

    private func request(_ ticket: UInt64) -> NodeInput {
        .request(
            ClientRequest(
                ticket: Ticket(ticket),
                lane: ticket,
                body: Register.Append(value: "v\(ticket)").lineBytes,
                caller: Caller(),
                entropy: Entropy([UInt8](repeating: 1, count: 64))
            )
        )
    }

    private func answered(_ effects: [NodeEffect]) -> [UInt64] {
        effects.compactMap { if case .reply(let ticket, _) = $0 { ticket.value } else { nil } }
    }

    private func messages(_ effects: [NodeEffect]) -> [PeerMessage] {
        effects.compactMap { effect in
            guard case .send(_, let line, _) = effect else { return nil }
            return try? PeerMessage(line, in: 0..<line.count - 1)
        }
    }

    private func forwards(_ effects: [NodeEffect]) -> Int {
        messages(effects).count { if case .forward = $0 { true } else { false } }
    }

    @Test(arguments: 1...5 as ClosedRange<UInt64>)
    @Aside
    func `pitfall 52: a leader whose turn was slow counts the acknowledgements that it holds`(
        seed: UInt64
    ) throws {
        try SlowTurns.play(seed: seed)
    }

    @Test(arguments: 1...3 as ClosedRange<UInt64>)
    @Aside
    func `pitfall 52: a follower that was paused asks for no votes and forwards nothing twice`(
        seed: UInt64
    ) throws {
        try SlowTurns.playFollower(seed: seed)
    }

    @Test @Aside
    func `pitfall 52: a follower whose turn was slow hears its leader first`() {
        var lone = follower()
        #expect(forwards(lone.node.turn([request(1)], now: lone.now)) == 1)
        lone.now.instant = lone.now.instant + .seconds(1)
        let effects = lone.node.turn([heartbeat(at: lone.now)], now: lone.now)
        #expect(lone.node.status.leader == Self.others[0])
        #expect(forwards(effects) == 0, "its window went out again")
        let asksForVotes = messages(effects).contains {
            if case .consensus(.preVote, _) = $0 { true } else { false }
        }
        #expect(!asksForVotes)
    }

    @Test @Aside func `a follower that holds no heartbeat misses its leader in the same turn`() {
        var lone = follower()
        lone.now.instant = lone.now.instant + .seconds(1)
        let asked = messages(lone.node.turn([], now: lone.now)).count {
            if case .consensus(.preVote, _) = $0 { true } else { false }
        }
        #expect(asked == 2)
    }

    @Test @Aside func `what keeps the cluster alive goes before queries, and the rest waits`() {
        var lone = follower { $0.turn.requests = 3 }
        let inputs = (1...8).map { query(UInt64($0)) } + [heartbeat(at: lone.now)]
        let first = lone.node.turn(inputs, now: lone.now)
        let reply = first.firstIndex { if case .reply = $0 { true } else { false } } ?? 0
        let isAcknowledged = messages(Array(first[..<reply])).contains {
            if case .consensus(.appendReply, _) = $0 { true } else { false }
        }
        #expect(isAcknowledged, "the heartbeat was answered after the queries")
        #expect(answered(first) == [1, 2, 3])
        #expect(lone.node.hasBacklog && lone.node.nextDeadline == lone.now.instant)
        #expect(answered(lone.node.turn([query(9)], now: lone.now)) == [4, 5, 6])
        #expect(answered(lone.node.turn([], now: lone.now)) == [7, 8, 9])
        #expect(!lone.node.hasBacklog)
    }

    @Test @Aside func `answers count for a turn's budget by their bytes`() {
        var lone = follower { $0.turn.bytes = 1 }
        let inputs = (1...3).map { query(UInt64($0)) }
        // Each asks with a few bytes and is answered with as few.
        var turns = 0
        var tickets = answered(lone.node.turn(inputs, now: lone.now))
        while lone.node.hasBacklog, turns < 10 {
            turns += 1
            tickets += answered(lone.node.turn([], now: lone.now))
        }
        #expect(tickets == [1, 2, 3])
        #expect(turns > 0)
    }

    @Test @Aside func `what nobody waits for any more is not begun`() {
        var lone = follower { $0.turn.requests = 1 }
        _ = lone.node.turn([query(1), request(2), query(3)], now: lone.now)
        let effects = lone.node.turn([.abandon(Ticket(2)), .abandon(Ticket(3))], now: lone.now)
        let rest = lone.node.turn([], now: lone.now) + lone.node.turn([], now: lone.now)
        #expect(forwards(effects + rest) == 0)
        #expect(answered(effects + rest).isEmpty)
    }

    @Test @Aside func `a call that is given up before it was begun is never carried out`() {
        var lone = follower { $0.turn.requests = 1 }
        _ = lone.node.turn([query(1), request(2)], now: lone.now)
        let (last, _) = lone.node.giveUp(Ticket(2), orElse: .notTried, now: lone.now)
        #expect(last == .failed(.notTried, key: nil))
        #expect(forwards(lone.node.turn([], now: lone.now)) == 0)
    }

    @Test @Aside func `a call that was handed over is given up with an unknown outcome`() {
        var lone = follower()
        #expect(forwards(lone.node.turn([request(2)], now: lone.now)) == 1)
        let (last, _) = lone.node.giveUp(Ticket(2), orElse: .notTried, now: lone.now)
        guard case .failed(.outcomeUnknown, _) = last else {
            Issue.record("\(last)")
            return
        }
    }

    @Test @Aside func `a bounded read is judged by the clock of the turn that takes it`() {
        var lone = follower()
        let asked = messages(lone.node.turn([query(1, .linearizable)], now: lone.now))
        for case .read(let id) in asked {
            let answer = PeerMessage.readIndex(id: id, LogIndex(1))
            _ = lone.node.turn([.message(LinkID(0), answer, lines: [])], now: lone.now)
        }
        let bounded = Consistency.bounded(.seconds(1))
        #expect(answered(lone.node.turn([query(2, bounded)], now: lone.now)) == [2])
        lone.now.instant = lone.now.instant + .seconds(10)
        let effects = lone.node.turn([heartbeat(at: lone.now), query(3, bounded)], now: lone.now)
        #expect(answered(effects).isEmpty)
        #expect(messages(effects).contains { if case .read = $0 { true } else { false } })
    }

    @Test @Aside func `pitfall 56: a turn applies so many entries and no more`() {
        var lone = follower { $0.turn.entries = 3 }
        let last = query(1, .atLeast(LogIndex(9)))
        let first = lone.node.turn([entries(8, at: lone.now), last], now: lone.now)
        #expect(lone.node.status.applied == LogIndex(4) && answered(first).isEmpty)
        #expect(lone.node.hasBacklog && lone.node.nextDeadline == lone.now.instant)
        // Heartbeats are answered meanwhile.
        let second = lone.node.turn([heartbeat(at: lone.now)], now: lone.now)
        #expect(!messages(second).isEmpty && lone.node.status.applied == LogIndex(7))
        #expect(answered(lone.node.turn([], now: lone.now)) == [1])
        #expect(lone.node.status.applied == LogIndex(9) && !lone.node.hasBacklog)
    }

    @Test @Aside func `entries count for a turn's budget by their bytes`() {
        var lone = follower { $0.turn.entryBytes = 1 }
        _ = lone.node.turn([entries(2, at: lone.now)], now: lone.now)
        #expect(lone.node.status.applied == LogIndex(2))
    }

    @Test @Aside func `pitfall 56: a turn gives a new leader so many requests, in order`() {
        var lone = follower { $0.turn.routes = 2 }
        let old = lone.node.turn((1...5).map { request(UInt64($0)) }, now: lone.now)
        let oldRest = lone.node.turn([], now: lone.now) + lone.node.turn([], now: lone.now)
        let before = numbers(old + oldRest)
        #expect(numbers(old).count == 2 && before.count == 5)
        // The leader calls anew: all of it goes out again, and what comes meanwhile behind it.
        let hello = LoneNode.hello(Self.others[0], cluster: "c1", to: LoneNode.identity)
        let first = lone.node.turn([.linked(address: "n1:1", hello), request(6)], now: lone.now)
        #expect(numbers(first) == Array(before.prefix(2)))
        #expect(lone.node.hasBacklog)
        var after = numbers(first)
        for _ in 0..<2 { after += numbers(lone.node.turn([], now: lone.now)) }
        #expect(Array(after.prefix(5)) == before && after.count == 6)
        #expect(!lone.node.hasBacklog)
    }

    private func numbers(_ effects: [NodeEffect]) -> [UInt64] {
        messages(effects).compactMap { if case .forward(let id, _) = $0 { id } else { nil } }
    }

    @Test @Aside func `what was read back is there by index until all of it is applied`() {
        var readBack = ReadBack()
        readBack.take([[1], [2]], from: LogIndex(7))
        #expect(readBack[LogIndex(6)] == nil && readBack[LogIndex(9)] == nil)
        #expect(readBack[LogIndex(7)] == [1] && readBack[LogIndex(8)] == [2])
        readBack.forget(through: LogIndex(7))
        #expect(readBack[LogIndex(8)] == [2])
        readBack.forget(through: LogIndex(8))
        #expect(readBack[LogIndex(8)] == nil)
    }
}
