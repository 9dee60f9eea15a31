import Replication
import Storage
import TestSupport
import Testing

/// Handing the lead over (Thesis §3.10).
@Suite struct ConsensusTransferTests {
    typealias Bench = ConsensusBench

    /// A leader whose entries, the last at 2, are all committed; `b` and `c` have them.
    static func leader(
        policy: any ElectionPolicy = RandomizedElection(),
        _ change: (inout Consensus.Configuration) -> Void = { _ in }
    ) -> Bench {
        var configuration = Consensus.Configuration()
        change(&configuration)
        var bench = Bench(configuration: configuration, policy: policy)
        bench.lead()
        bench.persist()
        bench.acknowledge(2)
        bench.acknowledge(2, from: Bench.c)
        return bench
    }

    /// Lets a heartbeat go out that `b` and `c` answer.
    static func beat(_ bench: inout Bench, from peers: [NodeIdentity] = [Bench.b, Bench.c])
        -> [Effect]
    {
        var effects = bench.wait()
        let round = effects.appends.map(\.round).max()
        let last = bench.core.lastPosition.index.value
        for peer in peers where bench.core.role == .leader {
            effects += bench.acknowledge(last, from: peer, round: round)
        }
        return effects
    }

    @Test @Aside func `who has the whole log is asked at once, who lacks some once it has it`() {
        var bench = Self.leader()
        let effects = bench.step(.transfer(to: Bench.c))
        #expect(
            effects == [
                .send(.timeoutNow(Term(2)), to: Bench.c, after: nil),
                .transferBegan(to: Bench.c, .order),
            ]
        )
        var behind = Self.leader()
        behind.step(.propose(bytes: [10]))
        #expect(behind.step(.transfer(to: Bench.b)).asked.isEmpty)
        #expect(behind.acknowledge(2).asked.isEmpty)
        #expect(behind.acknowledge(3, from: Bench.c).asked.isEmpty)
        #expect(behind.acknowledge(3).asked == [Bench.b])
        #expect(behind.acknowledge(3).asked.isEmpty)
    }

    @Test @Aside
    func `once the target was asked, a leader that stops does not say that it was not`() {
        var asked = Self.leader()
        #expect(asked.step(.transfer(to: Bench.b)).asked == [Bench.b])
        #expect(asked.step(.disk(isFull: true)).transferEnds == [.timedOut(Bench.b)])
        var silent = Self.leader()
        silent.step(.transfer(to: Bench.b))
        var ends: [TransferEnd] = []
        while silent.core.role == .leader { ends += silent.wait().transferEnds }
        #expect(ends == [.timedOut(Bench.b)])
        var behind = Self.leader()
        behind.step(.propose(bytes: [10]))
        #expect(behind.step(.transfer(to: Bench.b)).asked.isEmpty)
        guard case .refused? = behind.step(.disk(isFull: true)).transferEnds.first else {
            Issue.record("it was not asked")
            return
        }
    }

    @Test @Aside func `without a name the voter closest behind is taken, if any was heard`() {
        var bench = Self.leader()
        bench.step(.propose(bytes: [10]))
        bench.acknowledge(3, from: Bench.c)
        #expect(bench.step(.transfer(to: nil)).begunTransfers == [Bench.c])
        var deaf = Bench()
        deaf.lead()
        #expect(deaf.step(.transfer(to: nil)).transferEnds.count == 1)
        #expect(!deaf.core.isTransferring)
    }

    @Test @Aside func `one whose disk is full is taken last`() {
        var bench = Self.leader()
        bench.receive(bench.reply(.full(through: LogIndex(2))))
        #expect(bench.step(.transfer(to: nil)).begunTransfers == [Bench.c])
    }

    @Test @Aside func `only another voter is handed the lead, and only by a leader`() {
        for target in [Bench.a, Bench.wiped, NodeIdentity(id: "x", incarnation: "00")] {
            var bench = Self.leader()
            let effects = bench.step(.transfer(to: target))
            guard case .refused? = effects.transferEnds.first else {
                Issue.record("\(effects)")
                return
            }
            #expect(effects.count == 1 && !bench.core.isTransferring)
        }
        var learner = Bench(
            members: Bench.members(voters: [Bench.a, Bench.b], learners: [Bench.c])
        )
        learner.lead()
        learner.persist()
        learner.acknowledge(2)
        #expect(learner.step(.transfer(to: Bench.c)).transferEnds.count == 1)
        #expect(!learner.core.isTransferring)
        var follower = Bench()
        #expect(follower.step(.transfer(to: Bench.b)).transferEnds.count == 1)
    }

    @Test @Aside func `meanwhile proposals are refused, and reads go on`() throws {
        var bench = Self.leader()
        bench.step(.transfer(to: Bench.b))
        #expect(bench.step(.propose(bytes: [10])) == [.refused(.transferring)])
        let round = try #require(bench.step(.read(ReadTicket(1))).appends.first?.round)
        #expect(bench.acknowledge(2, round: round).readable == [ReadTicket(1)])
    }

    @Test @Aside func `a lost message is sent again with the next heartbeat`() {
        var bench = Self.leader()
        bench.step(.transfer(to: Bench.b))
        #expect((Self.beat(&bench) + Self.beat(&bench)).asked == [Bench.b])
    }

    @Test @Aside func `after an election timeout the leader goes on leading`() {
        // No heartbeat and no other deadline falls on its end.
        var bench = Self.leader { $0.heartbeatInterval = .milliseconds(70) }
        _ = Self.beat(&bench)
        let start = bench.now
        bench.step(.transfer(to: Bench.b))
        var ends: [TransferEnd] = []
        while ends.isEmpty, bench.now - start < .seconds(2) {
            ends = Self.beat(&bench).transferEnds
        }
        #expect(ends == [.timedOut(Bench.b)])
        #expect(bench.now - start == bench.core.configuration.electionTimeout)
        #expect(bench.core.role == .leader && !bench.core.isTransferring)
        #expect(bench.step(.propose(bytes: [10])).token != nil)
    }

    @Test @Aside func `a second order joins one to the same target, and is refused otherwise`() {
        var bench = Self.leader()
        bench.step(.transfer(to: Bench.b))
        #expect(bench.step(.transfer(to: Bench.b)) == [])
        #expect(bench.step(.transfer(to: nil)) == [])
        let other = bench.step(.transfer(to: Bench.c))
        #expect(other.count == 1 && other.transferEnds.count == 1)
        #expect(bench.core.isTransferring)
        var request = Bench.request(term: 3, last: (2, 2))
        request.isTransfer = true
        let moved = TransferEnd.moved(to: Bench.b)
        #expect(bench.receive(.vote(request)).transferEnds == [moved, moved, moved])
    }

    @Test @Aside
    func `who is asked campaigns without a pre-vote, and wins once its vote is durable`() {
        var bench = Bench()
        bench.receive(Bench.append(term: 1, after: (1, 1)))
        let effects = bench.receive(.timeoutNow(Term(1)))
        #expect(bench.core.role == .candidate && bench.core.term == Term(2))
        for sent in effects.sent {
            guard case .vote(let request) = sent.message else {
                Issue.record("\(sent)")
                return
            }
            #expect(request.isTransfer && sent.after == nil)
        }
        #expect(effects.sent.map(\.to) == [Bench.b, Bench.c])
        bench.receive(.voteReply(VoteReply(term: Term(2), asked: Term(2), isGranted: true)))
        #expect(bench.core.role == .candidate)
        bench.persist()
        #expect(bench.core.role == .leader)
    }

    @Test @Aside func `who must not lead, or is asked by another, or late, ignores it`() {
        var full = Bench()
        full.receive(Bench.append(term: 1, after: (1, 1)))
        full.step(.disk(isFull: true))
        var learner = Bench(members: Bench.members(voters: [Bench.b], learners: [Bench.a]))
        learner.receive(Bench.append(term: 1, after: (1, 1)))
        var repairing = Bench(lost: Bench.position(5, 1))
        repairing.receive(Bench.append(term: 1, after: (1, 1)))
        var other = Bench()
        other.receive(Bench.append(term: 1, after: (1, 1)), from: Bench.c)
        var later = Bench()
        later.receive(Bench.append(term: 2, after: (1, 1)))
        for var bench in [full, learner, repairing, other, later] {
            #expect(bench.receive(.timeoutNow(Term(1))) == [])
        }
        #expect(later.receive(.timeoutNow(Term(9))) == [])
        var leader = Self.leader()
        #expect(leader.receive(.timeoutNow(Term(2))) == [])
    }

    @Test @Aside
    func `pitfall 5: a candidate that the leader sent is heard in spite of the leader`() {
        var request = Bench.request(term: 2, last: (1, 1))
        for isTransfer in [false, true] {
            var bench = Bench()
            bench.receive(Bench.append(term: 1, after: (1, 1)))
            request.isTransfer = isTransfer
            let reply = bench.receive(.vote(request), from: Bench.c).voteReply
            #expect(reply?.isGranted == (isTransfer ? true : nil))
        }
        // One of another time does not pass.
        var bench = Bench()
        bench.receive(Bench.append(term: 1, after: (1, 1)))
        request.term = Term(4)
        #expect(bench.receive(.vote(request), from: Bench.c) == [])
    }

    @Test @Aside func `the flag opens no way to a vote for a shorter log`() {
        var bench = Self.leader()
        var request = Bench.request(term: 3, last: (1, 1))
        request.isTransfer = true
        let effects = bench.receive(.vote(request), from: Bench.c)
        #expect(effects.voteReply?.isGranted == false)
        #expect(bench.core.role == .follower)
    }
}

