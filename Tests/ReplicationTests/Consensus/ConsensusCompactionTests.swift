import Replication
import Storage
import TestSupport
import Testing

@Suite struct ConsensusCompactionTests {
    typealias Bench = ConsensusBench

    @Test @Aside func `the log follows a compaction up to the commit index`() {
        var bench = Bench(terms: [1, 1, 2, 2, 2], commitIndex: LogIndex(3))
        for beyond in [Bench.position(4, 2), Bench.position(3, 1), Bench.position(9, 2), .zero] {
            let state = bench.core.state
            #expect(bench.step(.compacted(before: beyond)) == [])
            #expect(bench.core.state == state)
        }
        #expect(bench.step(.compacted(before: Bench.position(3, 2))) == [])
        #expect(bench.core.log.before == Bench.position(3, 2))
        #expect(bench.core.lastPosition == Bench.position(5, 2))
        #expect(bench.core.membership == Bench.members())
        #expect(bench.core.membershipIndex == LogIndex(1))
        let state = bench.core.state
        bench.step(.compacted(before: Bench.position(2, 1)))
        #expect(bench.core.state == state)
    }

    @Test @Aside func `a membership behind what was compacted can still be truncated`() {
        let two = Bench.members(voters: [Bench.a, Bench.b])
        var bench = Bench(terms: [1, 1])
        let entry = MembershipEntry(index: LogIndex(4), membership: two)
        bench.receive(
            Bench.append(term: 1, after: (2, 1), terms: [1, 1], commit: 3, memberships: [entry])
        )
        bench.step(.compacted(before: Bench.position(3, 1)))
        #expect(bench.core.membership == two)
        bench.receive(Bench.append(term: 2, after: (3, 1), terms: [2]))
        #expect(bench.core.membership == Bench.members())
    }
}
