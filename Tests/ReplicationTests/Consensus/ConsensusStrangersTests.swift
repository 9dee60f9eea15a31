import Replication
import Storage
import TestSupport
import Testing

/// What a node that the log does not name can do to a core, and what it must be able to do.
@Suite struct ConsensusStrangersTests {
    typealias Bench = ConsensusBench

    static let stranger = NodeIdentity(id: "x", incarnation: "00000000000000ff")
    static let last: UInt64 = 1 << 53 - 1

    /// One message of each kind, of the latest term that a line can hold, or of this one.
    static func forged(_ term: UInt64) -> [Message] {
        let reply = VoteReply(term: Term(term), asked: Term(1), isGranted: true)
        let transfer = VoteRequest(
            term: Term(term),
            last: Bench.position(1 << 40, term),
            isTransfer: true
        )
        return [
            .preVote(Bench.request(term: term, last: (1 << 40, term))), .preVoteReply(reply),
            .vote(Bench.request(term: term, last: (1 << 40, term))), .vote(transfer),
            .voteReply(reply), Bench.append(term: term, after: (1, 1), terms: [term]),
            Bench.append(term: term, after: (1, 1), commit: 1 << 40),
            .appendReply(
                AppendReply(
                    term: Term(term),
                    round: AppendRound(1),
                    session: ReplicationSession(1),
                    outcome: .stale
                )
            ), .timeoutNow(Term(term)),
        ]
    }

    static let cases = [1, 2, 3, last].flatMap { term in
        forged(term).indices.map { (term: term, kind: $0) }
    }

    @Test(arguments: cases)
    @Aside func `no message of a stranger moves a follower that hears a leader`(
        term: UInt64,
        kind: Int
    ) {
        var bench = Bench()
        bench.receive(Bench.append(term: 2, after: (1, 1), terms: [2]))
        bench.persist()
        let before = (bench.core.state, bench.core.nextDeadline)
        let effects = bench.receive(Self.forged(term)[kind], from: Self.stranger)
        #expect(bench.core.state == before.0)
        #expect(bench.core.nextDeadline == before.1)
        #expect(effects.token == nil)
    }

    @Test(arguments: cases)
    @Aside func `no message of a stranger moves a leader`(term: UInt64, kind: Int) {
        var bench = Bench()
        bench.lead()
        bench.persist()
        let before = bench.core.state
        bench.receive(Self.forged(term)[kind], from: Self.stranger)
        #expect(bench.core.state == before)
    }

    @Test(arguments: forged(last).indices)
    @Aside func `a stranger raises the term by a small step once in an election timeout`(
        kind: Int
    ) {
        var bench = Bench()
        let start = bench.core.term
        for _ in 0..<5 { bench.receive(Self.forged(Self.last)[kind], from: Self.stranger) }
        #expect(bench.core.term.value <= start.value + Consensus.maximumRaise)
        bench.now = bench.now + bench.core.configuration.electionTimeout
        bench.receive(Self.forged(Self.last)[kind], from: Self.stranger)
        #expect(bench.core.term.value <= start.value + 2 * Consensus.maximumRaise)
        #expect(bench.core.leader == nil)
    }

    @Test @Aside
    func `pitfall 7: a leader that the log does not name is followed however late its term is`() {
        var bench = Bench()
        let (term, start) = (950 as UInt64, bench.now)
        while bench.core.leader == nil, bench.now - start < .seconds(5) {
            bench.receive(Bench.append(term: term, after: (1, 1)), from: Self.stranger)
            bench.now = bench.now + bench.core.configuration.heartbeatInterval
        }
        #expect(bench.core.leader == Self.stranger)
        #expect(bench.core.term == Term(term))
    }

    @Test @Aside func `pitfall 7: a candidate that the log does not name is given a vote`() {
        var bench = Bench()
        let request = Message.vote(Bench.request(term: 2, last: (1, 1)))
        let effects = bench.receive(request, from: Self.stranger)
        #expect(effects.voteReply?.isGranted == true)
    }

    @Test @Aside func `an old leader that is named is given up for one that the log does not name`()
    {
        var bench = Bench()
        bench.receive(Bench.append(term: 2, after: (1, 1)))
        bench.now = bench.now + bench.core.configuration.electionTimeout
        bench.receive(Bench.append(term: 3, after: (1, 1), terms: [3]), from: Self.stranger)
        #expect(bench.core.leader == Self.stranger)
        #expect(bench.core.lastPosition == Bench.position(2, 3))
    }

    @Test @Aside func `a stranger that leads does not keep members from electing`() {
        var bench = Bench()
        let start = bench.now
        var campaigns = false
        while !campaigns, bench.now - start < .seconds(10) {
            bench.receive(Bench.append(term: 1, after: (1, 1)), from: Self.stranger)
            // Other members are heard all the time.
            let request = Message.preVote(Bench.request(term: 2, last: (1, 1)))
            #expect(bench.receive(request).voteReply?.isGranted == true)
            bench.now = bench.now + bench.core.configuration.heartbeatInterval
            guard bench.now >= bench.core.nextDeadline else { continue }
            campaigns = bench.step(.timer).sent.contains { $0.to == Bench.c }
        }
        #expect(campaigns)
        #expect(bench.now - start < .seconds(5))
    }

    @Test @Aside func `a candidate does not give way to a stranger in its own term`() {
        var bench = Bench()
        bench.campaign()
        bench.receive(Bench.append(term: 2, after: (1, 1)), from: Self.stranger)
        #expect(bench.core.role == .candidate)
        bench.receive(Bench.append(term: 2, after: (1, 1)))
        #expect(bench.core.leader == Bench.b)
    }

    @Test @Aside func `a member takes the place of a stranger that leads in the same term`() {
        var bench = Bench()
        bench.receive(Bench.append(term: 1, after: (1, 1)), from: Self.stranger)
        bench.receive(Bench.append(term: 1, after: (1, 1)), from: Bench.b)
        #expect(bench.core.leader == Bench.b)
        bench.receive(Bench.append(term: 1, after: (1, 1)), from: Self.stranger)
        #expect(bench.core.leader == Bench.b)
    }
}
