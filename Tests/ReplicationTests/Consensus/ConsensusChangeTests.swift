import Replication
import Storage
import TestSupport
import Testing

/// How a leader changes its members.
@Suite struct ConsensusChangeTests {
    typealias Bench = ConsensusBench
    static let voters = [Bench.a, Bench.b, Bench.c].map { Bench.member($0) }
    static let learner = Bench.member(Bench.d, .learner)
    static let joining = Bench.member(Bench.d, .joining)

    @Test @Aside func `a change goes through a joint membership, and ends by itself`() {
        var bench = Bench.leader(of: Self.voters)
        #expect(!bench.core.isChanging)
        let begun = bench.change(.add(Self.learner), expecting: LogIndex(1))
        let joint = Membership(incoming: Self.voters + [Self.learner], outgoing: Self.voters)
        #expect(begun.memberships == [joint])
        #expect(bench.core.membership == joint && bench.core.isChanging)
        #expect(bench.core.membershipIndex == LogIndex(3))
        #expect(bench.core.committedMembership.index == LogIndex(1))
        #expect(begun.appends(to: Bench.d).map(\.previous.index) == [LogIndex(2)])
        bench.persist()
        let final = bench.catchUp(Bench.b)
        #expect(final.memberships == [Membership(incoming: Self.voters + [Self.learner])])
        #expect(bench.core.committedMembership.index == LogIndex(3) && bench.core.isChanging)
        bench.persist()
        #expect(bench.catchUp(Bench.b).memberships == [])
        #expect(!bench.core.isChanging && bench.core.committedMembership.index == LogIndex(4))
    }

