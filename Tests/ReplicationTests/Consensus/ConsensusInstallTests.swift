import Replication
import Storage
import TestSupport
import Testing

/// The follower's side of a snapshot.
@Suite struct ConsensusInstallTests {
    typealias Bench = ConsensusBench

    @Test @Aside
    func `pitfall 32: a log that holds the snapshot's last entry keeps what follows it`() {
        var bench = Bench(terms: [1, 1, 2, 2, 2])
        let effects = bench.install(Bench.position(3, 2))
        #expect(effects == [.commit(LogIndex(3))])
        #expect(bench.core.lastPosition == Bench.position(5, 2))
        #expect(bench.core.log.before == .zero && bench.core.durableIndex == LogIndex(5))
    }

    @Test(arguments: [Bench.position(3, 1), Bench.position(5, 3), Bench.position(9, 2)])
    @Aside func `pitfall 32: any other log is dropped as a whole`(position: LogPosition) {
        var bench = Bench(terms: [1, 1, 2, 2, 2], vote: Vote(term: Term(3)))
        let effects = bench.install(position)
        #expect(effects == [.commit(position.index)])
        #expect(bench.core.log.before == position && bench.core.lastPosition == position)
        #expect(bench.core.durableIndex == position.index)
        #expect(bench.core.log.term(at: position.index.previous) == nil)
    }

    @Test @Aside func `a snapshot of what is committed here changes nothing`() {
        var bench = Bench(terms: [1, 1, 2], commitIndex: LogIndex(2))
        let state = bench.core.state
        for position in [Bench.position(2, 1), Bench.position(1, 1), Bench.position(2, 2)] {
            #expect(bench.install(position) == [])
        }
        #expect(bench.core.state == state)
    }

    @Test @Aside func `a leader ignores a snapshot, and a candidate gives up`() {
        var leader = Bench()
        leader.lead()
        let state = leader.core.state
        #expect(leader.install(Bench.position(2, 2)) == [])
        #expect(leader.core.state == state)
        for isReal in [false, true] {
            var bench = Bench()
            if isReal { bench.campaign() } else { bench.wait() }
            let term = bench.core.term
            let effects = bench.install(Bench.position(9, 1))
            #expect(effects.first == .role(.follower, term, leader: nil))
            bench.persist()
            let grant = VoteReply(term: term, asked: term, isGranted: true)
            #expect(bench.receive(.voteReply(grant)) == [] && bench.core.role == .follower)
        }
    }

    @Test @Aside func `pitfall 13: after an install, what the snapshot holds matches`() {
        var bench = Bench()
        bench.install(Bench.position(9, 1))
        let old = bench.receive(Bench.append(term: 1, after: (4, 1), terms: [1, 1]))
        #expect(old.appendReply?.outcome == .matched(through: LogIndex(9)))
        #expect(old.token == nil)
        let over = bench.receive(Bench.append(term: 1, after: (8, 1), terms: [1, 1], commit: 10))
        #expect(over.contains(.append(.received(LogIndex(10)...LogIndex(10)))))
        #expect(over.commit == LogIndex(10))
    }

    @Test @Aside func `writes of a log that was dropped make nothing durable`() throws {
        var bench = Bench(terms: [1, 1])
        let old = bench.receive(Bench.append(term: 1, after: (2, 1), terms: [1, 1, 1, 1]))
        bench.install(Bench.position(4, 2))
        let new = bench.receive(Bench.append(term: 2, after: (4, 2), terms: [2, 2]))
        bench.step(.persisted(try #require(old.token)))
        #expect(bench.core.durableIndex == LogIndex(4))
        bench.step(.persisted(try #require(new.token)))
        #expect(bench.core.durableIndex == LogIndex(6))
    }

    @Test @Aside func `a snapshot makes durable what it holds, and nothing behind it`() throws {
        var bench = Bench(terms: [1])
        let first = bench.receive(Bench.append(term: 1, after: (1, 1), terms: [1, 1]))
        let second = bench.receive(Bench.append(term: 1, after: (3, 1), terms: [1, 1]))
        bench.install(Bench.position(4, 1))
        #expect(bench.core.durableIndex == LogIndex(4))
        bench.step(.persisted(try #require(first.token)))
        #expect(bench.core.durableIndex == LogIndex(4))
        bench.step(.persisted(try #require(second.token)))
        #expect(bench.core.durableIndex == LogIndex(5))
    }

    @Test @Aside func `pitfall 34: the snapshot's membership counts, from its own index on`() {
        let two = Bench.members(voters: [Bench.a, Bench.b])
        let one = Bench.members(voters: [Bench.c])
        var bench = Bench()
        bench.step(
            .installed(
                position: Bench.position(9, 1),
                membership: two,
                membershipIndex: LogIndex(7)
            )
        )
        #expect(bench.core.membership == two && bench.core.membershipIndex == LogIndex(7))
        let entry = MembershipEntry(index: LogIndex(10), membership: one)
        bench.receive(Bench.append(term: 1, after: (9, 1), terms: [1], memberships: [entry]))
        #expect(bench.core.membership == one)
        bench.receive(Bench.append(term: 2, after: (9, 1), terms: [2]))
        #expect(bench.core.membership == two && bench.core.membershipIndex == LogIndex(7))
    }

    @Test @Aside func `a blank node begins with a snapshot`() {
        var bench = Bench(terms: [], members: .empty)
        bench.install(Bench.position(9, 4))
        #expect(bench.core.membership == Bench.members() && bench.core.term == Term(4))
        let reply = bench.receive(Bench.append(term: 4, after: (9, 4), terms: [4]))
        #expect(reply.appendReply?.outcome == .matched(through: LogIndex(10)))
    }

    @Test @Aside func `no node is of an earlier term than its snapshot`() {
        var bench = Bench(terms: [1, 1])
        bench.receive(Bench.append(term: 1, after: (2, 1)))
        let effects = bench.install(Bench.position(9, 5))
        #expect(effects.contains(.vote(Vote(term: Term(5)))) && effects.token != nil)
        #expect(bench.core.leader == nil)
    }

    @Test @Aside func `pitfall 38: a snapshot ends a repair only if it holds all that was lost`() {
        let lost = Bench.position(5, 3)
        for (position, isWhole) in [
            (Bench.position(9, 2), false), (Bench.position(4, 3), false),
            (Bench.position(5, 3), true), (Bench.position(4, 4), true),
        ] {
            var bench = Bench(terms: [1], vote: Vote(term: Term(6)), lost: lost)
            bench.install(position)
            bench.wait()
            #expect(bench.core.role == (isWhole ? .preCandidate : .follower))
            #expect(bench.isGranted(9, (4, 3)) == false)
            #expect(bench.isGranted(9, (5, 3)) == (position <= lost))
        }
    }
}
