import Replication
import Storage
import TestSupport
import Testing

/// What goes wrong with members elsewhere.
@Suite struct ConsensusMemberPitfallTests {
    typealias Bench = ConsensusBench
    static let voters = ConsensusChangeTests.voters
    static let learner = ConsensusChangeTests.learner
    static let joint = Membership(
        incoming: [voters[0], voters[1], Bench.member(Bench.d)],
        outgoing: voters
    )

    @Test @Aside func `pitfall 7: who joins answers votes and never asks for them`() {
        let members = [Bench.member(Bench.a, .joining), Bench.member(Bench.b)]
        var bench = Bench(members: Membership(incoming: members))
        #expect(bench.isGranted(2, (1, 1)) == true)
        bench.persist()
        for _ in 0..<5 { #expect(bench.wait().sent.isEmpty) }
        #expect(bench.core.role == .follower)
    }

    @Test @Aside func `pitfall 14: a reply from before a member was taken out moves nothing`()
        throws
    {
        var bench = Bench.leader(of: Self.voters + [Self.learner])
        let late = bench.reply(.matched(through: LogIndex(2)), from: Bench.d)
        bench.change(.remove(Bench.d))
        bench.commitAll()
        bench.commitAll()
        bench.wait()
        #expect(bench.core.progress.map(\.identity) == [Bench.b, Bench.c])
        bench.change(.add(Self.learner))
        let peer = try #require(bench.core.progress.first { $0.identity == Bench.d })
        #expect(peer.match == .zero)
        bench.receive(late, from: Bench.d)
        #expect(bench.core.progress.first { $0.identity == Bench.d }?.match == .zero)
    }

    @Test @Aside func `pitfall 14: who stays in a change keeps its progress`() {
        var bench = Bench.leader(of: Self.voters)
        let before = bench.core.progress
        bench.change(.add(Self.learner))
        for peer in before {
            let after = bench.core.progress.first { $0.identity == peer.identity }
            #expect(after?.session == peer.session && after?.match == peer.match)
        }
    }

    @Test @Aside func `pitfall 20: a membership decides as soon as it is appended`() {
        var bench = Bench.leader(of: Self.voters + [Self.learner])
        bench.catchUp(Bench.d)
        bench.change(.replace(Bench.c, with: Bench.d))
        bench.persist()
        // A majority of the old voters, and none of the new ones.
        #expect(bench.catchUp(Bench.c).commit == nil)
        #expect(bench.catchUp(Bench.d).commit == LogIndex(3))
    }

    @Test @Aside func `pitfall 20: a truncated membership decides no more`() {
        var bench = Bench(members: Membership(incoming: Self.voters))
        let entry = MembershipEntry(index: LogIndex(2), membership: Self.joint)
        bench.receive(Bench.append(term: 2, after: (1, 1), terms: [2], memberships: [entry]))
        #expect(bench.core.membership == Self.joint && bench.core.isChanging)
        bench.receive(Bench.append(term: 3, after: (1, 1), terms: [3], commit: 1), from: Bench.c)
        #expect(bench.core.membership == Membership(incoming: Self.voters))
        #expect(!bench.core.isChanging)
        bench.elect()
        bench.persist()
        #expect(bench.catchUp(Bench.c).commit == LogIndex(3))
    }

    @Test @Aside
    func `pitfall 20: memberships of the log decide after a restart, committed or not`() {
        var log = LogTerms()
        log.append(term: Term(1), count: 2)
        let settled = MembershipEntry(
            index: LogIndex(1),
            membership: Membership(incoming: Self.voters)
        )
        let restored = Consensus.Restored(
            identity: Bench.a,
            vote: Vote(term: Term(1)),
            log: log,
            memberships: [settled, MembershipEntry(index: LogIndex(2), membership: Self.joint)],
            commitIndex: LogIndex(1)
        )
        let now = Instant(nanoseconds: 0)
        var core = Consensus(restored, seed: 1, now: now)
        #expect(core.membership == Self.joint && core.committedMembership == settled)
        let cut = Bench.append(term: 2, after: (1, 1), terms: [2])
        _ = core.step(.receive(cut, from: Bench.b), now: now)
        #expect(core.membership == Membership(incoming: Self.voters))
    }

    @Test @Aside func `pitfall 21: whoever leads ends a joint membership, once`() {
        var bench = Bench(members: Self.joint)
        bench.elect()
        #expect(bench.core.role == .leader && bench.core.membership == Self.joint)
        bench.persist()
        let final = bench.catchUp(Bench.b)
        #expect(final.memberships == [Membership(incoming: Self.joint.incoming)])
        bench.persist()
        for peer in [Bench.b, Bench.c, Bench.d, Bench.b] {
            #expect(bench.catchUp(peer).memberships == [])
        }
        #expect(!bench.core.isChanging)
    }

    @Test @Aside func `pitfall 21: a joint membership that came by snapshot is ended too`() {
        var bench = Bench()
        bench.install(Bench.position(5, 2), members: Self.joint)
        #expect(bench.core.membership == Self.joint)
        bench.elect()
        bench.commitAll()
        bench.commitAll()
        #expect(bench.core.membership == Membership(incoming: Self.joint.incoming))
        #expect(!bench.core.isChanging)
    }

    @Test @Aside func `pitfall 22: a leader that is taken out leads on uncounted, and hands over`()
    {
        var bench = Bench.leader(of: Self.voters)
        bench.change(.remove(Bench.a))
        bench.commitAll(on: [Bench.b, Bench.c])
        #expect(bench.core.membership.member(Bench.a) == nil)
        #expect(bench.core.role == .leader && bench.core.liveMembers == [Bench.b, Bench.c])
        bench.persist()
        // Its own log does not count for the new voters.
        #expect(bench.catchUp(Bench.b).commit == nil)
        #expect(bench.core.role == .leader)
        let end = bench.catchUp(Bench.c)
        #expect(end.commit == LogIndex(4))
        #expect(end.begunTransfers == [Bench.b] && end.asked == [Bench.b])
        let moved = bench.receive(
            .vote(VoteRequest(term: Term(3), last: bench.core.lastPosition, isTransfer: true))
        )
        #expect(moved.voteReply?.isGranted == true && bench.core.role == .follower)
        bench.persist()
        for _ in 0..<5 { #expect(bench.wait().sent.isEmpty) }
    }

    @Test @Aside func `pitfall 22: its reads and its lead are not its own to confirm`() {
        var bench = Bench.leader(of: Self.voters)
        bench.change(.remove(Bench.a))
        bench.commitAll(on: [Bench.b, Bench.c])
        bench.step(.read(ReadTicket(1)))
        #expect(bench.acknowledge(1, round: bench.newestRound).readable == [])
        let both = bench.acknowledge(1, from: Bench.c, round: bench.newestRound)
        #expect(both.readable == [ReadTicket(1)])
        while bench.core.role == .leader, bench.now < Instant(nanoseconds: 9_000_000_000) {
            bench.wait()
            if bench.core.role == .leader { bench.acknowledge(1, round: bench.newestRound) }
        }
        #expect(bench.core.role == .follower)
    }

    @Test @Aside func `pitfall 22: nobody takes the lead over, and it ends all the same`() {
        var bench = Bench.leader(of: Self.voters)
        bench.change(.remove(Bench.a))
        bench.commitAll(on: [Bench.b, Bench.c])
        bench.commitAll(on: [Bench.b, Bench.c])
        #expect(bench.core.isTransferring)
        let start = bench.now
        while bench.core.role == .leader, bench.now - start < .seconds(1) {
            bench.wait()
            for peer in [Bench.b, Bench.c] { bench.acknowledge(1, from: peer) }
        }
        #expect(bench.now - start <= bench.core.configuration.electionTimeout)
    }

    /// The others may have the joint membership alone, and then need the vote of the node that it
    /// takes out, whose log is longer than theirs.
    @Test @Aside func `pitfall 22: a leader taken out by an uncommitted membership may lead again`()
    {
        var bench = Bench.leader(of: [Bench.member(Bench.a), Self.learner])
        bench.catchUp(Bench.d)
        bench.change(.replace(Bench.a, with: Bench.d))
        bench.commitAll(on: [Bench.d])
        bench.persist()
        #expect(bench.core.membership.incoming == [Bench.member(Bench.d)])
        bench.lose([Bench.d])
        #expect(bench.core.role != .leader)
        bench.elect()
        #expect(bench.core.role == .leader && bench.core.isChanging)
        bench.persist()
        #expect(bench.core.commitIndex < bench.core.membershipIndex)
        bench.catchUp(Bench.d)
        #expect(!bench.core.isChanging && bench.core.isTransferring)
    }

    @Test @Aside func `pitfall 23: whom a committed membership has taken out does not campaign`() {
        var bench = Bench(members: Membership(incoming: Self.voters))
        let rest = Membership(incoming: Array(Self.voters.dropFirst()))
        let entry = MembershipEntry(index: LogIndex(2), membership: rest)
        bench.receive(Bench.append(term: 2, after: (1, 1), terms: [2], memberships: [entry]))
        bench.receive(Bench.append(term: 2, after: (2, 2), commit: 2))
        #expect(bench.core.committedMembership == entry)
        bench.persist()
        for _ in 0..<5 { #expect(bench.wait().sent.isEmpty) }
        #expect(bench.core.role == .follower && bench.core.term == Term(2))
    }

    @Test @Aside func `pitfall 23: whom nobody told disturbs nobody`() {
        var bench = Bench.leader(of: Self.voters)
        let request = VoteRequest(term: Term(9), last: Bench.position(9, 9))
        for message in [Message.preVote(request), .vote(request)] {
            #expect(bench.receive(message, from: Bench.e).isEmpty)
        }
        #expect(bench.core.role == .leader && bench.core.term == Term(2))
    }

    @Test @Aside func `pitfall 23: who is taken out is told of it, and then left alone`() {
        var bench = Bench.leader(of: Self.voters)
        bench.change(.remove(Bench.c))
        bench.commitAll(on: [Bench.b, Bench.c])
        #expect(bench.core.progress.map(\.identity) == [Bench.b, Bench.c])
        bench.persist()
        bench.catchUp(Bench.c)
        bench.catchUp(Bench.b)
        #expect(!bench.core.isChanging)
        let told = bench.wait().appends(to: Bench.c)
        #expect(told.map(\.commit) == [LogIndex(4)])
        #expect(bench.core.progress.map(\.identity) == [Bench.b])
        #expect(bench.catchUp(Bench.c).isEmpty)
    }

    @Test @Aside func `pitfall 23: who is taken out and not heard is forgotten`() {
        var bench = Bench.leader(of: Self.voters)
        bench.step(.disconnected(Bench.c))
        bench.lose([Bench.c])
        bench.change(.remove(Bench.c))
        bench.commitAll(on: [Bench.b])
        bench.commitAll(on: [Bench.b])
        #expect(bench.core.progress.map(\.identity) == [Bench.b, Bench.c])
        bench.lose([Bench.c], for: 2)
        #expect(bench.core.progress.map(\.identity) == [Bench.b])
    }

    @Test @Aside func `pitfall 24: members are replicated to and not waited for unless they vote`()
    {
        var bench = Bench.leader(of: [Bench.member(Bench.a), Self.learner])
        let sent = bench.step(.propose(bytes: [1]))
        #expect(sent.appends(to: Bench.d).map(\.entries.count) == [1])
        #expect(bench.persist().commit == bench.core.lastPosition.index)
    }
}