    @Test @Aside func `a plan tells what would be, and changes nothing`() throws {
        var bench = Bench.leader(of: Self.voters + [Self.learner])
        bench.step(.propose(bytes: [1, 1, 1]))
        bench.persist()
        bench.catchUp(Bench.b)
        let before = bench.core.state
        let plan = try bench.core.plan(.remove(Bench.b), expecting: LogIndex(1)).get()
        #expect(
            plan
                == ChangePlan(
                    membership: Membership(
                        incoming: [Self.voters[0], Self.voters[2], Self.learner]
                    ),
                    expecting: LogIndex(1),
                    quorum: 2,
                    live: [Bench.a, Bench.c],
                    lag: [Bench.a: 0, Bench.c: 3, Bench.d: 3]
                )
        )
        #expect(bench.core.state == before)
    }

    @Test @Aside func `only a leader changes members`() {
        var bench = Bench(members: Bench.members())
        bench.receive(Bench.append(term: 1, after: (1, 1)))
        #expect(bench.change(.remove(Bench.b)).changeRefusal == .notLeader(Bench.b))
        #expect(bench.core.liveMembers == [])
        bench.step(.disk(isFull: true))
        bench.step(.disconnected(Bench.b))
        #expect(bench.change(.remove(Bench.b)).changeRefusal == .diskFull)
    }

    @Test @Aside func `pitfall 19: nothing changes before an entry of the own term is committed`() {
        var bench = Bench(members: Membership(incoming: Self.voters))
        bench.elect()
        bench.acknowledge(1)
        #expect(bench.change(.remove(Bench.c)).changeRefusal == .notReady)
        bench.commitAll(on: [Bench.b, Bench.c])
        #expect(bench.change(.remove(Bench.c)).memberships.count == 1)
    }

    @Test @Aside func `pitfall 21: one change is under way at a time`() {
        var bench = Bench.leader(of: Self.voters)
        bench.change(.add(Self.learner))
        #expect(bench.change(.remove(Bench.c)).changeRefusal == .inProgress(LogIndex(3)))
        bench.commitAll(on: [Bench.b])
        #expect(bench.core.membership.outgoing.isEmpty)
        #expect(bench.change(.remove(Bench.c)).changeRefusal == .inProgress(LogIndex(4)))
        bench.commitAll(on: [Bench.b])
        #expect(bench.change(.remove(Bench.c)).memberships.count == 1)
    }

    @Test @Aside func `pitfall 24: a change of a membership that is gone is refused`() {
        var bench = Bench.leader(of: Self.voters)
        let refusal = bench.change(.remove(Bench.c), expecting: LogIndex(9)).changeRefusal
        #expect(refusal == .changed(LogIndex(1)))
    }

    @Test @Aside func `nothing changes while the lead is handed over`() {
        var bench = Bench.leader(of: Self.voters)
        bench.step(.propose(bytes: [1]))
        bench.step(.transfer(to: Bench.b))
        #expect(bench.change(.remove(Bench.c)).changeRefusal == .transferring)
    }

    @Test @Aside func `pitfall 24: a change that leaves no live majority is refused`() {
        var bench = Bench.leader(of: Self.voters)
        bench.lose([Bench.c])
        #expect(bench.core.liveMembers == [Bench.a, Bench.b])
        let refusal = bench.change(.remove(Bench.b)).changeRefusal
        #expect(refusal == .noLiveMajority(live: 1, needed: 2))
        #expect(bench.change(.remove(Bench.c)).memberships.count == 1)
    }

    @Test @Aside func `pitfall 24: a vote is given to none that lags or is not heard`() throws {
        var bench = Bench.leader(of: Self.voters + [Self.learner])
        bench.step(.propose(bytes: [1]))
        bench.commitAll(on: [Bench.b])
        bench.lose([Bench.d])
        let silent = bench.change(.promote(Bench.d)).changeRefusal
        #expect(silent.map { "\($0)" }?.contains("not heard") == true)
        bench.acknowledge(2, from: Bench.d, round: bench.newestRound)
        #expect(bench.core.liveMembers.contains(Bench.d))
        let behind = bench.change(.replace(Bench.b, with: Bench.d)).changeRefusal
        #expect(behind.map { "\($0)" }?.contains("1 entries behind") == true)
        bench.catchUp(Bench.d)
        #expect(bench.change(.promote(Bench.d)).memberships.count == 1)
    }

    @Test @Aside func `pitfall 24: who joins becomes a voter by itself when it has caught up`() {
        var bench = Bench.leader(of: Self.voters)
        bench.change(.add(Self.joining))
        bench.commitAll(on: [Bench.b])
        bench.commitAll(on: [Bench.b])
        #expect(!bench.core.isChanging)
        bench.lose([], for: 3)
        #expect(bench.acknowledge(1, from: Bench.d, round: bench.newestRound).memberships == [])
        #expect(bench.catchUp(Bench.d).memberships == [])
        let promotion = bench.answerRound([Bench.b, Bench.d]).memberships
        #expect(promotion.map { $0.member(Bench.d)?.role } == [.voter])
        #expect(promotion.first?.outgoing.contains(Self.joining) == true)
    }

    @Test @Aside func `a promotion that was refused is tried again`() {
        var bench = Bench.leader(of: Self.voters)
        bench.change(.add(Self.joining))
        bench.persist()
        #expect(bench.catchUp(Bench.d).memberships == [])
        bench.catchUp(Bench.b)
        bench.persist()
        // The end of the first change is what this entry was waiting for.
        bench.catchUp(Bench.b)
        bench.catchUp(Bench.d)
        let effects = bench.answerRound([Bench.b, Bench.d])
        #expect(effects.memberships.map { $0.member(Bench.d)?.role } == [.voter])
    }

    /// The newcomer and a minority of the voters fail in the moment in which it could become a
    /// voter: the change in which it joins ends behind its last answer.
    @Test @Aside func `pitfall 24: a newcomer that fails together with a voter stops nobody`() {
        var bench = Bench.leader(of: Self.voters)
        bench.change(.add(Self.joining))
        bench.commitAll()
        // All have what ends the change but this disk; `c` and `d` are gone before it has.
        #expect(bench.core.isChanging)
        #expect(bench.persist().memberships == [])
        #expect(!bench.core.isChanging && bench.core.liveMembers.contains(Bench.d))
        for _ in 0..<3 {
            let effects = bench.catchUp(Bench.b) + bench.answerRound([Bench.b])
            #expect(effects.memberships == [])
        }
        bench.lose([Bench.c, Bench.d])
        #expect(bench.core.role == .leader && bench.core.membership.incoming.count == 4)
        bench.step(.propose(bytes: [10]))
        bench.persist()
        #expect(bench.catchUp(Bench.b).commit == bench.core.lastPosition.index)
        // It comes back, and becomes a voter.
        bench.catchUp(Bench.d)
        bench.lose([Bench.c])
        #expect(bench.core.membership.isVoter(Bench.d))
    }

    @Test @Aside func `a promotion waits for answers to a round of its own`() {
        var bench = Bench.leader(of: Self.voters)
        bench.change(.add(Self.joining))
        bench.commitAll()
        bench.persist()
        let round = bench.newestRound
        // Late answers to earlier rounds say nothing of now.
        for peer in [Bench.b, Bench.c, Bench.d] {
            let last = bench.core.lastPosition.index.value
            let earlier = AppendRound(round.value - 1)
            #expect(bench.acknowledge(last, from: peer, round: earlier).memberships == [])
        }
        #expect(bench.answerRound([Bench.d]).memberships == [])
        #expect(bench.answerRound([Bench.c]).memberships.count == 1)
    }

    @Test @Aside func `a learner stays one`() {
        var bench = Bench.leader(of: Self.voters + [Self.learner])
        for _ in 0..<20 {
            bench.wait()
            for peer in [Bench.b, Bench.c, Bench.d] {
                #expect(bench.catchUp(peer).memberships == [])
            }
        }
    }

    @Test @Aside func `pitfall 9: a new incarnation takes the place of the old one in one change`()
    {
        var bench = Bench.leader(of: Self.voters)
        bench.change(.add(Bench.member(Bench.wiped, .joining)))
        bench.commitAll(on: [Bench.c])
        bench.commitAll(on: [Bench.c])
        bench.catchUp(Bench.wiped)
        let promotion = bench.answerRound([Bench.c, Bench.wiped]).memberships
        let new = [Bench.a, Bench.wiped, Bench.c].map { Bench.member($0) }
        #expect(promotion.map(\.incoming) == [new])
        #expect(promotion.first?.isVoter(Bench.b) == true)
        bench.commitAll(on: [Bench.wiped, Bench.c])
        bench.commitAll(on: [Bench.wiped, Bench.c])
        #expect(bench.core.membership == Membership(incoming: new) && !bench.core.isChanging)
    }

    @Test @Aside func `pitfall 9: a new incarnation beside the old one counts for nothing`() {
        var bench = Bench.leader(of: Self.voters + [Bench.member(Bench.wiped, .learner)])
        bench.step(.propose(bytes: [1]))
        bench.persist()
        #expect(bench.catchUp(Bench.wiped).commit == nil)
        #expect(bench.catchUp(Bench.b).commit == LogIndex(3))
    }
}
