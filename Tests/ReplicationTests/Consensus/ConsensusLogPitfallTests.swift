import Replication
import Storage
import TestSupport
import Testing

@Suite struct ConsensusLogPitfallTests {
    typealias Bench = ConsensusBench

    @Test @Aside func `pitfall 10: entries of earlier terms are not committed by counting`() {
        var bench = Bench(terms: [1, 1, 1])
        bench.lead()
        bench.persist()
        #expect(bench.acknowledge(3).commit == nil)
        #expect(bench.acknowledge(4).commit == LogIndex(4))
    }

    @Test @Aside func `pitfall 11: a follower commits only what this message has compared`() {
        var bench = Bench(terms: [1, 1, 1, 1])
        let effects = bench.receive(Bench.append(term: 2, after: (2, 1), commit: 4))
        #expect(effects.commit == LogIndex(2))
        let more = bench.receive(Bench.append(term: 2, after: (2, 1), terms: [1], commit: 9))
        #expect(more.commit == LogIndex(3))
    }

    @Test @Aside func `pitfall 12: a late message does not truncate what matches`() {
        var bench = Bench(terms: [1])
        bench.receive(Bench.append(term: 1, after: (1, 1), terms: [1, 1, 1]))
        let late = bench.receive(Bench.append(term: 1, after: (1, 1), terms: [1]))
        #expect(!late.contains(.truncate(after: LogIndex(1))))
        #expect(bench.core.lastPosition.index == LogIndex(4))
        let conflict = bench.receive(Bench.append(term: 2, after: (1, 1), terms: [1, 2]))
        #expect(conflict.contains(.truncate(after: LogIndex(2))))
        #expect(conflict.contains(.append(.received(LogIndex(3)...LogIndex(3)))))
        #expect(bench.core.lastPosition == LogPosition(index: LogIndex(3), term: Term(2)))
    }

    @Test @Aside func `pitfall 13: what lies before the log matches`() {
        let before = LogPosition(index: LogIndex(10), term: Term(2))
        var bench = Bench(terms: [2, 2], before: before)
        let effects = bench.receive(
            Bench.append(term: 3, after: (8, 1), terms: [1, 2, 2, 2, 3], commit: 12)
        )
        #expect(effects.appendReply?.outcome == .matched(through: LogIndex(13)))
        #expect(effects.contains(.append(.received(LogIndex(13)...LogIndex(13)))))
        let old = bench.receive(Bench.append(term: 3, after: (4, 1), terms: [1]))
        #expect(old.appendReply?.outcome == .matched(through: LogIndex(10)))
    }

    @Test @Aside func `pitfall 14: replies of an earlier session move nothing`() throws {
        var bench = Bench()
        bench.lead()
        bench.persist()
        let old = bench.reply(.matched(through: LogIndex(2)))
        bench.step(.disconnected(Bench.b))
        bench.step(.connected(Bench.b))
        #expect(bench.receive(old).commit == nil)
        #expect(bench.core.progress.first?.match == .zero)
        #expect(bench.acknowledge(2).commit == LogIndex(2))
        bench.receive(bench.reply(.conflict(previous: LogIndex(1), hint: .zero)))
        bench.acknowledge(1)
        let progress = try #require(bench.core.progress.first)
        #expect(progress.match == LogIndex(2) && progress.mode == .replicate)
    }

    @Test @Aside func `pitfall 14: replies that no follower gives are dropped`() {
        var bench = Bench()
        bench.lead()
        bench.persist()
        #expect(bench.acknowledge(99).commit == nil)
        #expect(bench.acknowledge(2, round: AppendRound(.max)).commit == nil)
    }

    @Test @Aside func `pitfall 15: a rewritten index is durable by its own token only`() {
        var bench = Bench(terms: [1, 1])
        let first = bench.receive(Bench.append(term: 1, after: (2, 1), terms: [1, 1]))
        let second = bench.receive(Bench.append(term: 2, after: (2, 1), terms: [2]))
        bench.step(.persisted(first.token ?? .zero))
        #expect(bench.core.durableIndex == LogIndex(2))
        bench.step(.persisted(second.token ?? .zero))
        #expect(bench.core.durableIndex == LogIndex(3))
    }

