import Replication
import Storage
import TestSupport
import Testing

@Suite struct ConsensusElectionPitfallTests {
    typealias Bench = ConsensusBench

    @Test @Aside func `pitfall 1: the own vote does not count before it is durable`() {
        var bench = Bench(members: Bench.members(voters: [Bench.a, Bench.b]))
        let effects = bench.campaign()
        #expect(effects.contains(.vote(Vote(term: Term(2), candidate: Bench.a))))
        // The others are asked meanwhile.
        #expect(effects.sent.map(\.after) == [nil])
        bench.receive(.voteReply(VoteReply(term: Term(2), asked: Term(2), isGranted: true)))
        #expect(bench.core.role == .candidate)
        bench.persist()
        #expect(bench.core.role == .leader)
    }

    @Test @Aside func `pitfall 1: requests wait for their term if the one before is not durable`()
        throws
    {
        var bench = Bench()
        bench.receive(Bench.append(term: 4, after: (1, 1)))
        let effects = bench.receive(.timeoutNow(Term(4)))
        #expect(effects.sent.count == 2)
        #expect(effects.sent.allSatisfy { $0.after == effects.token && $0.after != nil })
    }

    @Test @Aside func `pitfall 1: no process campaigns where an earlier one may have`() {
        var bench = Bench(mayHaveAsked: true)
        bench.wait()
        #expect(bench.receive(.preVoteReply(Self.granted(2))).isEmpty)
        bench.receive(.preVoteReply(Self.granted(3)))
        #expect(bench.core.role == .candidate && bench.core.term == Term(3))
        // A vote that the earlier process asked for.
        bench.persist()
        bench.receive(.voteReply(VoteReply(term: Term(2), asked: Term(2), isGranted: true)))
        #expect(bench.core.role == .candidate)
    }

    private static func granted(_ asked: UInt64) -> VoteReply {
        VoteReply(term: Term(1), asked: Term(asked), isGranted: true)
    }