/// Every way out of a hand-over leaves a leader that takes proposals, or none; each order ends once.
@Suite struct ConsensusTransferExitTests {
    typealias Bench = ConsensusBench

    enum Exit: CaseIterable, Sendable {
        case taken, takenByReply, takenByAppend, timedOut, diskFull, quorumLost, laterTerm
        case stalled
    }

    static func leave(_ bench: inout Bench, by exit: Exit) -> [Effect] {
        switch exit {
        case .taken:
            var request = Bench.request(term: 3, last: (2, 2))
            request.isTransfer = true
            return bench.receive(.vote(request))
        case .takenByReply:
            let stale = AppendReply(
                term: Term(3),
                round: AppendRound(2),
                session: ReplicationSession(1),
                outcome: .stale
            )
            return bench.receive(.appendReply(stale), from: Bench.c)
        case .takenByAppend: return bench.receive(Bench.append(term: 3, after: (2, 2)))
        case .laterTerm: return bench.receive(Bench.append(term: 9, after: (2, 2)), from: Bench.c)
        case .diskFull: return bench.step(.disk(isFull: true))
        case .timedOut:
            var effects: [Effect] = []
            for _ in 0..<20 { effects += ConsensusTransferTests.beat(&bench) }
            return effects
        case .quorumLost:
            bench.now = bench.now + .milliseconds(1)
            var effects: [Effect] = []
            for _ in 0..<20 where bench.core.role == .leader { effects += bench.wait() }
            return effects
        case .stalled:
            // A write that never ends; the hand-over that it begins is not the one under test.
            var effects = bench.step(.propose(bytes: [1]))
            for _ in 0..<40 where bench.core.role == .leader {
                effects += ConsensusTransferTests.beat(&bench)
            }
            return effects
        }
    }

