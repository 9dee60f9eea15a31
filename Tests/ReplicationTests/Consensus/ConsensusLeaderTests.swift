import Replication
import Storage
import TestSupport
import Testing

@Suite struct ConsensusLeaderTests {
    typealias Bench = ConsensusBench

    /// A leader whose first entry, at 2, is committed and known to `b`.
    private func leader(
        _ change: (inout Consensus.Configuration) -> Void = { _ in }
    ) -> Bench {
        var configuration = Consensus.Configuration()
        change(&configuration)
        var bench = Bench(configuration: configuration)
        bench.lead()
        bench.persist()
        bench.acknowledge(2)
        return bench
    }

    @Test @Aside func `a leader begins with an empty entry that goes out before its own sync`() {
        var bench = Bench()
        let effects = bench.lead()
        #expect(effects.first == .role(.leader, Term(2), leader: Bench.a))
        let noop = LogPosition(index: LogIndex(2), term: Term(2))
        #expect(effects.contains(.append(.noop(noop))))
        #expect(effects.sent.map(\.to) == [Bench.b, Bench.c])
        #expect(effects.sent.allSatisfy { $0.after == nil })
    }

    @Test @Aside func `proposals get consecutive positions and go out in limited batches`() {
        var bench = leader { $0.maximumAppendEntries = 2 }
        let effects = bench.step(.propose(bytes: [10, 10, 10]))
        let first = LogPosition(index: LogIndex(3), term: Term(2))
        #expect(effects.contains(.append(.proposals(first: first, count: 3))))
        #expect(effects.appends.map(\.entries.count) == [2, 1])
    }

    @Test @Aside func `a batch holds what fits its bytes, and at least one entry`() {
        var bench = leader { $0.maximumAppendBytes = 250 }
        let effects = bench.step(.propose(bytes: [100, 100, 100, 900]))
        #expect(effects.appends.map(\.entries.bytes) == [200, 100, 900])
    }

    @Test @Aside func `a full window holds entries back and never a heartbeat`() {
        var bench = leader { $0.maximumInflightAppends = 2 }
        for _ in 0..<4 { bench.step(.propose(bytes: [10])) }
        #expect(bench.core.progress.first?.inflights.count == 2)
        let heartbeats = bench.wait().appends + bench.wait().appends
        #expect(heartbeats.contains { $0.entries.isEmpty && $0.previous.index == LogIndex(4) })
        #expect(bench.acknowledge(3).appends.first?.entries.first == LogIndex(5))
    }

    @Test @Aside func `a full window in bytes holds entries back`() {
        var bench = leader { $0.maximumInflightBytes = 300 }
        for _ in 0..<4 { bench.step(.propose(bytes: [200])) }
        #expect(bench.core.progress.first?.inflights.count == 2)
    }

    @Test @Aside func `a probe sends one append and waits`() {
        var bench = leader()
        bench.step(.disconnected(Bench.b))
        #expect(!bench.step(.propose(bytes: [10])).sent.contains { $0.to == Bench.b })
        let probe = bench.step(.connected(Bench.b))
        #expect(probe.appends.first?.entries.first == LogIndex(3))
        #expect(!bench.step(.propose(bytes: [10])).sent.contains { $0.to == Bench.b })
        let next = bench.acknowledge(3)
        #expect(next.appends.first?.entries.first == LogIndex(4))
    }

    @Test @Aside func `beyond the uncommitted limit proposals are refused as a whole`() {
        var bench = leader { $0.maximumUncommittedBytes = 250 }
        #expect(bench.step(.propose(bytes: [9999])).token != nil)
        #expect(bench.step(.propose(bytes: [10, 10])) == [.refused(.overloaded)])
        bench.persist()
        bench.acknowledge(3)
        #expect(bench.step(.propose(bytes: [100, 100])).token != nil)
        #expect(bench.step(.propose(bytes: [100])) == [.refused(.overloaded)])
    }

    @Test @Aside func `only the leader takes proposals and reads`() {
        var bench = Bench()
        bench.receive(Bench.append(term: 1, after: (1, 1)))
        #expect(bench.step(.propose(bytes: [1])) == [.refused(.notLeader(Bench.b))])
        #expect(bench.step(.read(ReadTicket(1))) == [.unreadable(ReadTicket(1))])
    }

    @Test @Aside func `followers are told of a commit soon when no entry tells them`() {
        var bench = leader()
        bench.step(.propose(bytes: [10]))
        bench.persist()
        let start = bench.now
        bench.acknowledge(3)
        let news = bench.wait()
        #expect(bench.now - start <= bench.core.configuration.commitDelay)
        #expect(news.appends.map(\.commit) == [LogIndex(3)])
        #expect(news.appends.allSatisfy { $0.entries.isEmpty })
    }

