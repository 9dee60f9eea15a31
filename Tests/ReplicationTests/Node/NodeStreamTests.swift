import Storage
import TestSupport
import Testing

@testable import Replication

/// What streams cost the node that writes them: a position for each, and a share of each turn.
@Suite struct NodeStreamTests {
    /// A node that leads alone.
    private func leader() -> LoneNode {
        var lone = LoneNode(members: [LoneNode.identity])
        while lone.node.core.role != .leader { lone.wait(.milliseconds(100)) }
        lone.effects = []
        return lone
    }

    private func append(_ value: String, _ ticket: UInt64, to lone: inout LoneNode) {
        lone.now.instant = lone.now.instant + .milliseconds(2)
        lone.step(
            .request(
                ClientRequest(
                    ticket: Ticket(ticket),
                    lane: ticket,
                    body: Register.Append(value: value).lineBytes,
                    caller: Caller(),
                    entropy: Entropy([UInt8](repeating: 0, count: 64))
                )
            )
        )
    }

    /// The values that were written to a stream since the last look.
    private func values(_ ticket: UInt64, _ lone: LoneNode) -> [String] {
        lone.effects.flatMap { effect -> [String] in
            guard case .stream(Ticket(ticket), let items) = effect else { return [] }
            return items.compactMap { item in
                guard case .event(_, let event) = item else { return nil }
                return try? String(lineBytes: event.data)
            }
        }
    }

    /// The end of what was applied, as clients see it.
    private func end(_ lone: LoneNode) -> EventID {
        EventEpoch(cluster: "c1").shown(.end(of: lone.node.state.applied.index))
    }

    private func open(_ ticket: UInt64, after: EventID? = nil, at lone: inout LoneNode) {
        lone.step(.openStream(Ticket(ticket), caller: Caller(), after: after))
    }

    @Test @Aside func `a reader that takes nothing is written nothing, and misses nothing later`() {
        var lone = leader()
        open(1_000, at: &lone)
        append("a", 1, to: &lone)
        #expect(values(1_000, lone) == ["a"])
        lone.effects = []
        lone.step(.pauseStream(Ticket(1_000)))
        for number in 0..<50 { append("\(number)", UInt64(10 + number), to: &lone) }
        lone.wait(.seconds(1))
        #expect(values(1_000, lone) == [])
        lone.step(.resumeStream(Ticket(1_000)))
        while lone.node.streams.hasTurns { lone.wait(.milliseconds(2)) }
        #expect(values(1_000, lone) == (0..<50).map(String.init))
        append("b", 2, to: &lone)
        #expect(values(1_000, lone).last == "b")
    }

    @Test @Aside func `a reader that comes back behind the window is told so`() throws {
        var lone = LoneNode(members: [LoneNode.identity]) { $0.limits.events = 10 }
        while lone.node.core.role != .leader { lone.wait(.milliseconds(100)) }
        open(1_000, at: &lone)
        lone.step(.pauseStream(Ticket(1_000)))
        for number in 0..<30 { append("\(number)", UInt64(10 + number), to: &lone) }
        lone.effects = []
        lone.step(.resumeStream(Ticket(1_000)))
        let items = lone.effects.compactMap { effect -> [StreamItem]? in
            if case .stream(_, let items) = effect { items } else { nil }
        }
        #expect(items == [[.reset(end(lone))]])
    }

