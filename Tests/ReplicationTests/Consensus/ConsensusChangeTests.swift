import Replication
import Storage
import Testing

/// How a leader changes its members.
@Suite struct ConsensusChangeTests {
    typealias Bench = ConsensusBench
    static let voters = [Bench.a, Bench.b, Bench.c].map { Bench.member($0) }

    @Test func `a change goes through a joint membership, and ends by itself`() throws {
        var bench = Bench.leader(of: Self.voters)
        #expect(!bench.core.isChanging)
        let new = Bench.member(Bench.d, .learner)
        let begun = bench.change(.add(new), expecting: LogIndex(1))
        let joint = Membership(incoming: Self.voters + [new], outgoing: Self.voters)
        #expect(begun.memberships == [joint])
        #expect(bench.core.membership == joint && bench.core.isChanging)
        #expect(bench.core.membershipIndex == LogIndex(3))
        #expect(bench.core.committedMembership.index == LogIndex(1))
        #expect(begun.appends(to: Bench.d).map(\.previous.index) == [LogIndex(2)])
        bench.persist()
        let final = bench.catchUp(Bench.b)
        #expect(final.memberships == [Membership(incoming: Self.voters + [new])])
        #expect(bench.core.committedMembership.index == LogIndex(3) && bench.core.isChanging)
        bench.persist()
        #expect(bench.catchUp(Bench.b).memberships == [])
        #expect(!bench.core.isChanging && bench.core.committedMembership.index == LogIndex(4))
    }
}