    @Test(arguments: Exit.allCases)
    @Aside func `pitfall 46: each way out clears it and answers once`(exit: Exit) {
        var bench = ConsensusTransferTests.leader()
        if exit == .stalled { bench.step(.propose(bytes: [10])) }
        var ends = bench.step(.transfer(to: Bench.b)).transferEnds
        ends += Self.leave(&bench, by: exit).transferEnds
        #expect(ends.count == 1, "\(ends)")
        #expect(!bench.core.isTransferring)
        switch exit {
        case .taken, .takenByReply, .takenByAppend: #expect(ends == [.moved(to: Bench.b)])
        case .laterTerm: #expect(ends == [.moved(to: Bench.c)])
        case .timedOut: #expect(ends == [.timedOut(Bench.b)])
        case .diskFull, .quorumLost, .stalled: break
        }
        // Nothing of it is left when this node leads again.
        bench.persist()
        bench.step(.disk(isFull: false))
        if bench.core.role != .leader { bench.lead() }
        #expect(bench.core.role == .leader)
        #expect(bench.step(.propose(bytes: [10])).contains { $0.isAppended })
        #expect(bench.step(.transfer(to: Bench.c)).begunTransfers == [Bench.c])
    }
}

extension Effect {
    fileprivate var isAppended: Bool {
        if case .append(.proposals) = self { true } else { false }
    }
}