    @Test @Aside
    func `pitfall 56: streams that are behind share each turn`() {
        var lone = leader()
        for ticket in 1_000..<1_300 { open(UInt64(ticket), at: &lone) }
        while lone.node.streams.hasTurns { lone.wait(.milliseconds(2)) }
        lone.effects = []
        let large = String(repeating: "x", count: 8_000)
        append(large, 1, to: &lone)
        func written() -> Int {
            lone.effects.reduce(0) { sum, effect in
                guard case .stream(_, let items) = effect else { return sum }
                return sum
                    + items.reduce(0) { sum, item in
                        if case .event(_, let event) = item { sum + event.data.count } else { sum }
                    }
            }
        }
        // The share of all, and the event that begins within it.
        #expect(written() > 8_000 && written() <= Streams.bytesPerTurn + 8_192)
        var most = 0
        while lone.node.streams.hasTurns {
            let before = written()
            lone.wait(.milliseconds(2))
            most = max(most, written() - before)
        }
        #expect(most <= Streams.bytesPerTurn + 8_192)
        for ticket in 1_000..<1_300 { #expect(values(UInt64(ticket), lone) == [large]) }
    }

    /// What clients see in ids follows from the cluster's id, and what the state holds does not.
    @Test @Aside func `an id of a cluster that was made anew is told to begin anew`() throws {
        let (old, new) = (EventEpoch(cluster: "c0"), EventEpoch(cluster: "c1"))
        #expect(old != new && old.value > 1 && new.value > 1)
        var lone = leader()
        append("a", 10, to: &lone)
        let first = EventID.end(of: lone.node.state.applied.index.previous)
        for (ticket, id) in [(1_000, old.shown(first)), (1_001, first)] as [(UInt64, EventID)] {
            open(ticket, after: id, at: &lone)
            lone.wait(.milliseconds(2))
            #expect(values(ticket, lone) == [])
        }
        for (ticket, id) in [
            (1_002, new.shown(first)), (1_003, first.with(epoch: EventEpoch.any)),
        ] as [(UInt64, EventID)] {
            open(ticket, after: id, at: &lone)
            lone.wait(.milliseconds(2))
            #expect(values(ticket, lone) == ["a"])
        }
        let ids = lone.effects.flatMap { effect -> [EventID] in
            guard case .stream(_, let items) = effect else { return [] }
            return items.map(\.id)
        }
        #expect(!ids.isEmpty && ids.allSatisfy { $0.epoch == new.value })
        #expect(lone.node.state.eventID(at: 0).epoch == EventEpoch.inState)
    }

    @Test(
        arguments: [
            "0-1000.0", "0-18446744073709551615.0", "1-1.0", "1-1000.0", "2-1.0", "2-1000.0",
        ]
    )
    @Aside func `an id ahead of the log or of another epoch is told to begin anew`(id: String) {
        var lone = leader()
        open(1_000, after: EventID(id), at: &lone)
        lone.wait(.milliseconds(2))
        let isReset = lone.effects.contains { effect in
            guard case .stream(Ticket(1_000), let items) = effect else { return false }
            return items == [.reset(end(lone))]
        }
        #expect(isReset)
        append("a", 10, to: &lone)
        #expect(values(1_000, lone) == ["a"])
    }

    @Test @Aside func `a query that its client keeps is answered when it is asked for`() {
        var lone = leader()
        lone.step(.prepareQuery(Ticket(7), .linearizable))
        append("a", 1, to: &lone)
        let replies = lone.effects.compactMap { effect -> Reply? in
            if case .reply(Ticket(7), let reply) = effect { reply } else { nil }
        }
        #expect(replies == [.ready(isConfirmed: true)])
        lone.effects = []
        lone.step(
            .keptQuery(
                Ticket(7),
                body: Register.Read().lineBytes,
                caller: Caller(),
                isConfirmed: true
            )
        )
        guard case .reply(Ticket(7), .answer(_, let answer))? = lone.effects.first else {
            Issue.record("\(lone.effects)")
            return
        }
        #expect((try? [String](lineBytes: answer)) == ["a"])
    }

    @Test @Aside func `a query of a client that has gone is forgotten`() {
        var lone = LoneNode(members: [LoneNode.identity, NodeIdentity(id: "n1", incarnation: "1")])
        lone.step(
            .query(Ticket(7), body: Register.Read().lineBytes, caller: Caller(), .linearizable)
        )
        #expect(lone.node.queries.count == 1)
        lone.step(.abandon(Ticket(7)))
        #expect(lone.node.queries.isEmpty)
    }
}