    @Test @Aside func `pitfall 27: a new leader answers reads only after its own term's commit`() {
        var bench = Bench()
        bench.lead()
        bench.persist()
        #expect(bench.step(.read(ReadTicket(1))) == [])
        #expect(bench.acknowledge(1, round: AppendRound(2)).readable.isEmpty)
        let round = bench.acknowledge(2).appends.map(\.round).max()
        #expect(
            bench.acknowledge(2, round: round).contains(
                .readable(ReadTicket(1), at: LogIndex(2))
            )
        )
    }

    @Test @Aside func `pitfall 28: an answer to an earlier round does not confirm a read`() throws {
        var bench = leader()
        let first = try #require(bench.step(.read(ReadTicket(7))).appends.first?.round)
        #expect(bench.acknowledge(2, round: AppendRound(first.value - 1)).readable.isEmpty)
        #expect(bench.acknowledge(2, round: first).readable == [ReadTicket(7)])
        let second = try #require(bench.step(.read(ReadTicket(7))).appends.first?.round)
        #expect(first < second)
        #expect(bench.acknowledge(2, round: first).readable.isEmpty)
        #expect(bench.acknowledge(2, round: second).readable == [ReadTicket(7)])
    }

    /// An earlier process of this node led an earlier term, with rounds of the same numbers.
    @Test @Aside func `pitfall 53: a stale reply confirms no read, and no quorum`() throws {
        var bench = leader()
        let round = try #require(bench.step(.read(ReadTicket(7))).appends.first?.round)
        let session = bench.core.progress.first?.session ?? .zero
        let late = AppendReply(
            term: bench.core.term,
            asked: Term(1),
            round: round,
            session: session,
            outcome: .stale
        )
        #expect(bench.receive(.appendReply(late)).readable.isEmpty)
        #expect(bench.receive(bench.reply(.stale, round: round)).readable.isEmpty)
        #expect(bench.core.progress.allSatisfy { $0.ackedRound < round })
        let start = bench.now
        while bench.core.role == .leader, bench.now - start < .seconds(2) {
            bench.receive(bench.reply(.stale, round: bench.newestRound))
            bench.wait()
        }
        #expect(bench.core.role == .follower && bench.now - start <= .milliseconds(600))
    }

    @Test @Aside func `pitfall 53: a reply of an earlier session or term confirms no read`() throws
    {
        var bench = leader()
        let earlier = try #require(bench.core.progress.first?.session)
        bench.step(.connected(Bench.b))
        let round = try #require(bench.step(.read(ReadTicket(7))).appends.first?.round)
        let matched = AppendReply.Outcome.matched(through: LogIndex(2))
        let late = bench.reply(matched, round: round, session: earlier)
        #expect(bench.receive(late).readable.isEmpty)
        guard case .appendReply(var ofEarlierTerm) = bench.reply(matched, round: round) else {
            return
        }
        ofEarlierTerm.asked = Term(1)
        #expect(bench.receive(.appendReply(ofEarlierTerm)).readable.isEmpty)
        #expect(bench.acknowledge(2, round: round).readable == [ReadTicket(7)])
    }

    @Test @Aside func `a stale append is answered with its own term, round and session`() throws {
        var bench = Bench(vote: Vote(term: Term(5)))
        let reply = try #require(bench.receive(Bench.append(term: 3, after: (1, 1))).appendReply)
        #expect(reply.term == Term(5) && reply.asked == Term(3) && reply.outcome == .stale)
        #expect(reply.round == AppendRound(1) && reply.session == ReplicationSession(1))
    }

    @Test @Aside func `reads that come during a round share the next`() throws {
        var bench = leader()
        let round = try #require(bench.step(.read(ReadTicket(1))).appends.first?.round)
        #expect(bench.step(.read(ReadTicket(2))).sent.isEmpty)
        #expect(bench.step(.read(ReadTicket(3))).sent.isEmpty)
        let effects = bench.acknowledge(2, round: round)
        #expect(effects.readable == [ReadTicket(1)])
        let next = try #require(effects.appends.first?.round)
        #expect(bench.acknowledge(2, round: next).readable == [ReadTicket(2), ReadTicket(3)])
    }

    @Test @Aside func `pitfall 46: a leader of an earlier term gives its reads back`() {
        var bench = leader()
        bench.step(.read(ReadTicket(1)))
        bench.step(.read(ReadTicket(2)))
        let effects = bench.receive(Bench.append(term: 9, after: (1, 1)))
        #expect(effects.contains(.unreadable(ReadTicket(1))))
        #expect(effects.contains(.unreadable(ReadTicket(2))))
    }

    @Test @Aside func `entries of unknown size go out in bounded batches`() {
        var configuration = Consensus.Configuration()
        configuration.assumedEntryBytes = 100
        configuration.maximumAppendBytes = 300
        var bench = Bench(
            terms: Array(repeating: 1, count: 20),
            configuration: configuration
        )
        bench.lead()
        let effects = bench.receive(
            bench.reply(.conflict(previous: LogIndex(20), hint: .zero))
        )
        #expect(effects.appends.map(\.entries.count) == [3])
        let more = bench.acknowledge(3)
        #expect(more.appends.map(\.entries.count) == [3, 3, 3, 3, 3, 2, 1])
    }
}