    @Test @Aside func `pitfall 16: an acknowledgement waits for all that it claims`() throws {
        var bench = Bench()
        let first = bench.receive(Bench.append(term: 1, after: (1, 1), terms: [1]))
        let token = try #require(first.token)
        #expect(first.sent.first?.after == token)
        let again = bench.receive(Bench.append(term: 1, after: (1, 1), terms: [1]))
        #expect(again.token == nil && again.sent.first?.after == token)
        let heartbeat = bench.receive(Bench.append(term: 1, after: (2, 1)))
        #expect(heartbeat.sent.first?.after == nil)
        #expect(heartbeat.appendReply?.outcome == .matched(through: LogIndex(1)))
        bench.persist()
        let durable = bench.receive(Bench.append(term: 1, after: (2, 1)))
        #expect(durable.appendReply?.outcome == .matched(through: LogIndex(2)))
    }

    @Test @Aside func `pitfall 16: the leader counts itself with what is durable`() {
        var bench = Bench()
        bench.lead()
        #expect(bench.acknowledge(2).commit == nil)
        #expect(bench.persist().commit == LogIndex(2))
    }

    @Test @Aside func `caches are told of a truncation before what replaces it`() throws {
        var bench = Bench(terms: [1, 1, 1])
        let effects = bench.receive(Bench.append(term: 2, after: (1, 1), terms: [2, 2]))
        let cut = try #require(effects.firstIndex(of: .truncate(after: LogIndex(1))))
        #expect(effects[cut + 1] == .append(.received(LogIndex(2)...LogIndex(3))))
    }

    @Test @Aside func `an append of an earlier term is not taken`() {
        var bench = Bench(terms: [1, 1, 2], vote: Vote(term: Term(2)))
        let effects = bench.receive(Bench.append(term: 1, after: (2, 1), terms: [1]))
        #expect(effects.appendReply?.outcome == .stale)
        #expect(bench.core.lastPosition == LogPosition(index: LogIndex(3), term: Term(2)))
    }

    @Test @Aside func `what is committed is never truncated`() {
        var bench = Bench(terms: [1, 1])
        bench.receive(Bench.append(term: 1, after: (2, 1), commit: 2))
        #expect(bench.receive(Bench.append(term: 3, after: (1, 1), terms: [3])).sent.isEmpty)
        #expect(bench.core.lastPosition.term == Term(1))
    }

    @Test @Aside func `a conflict is backed out by whole terms from both sides`() {
        var follower = Bench(terms: [1, 1, 4, 4, 4, 4])
        let conflict = follower.receive(Bench.append(term: 7, after: (6, 6))).appendReply
        let hint = LogPosition(index: LogIndex(6), term: Term(4))
        #expect(conflict?.outcome == .conflict(previous: LogIndex(6), hint: hint))
        var leader = Bench(terms: [1, 1, 1, 5, 5, 5])
        leader.lead()
        let effects = leader.receive(leader.reply(.conflict(previous: LogIndex(6), hint: hint)))
        #expect(effects.appends.first?.previous.index == LogIndex(3))
    }

    @Test @Aside func `a membership counts when appended and goes when truncated`() {
        let two = Bench.members(voters: [Bench.a, Bench.b])
        var bench = Bench()
        bench.receive(
            Bench.append(
                term: 1,
                after: (1, 1),
                terms: [1],
                memberships: [MembershipEntry(index: LogIndex(2), membership: two)]
            )
        )
        #expect(bench.core.membership == two && bench.core.membershipIndex == LogIndex(2))
        bench.receive(Bench.append(term: 2, after: (1, 1), terms: [2]))
        #expect(bench.core.membership == Bench.members())
        #expect(bench.core.membershipIndex == LogIndex(1))
    }

    @Test @Aside func `a blank node takes the log from whoever leads`() {
        var bench = Bench(terms: [], members: .empty)
        let effects = bench.receive(
            Bench.append(
                term: 3,
                after: (0, 0),
                terms: [1, 3],
                commit: 1,
                memberships: [
                    MembershipEntry(index: LogIndex(1), membership: Bench.members())
                ]
            )
        )
        #expect(effects.appendReply?.outcome == .matched(through: LogIndex(2)))
        #expect(bench.core.membership == Bench.members() && bench.core.leader == Bench.b)
    }
}
