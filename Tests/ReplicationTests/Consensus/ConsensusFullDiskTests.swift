import Replication
import Storage
import TestSupport
import Testing

/// Pitfall 40, the part of it that is the core's.
@Suite struct ConsensusFullDiskTests {
    typealias Bench = ConsensusBench

    @Test @Aside func `a leader whose disk is full steps down, and does not come back`() {
        var bench = Bench()
        bench.lead()
        bench.persist()
        bench.step(.read(ReadTicket(1)))
        let effects = bench.step(.disk(isFull: true))
        #expect(effects.first == .role(.follower, Term(2), leader: nil))
        #expect(effects.contains(.unreadable(ReadTicket(1))))
        for _ in 0..<3 { #expect(bench.wait() == []) }
        bench.step(.disk(isFull: false))
        bench.wait()
        #expect(bench.core.role == .preCandidate)
    }

    @Test @Aside func `no candidate goes on with a full disk`() {
        for isReal in [false, true] {
            var bench = Bench()
            if isReal { bench.campaign() } else { bench.wait() }
            bench.step(.disk(isFull: true))
            bench.persist()
            #expect(bench.core.role == .follower)
            bench.receive(Bench.append(term: 2, after: (1, 1)))
            #expect(bench.step(.disconnected(Bench.b)).sent.isEmpty)
        }
    }

    @Test @Aside func `proposals go to who leads, and are refused as overload if nobody does`() {
        var bench = Bench()
        bench.lead()
        bench.step(.disk(isFull: true))
        #expect(bench.step(.propose(bytes: [1])) == [.refused(.overloaded)])
        bench.receive(Bench.append(term: 3, after: (1, 1)))
        #expect(bench.step(.propose(bytes: [1])) == [.refused(.notLeader(Bench.b))])
    }

    @Test @Aside func `a full disk still takes votes and terms`() {
        var bench = Bench()
        bench.step(.disk(isFull: true))
        let effects = bench.receive(.vote(Bench.request(term: 2, last: (1, 1))))
        #expect(effects.voteReply?.isGranted == true)
        #expect(effects.contains(.vote(Vote(term: Term(2), candidate: Bench.b))))
    }

    @Test(
        arguments: [
            // What matches and is durable here is told; what is committed there is taken over.
            (after: (4, 1), terms: [], commit: 3, through: 4, committed: 3),
            (after: (4, 1), terms: [2], commit: 5, through: 4, committed: 4),
            (after: (1, 1), terms: [1, 1], commit: 9, through: 3, committed: 3),
            // What contradicts or is missing is not asked for: there is no room for it.
            (after: (2, 1), terms: [2, 2], commit: 9, through: 2, committed: 2),
            (after: (9, 2), terms: [2], commit: 9, through: 2, committed: 2),
            (after: (3, 2), terms: [], commit: 9, through: 2, committed: 2),
        ] as [Row]
    )
    @Aside func `an append is heard, stored is nothing`(row: Row) {
        var bench = Bench(terms: [1, 1, 1, 1], commitIndex: LogIndex(2))
        bench.step(.disk(isFull: true))
        let deadline = bench.core.nextDeadline
        bench.now = bench.now + .milliseconds(200)
        let effects = bench.receive(
            Bench.append(term: 2, after: row.after, terms: row.terms, commit: row.commit)
        )
        #expect(effects.appendReply?.outcome == .full(through: LogIndex(row.through)))
        #expect(effects.sent.map(\.after) == [effects.token])
        #expect(!effects.writesEntries)
        #expect(bench.core.lastPosition == Bench.position(4, 1))
        #expect(bench.core.commitIndex == LogIndex(row.committed))
        #expect(bench.core.leader == Bench.b && bench.core.nextDeadline > deadline)
    }

    typealias Row = (
        after: (index: UInt64, term: UInt64), terms: [UInt64], commit: UInt64, through: UInt64,
        committed: UInt64
    )

    @Test @Aside func `what is not durable is not told of`() {
        var bench = Bench()
        bench.receive(Bench.append(term: 1, after: (1, 1), terms: [1, 1]))
        bench.step(.disk(isFull: true))
        let held = bench.receive(Bench.append(term: 1, after: (3, 1), commit: 3))
        #expect(held.appendReply?.outcome == .full(through: LogIndex(1)))
        bench.persist()
        let durable = bench.receive(Bench.append(term: 1, after: (3, 1), commit: 3))
        #expect(durable.appendReply?.outcome == .full(through: LogIndex(3)))
    }

    @Test @Aside func `a leader counts what a full disk holds, and sends it only heartbeats`() {
        var bench = Bench()
        bench.lead()
        bench.persist()
        #expect(bench.receive(bench.reply(.full(through: LogIndex(1)))).commit == nil)
        for _ in 0..<3 {
            #expect(bench.step(.propose(bytes: [10])).appends(to: Bench.b).isEmpty)
            #expect(bench.wait().appends(to: Bench.b).map(\.entries.isEmpty) == [true])
            #expect(bench.receive(bench.reply(.full(through: LogIndex(1)))) == [])
        }
        #expect(bench.receive(bench.reply(.full(through: LogIndex(2)))).commit == LogIndex(2))
        #expect(bench.receive(bench.reply(.full(through: LogIndex(99)))) == [])
        #expect(bench.acknowledge(2).appends.map(\.entries.first) == [LogIndex(3)])
    }

    @Test @Aside func `a snapshot is not over because the disk it goes to is full`() {
        var bench = Bench(terms: [2, 2], before: Bench.position(10, 1))
        bench.lead()
        bench.refuse(12, hint: Bench.position(5, 1))
        bench.receive(bench.reply(.full(through: LogIndex(5))))
        #expect(bench.core.progress.first?.mode == .snapshot)
        bench.step(.snapshotFailed(to: Bench.b))
        for _ in 0..<3 {
            bench.wait()
            #expect(bench.receive(bench.reply(.full(through: LogIndex(5)))) == [])
        }
    }
}