    @Test @Aside func `pitfall 1: the own vote is durable by its own token only`() throws {
        var bench = Bench(members: Bench.members(voters: [Bench.a, Bench.b]))
        let entry = bench.receive(Bench.append(term: 1, after: (1, 1), terms: [1]))
        // At once: a node whose entries take long to be durable does not campaign.
        let vote = bench.receive(.timeoutNow(Term(1)))
        bench.receive(.voteReply(VoteReply(term: Term(2), asked: Term(2), isGranted: true)))
        bench.step(.persisted(try #require(entry.token)))
        #expect(bench.core.role == .candidate)
        bench.step(.persisted(try #require(vote.token)))
        #expect(bench.core.role == .leader)
    }

    @Test @Aside func `pitfall 1: a vote and a refusal wait for their term`() throws {
        var bench = Bench(terms: [1, 1])
        let granted = bench.receive(.vote(Bench.request(term: 2, last: (2, 1))))
        #expect(granted.voteReply?.isGranted == true)
        #expect(granted.sent.first?.after == granted.token && granted.token != nil)
        let refused = bench.receive(.vote(Bench.request(term: 3, last: (1, 1))), from: Bench.c)
        #expect(refused.voteReply?.isGranted == false)
        #expect(refused.sent.first?.after == refused.token && refused.token != nil)
    }

    @Test @Aside func `pitfall 2: term and entries go into one batch in one order`() {
        var bench = Bench(terms: [1, 1])
        let effects = bench.receive(Bench.append(term: 2, after: (1, 1), terms: [2]))
        #expect(
            effects.prefix(5) == [
                .role(.follower, Term(2), leader: Bench.b), .vote(Vote(term: Term(2))),
                .truncate(after: LogIndex(1)), .append(.received(LogIndex(2)...LogIndex(2))),
                .persist(PersistToken(1)),
            ]
        )
    }

    @Test @Aside func `pitfall 3: stepping down within a term keeps the vote`() {
        var bench = Bench()
        bench.campaign()
        bench.persist()
        bench.receive(Bench.append(term: 2, after: (1, 1)), from: Bench.c)
        #expect(bench.core.role == .follower)
        let effects = bench.receive(.vote(Bench.request(term: 2, last: (9, 2))))
        #expect(effects.voteReply?.isGranted == false)
    }

    @Test @Aside func `pitfall 3: a pre-vote touches neither term nor vote`() {
        var bench = Bench()
        let asked = bench.receive(.preVote(Bench.request(term: 9, last: (1, 1))))
        #expect(asked.voteReply?.isGranted == true)
        bench.wait()
        #expect(bench.core.role == .preCandidate && bench.core.term == Term(1))
        let effects = bench.receive(.vote(Bench.request(term: 2, last: (1, 1))), from: Bench.c)
        #expect(effects.voteReply?.isGranted == true)
    }

    @Test @Aside func `pitfall 4: only a grant of this term is a vote`() {
        var bench = Bench()
        bench.campaign()
        bench.persist()
        bench.receive(.voteReply(VoteReply(term: Term(2), asked: Term(2), isGranted: false)))
        bench.receive(
            .voteReply(VoteReply(term: Term(1), asked: Term(1), isGranted: true)),
            from: Bench.c
        )
        #expect(bench.core.role == .candidate)
        bench.receive(
            .voteReply(VoteReply(term: Term(3), asked: Term(3), isGranted: true)),
            from: Bench.c
        )
        #expect(bench.core.role == .follower && bench.core.term == Term(3))
    }

    @Test @Aside func `pitfall 5: candidates are ignored while the leader is heard`() {
        var bench = Bench()
        bench.receive(Bench.append(term: 1, after: (1, 1)))
        let vote = Message.vote(Bench.request(term: 9, last: (9, 8)))
        let preVote = Message.preVote(Bench.request(term: 9, last: (9, 8)))
        #expect(bench.receive(vote, from: Bench.c) == [])
        #expect(bench.receive(preVote, from: Bench.c) == [])
        bench.now = bench.now + bench.core.configuration.electionTimeout
        #expect(bench.receive(preVote, from: Bench.c).voteReply?.isGranted == true)
        #expect(bench.receive(vote, from: Bench.c).voteReply?.isGranted == true)
    }

    @Test @Aside func `pitfall 5: a node of an earlier term is told the term`() {
        var bench = Bench(vote: Vote(term: Term(5)))
        bench.receive(Bench.append(term: 5, after: (1, 1)))
        let preVote = bench.receive(
            .preVote(Bench.request(term: 3, last: (9, 2))),
            from: Bench.c
        )
        #expect(preVote.voteReply == VoteReply(term: Term(5), asked: Term(3), isGranted: false))
        let stale = bench.receive(Bench.append(term: 3, after: (1, 1)), from: Bench.c)
        #expect(stale.appendReply?.term == Term(5) && stale.appendReply?.outcome == .stale)
    }

    @Test @Aside func `pitfall 6: a leader that hears no quorum steps down`() {
        var bench = Bench()
        bench.lead()
        bench.acknowledge(1)
        let start = bench.now
        while bench.core.role == .leader, bench.now - start < .seconds(2) { bench.wait() }
        #expect(bench.core.role == .follower && bench.core.term == Term(2))
        #expect(bench.core.leader == nil)
        #expect(bench.now - start <= .milliseconds(600))
    }

    @Test @Aside func `pitfall 6: answers to rounds of long ago are not hearing`() {
        var bench = Bench()
        bench.lead()
        let start = bench.now
        while bench.core.role == .leader, bench.now - start < .seconds(2) {
            bench.wait()
            if bench.core.role == .leader { bench.acknowledge(1, round: AppendRound(2)) }
        }
        #expect(bench.core.role == .follower)
    }

    /// A leader at its first look for a quorum, which falls between two rounds.
    private static func looking() -> Bench {
        var configuration = Consensus.Configuration()
        configuration.heartbeatInterval = .milliseconds(70)
        var bench = Bench(configuration: configuration)
        bench.lead()
        bench.persist()
        bench.acknowledge(2, round: bench.newestRound)
        let end = bench.now + configuration.electionTimeout
        while bench.now < end { bench.answeredWait() }
        return bench
    }

    /// A process that did not run has asked nobody, so that nobody has answered is no sign.
    @Test @Aside func `pitfall 52: a leader that did not run asks its quorum before it gives up`() {
        var bench = Self.looking()
        bench.now = bench.now + .seconds(10)
        let asked = bench.step(.timer).appends
        #expect(bench.core.role == .leader && asked.count >= 2)
        // The round is answered, and it goes on.
        for _ in 0..<20 { bench.answeredWait() }
        #expect(bench.core.role == .leader)
    }

    @Test @Aside func `pitfall 52: a leader that did not run steps down if nobody answers then`() {
        var bench = Self.looking()
        bench.now = bench.now + .seconds(10)
        let start = bench.now
        while bench.core.role == .leader, bench.now - start < .seconds(2) { bench.wait() }
        #expect(bench.core.role == .follower)
        #expect(bench.now - start <= bench.core.configuration.electionTimeout)
    }

    @Test @Aside func `pitfall 7: learners and strangers vote and never campaign`() {
        for members in [
            Bench.members(voters: [Bench.b, Bench.c], learners: [Bench.a]), .empty,
        ] {
            var bench = Bench(members: members)
            for _ in 0..<3 {
                bench.wait()
                #expect(bench.core.role == .follower)
            }
            let effects = bench.receive(.vote(Bench.request(term: 2, last: (1, 1))))
            #expect(effects.voteReply?.isGranted == true)
        }
    }

    @Test @Aside func `pitfall 9: a wiped disk under an old id does not count`() {
        var bench = Bench()
        bench.campaign()
        bench.persist()
        let grant = Message.voteReply(VoteReply(term: Term(2), asked: Term(2), isGranted: true))
        bench.receive(grant, from: Bench.wiped)
        #expect(bench.core.role == .candidate)
        bench.receive(grant)
        bench.persist()
        #expect(bench.acknowledge(2, from: Bench.wiped).commit == nil)
        #expect(bench.acknowledge(2).commit == LogIndex(2))
    }

    @Test @Aside func `pitfall 38: a damaged node honours what it may have voted and acknowledged`()
    {
        let lost = LogPosition(index: LogIndex(5), term: Term(3))
        let vote = Vote(term: Term(4), candidate: Bench.a)
        var bench = Bench(terms: [1, 1], vote: vote, lost: lost)
        bench.wait()
        #expect(bench.core.role == .follower)
        #expect(bench.isGranted(4, (9, 3)) == false)
        #expect(bench.isGranted(5, (4, 3)) == false)
        #expect(bench.isGranted(5, (5, 3)) == true)
        bench.receive(Bench.append(term: 6, after: (2, 1), terms: [3, 3, 3, 6]))
        bench.persist()
        bench.wait()
        #expect(bench.core.role == .preCandidate)
    }

    @Test @Aside
    func `pitfall 38: a damaged node acknowledges what it has, and votes by what it lost`() {
        let lost = LogPosition(index: LogIndex(5), term: Term(3))
        var bench = Bench(terms: [1, 1], vote: Vote(term: Term(4), candidate: Bench.a), lost: lost)
        let heartbeat = bench.receive(Bench.append(term: 5, after: (5, 3)))
        let hint = LogPosition(index: LogIndex(2), term: Term(1))
        #expect(
            heartbeat.appendReply?.outcome == .conflict(previous: LogIndex(5), hint: hint)
        )
        // Longer than what was lost, and yet less up to date.
        bench.receive(Bench.append(term: 5, after: (2, 1), terms: [2, 2, 2, 2, 2]))
        bench.persist()
        #expect(bench.step(.disconnected(Bench.b)) == [.role(.follower, Term(5), leader: nil)])
        for _ in 0..<3 { bench.wait() }
        #expect(bench.core.role == .follower && bench.core.term == Term(5))
        #expect(bench.isGranted(6, (7, 2)) == false)
        #expect(bench.isGranted(6, (5, 3)) == true)
    }

    @Test @Aside func `a log that holds all that was lost is not damaged`() {
        let lost = LogPosition(index: LogIndex(2), term: Term(1))
        var bench = Bench(terms: [1, 1], lost: lost)
        bench.wait()
        #expect(bench.core.role == .preCandidate)
    }

    @Test @Aside func `when the leader's connection ends, the first of the others asks at once`() {
        var bench = Bench(members: Bench.members(voters: [Bench.a, Bench.b, Bench.c]))
        bench.receive(Bench.append(term: 1, after: (1, 1)))
        #expect(bench.step(.disconnected(Bench.c)) == [])
        let effects = bench.step(.disconnected(Bench.b))
        #expect(bench.core.role == .preCandidate && effects.sent.count == 2)
        bench.receive(Bench.append(term: 1, after: (1, 1)))
        #expect(bench.core.role == .follower && bench.core.leader == Bench.b)
    }

    @Test @Aside func `a request is sent again to a voter that connects`() {
        var bench = Bench()
        bench.wait()
        #expect(bench.step(.connected(Bench.c)).sent.map(\.to) == [Bench.c])
        #expect(bench.step(.connected(Bench.wiped)) == [])
    }

    @Test @Aside func `a sole voter leads at once, and commits by its own disk alone`() {
        var bench = Bench(members: Bench.members(voters: [Bench.a]))
        #expect(bench.core.nextDeadline == bench.now)
        bench.step(.timer)
        #expect(bench.core.role == .candidate)
        let effects = bench.persist()
        #expect(effects.first == .role(.leader, Term(2), leader: Bench.a))
        #expect(effects.commit == nil)
        #expect(bench.persist().commit == LogIndex(2))
        #expect(bench.step(.read(ReadTicket(7))).readable == [ReadTicket(7)])
    }
}
