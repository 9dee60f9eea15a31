import Replication
import Storage
import TestSupport
import Testing

/// A disk that does not finish, under a leader that is heard.
@Suite struct ConsensusStalledDiskTests {
    typealias Bench = ConsensusBench

    /// A leader with no deadline that falls on half an election timeout from now.
    private func leader() -> Bench {
        var bench = ConsensusTransferTests.leader { $0.heartbeatInterval = .milliseconds(70) }
        _ = ConsensusTransferTests.beat(&bench)
        return bench
    }

    /// Runs heartbeats that are answered, until `isDone`; gives all effects.
    private func beat(
        _ bench: inout Bench,
        for limit: Duration = .seconds(3),
        until isDone: (Bench) -> Bool
    ) -> [Effect] {
        let end = bench.now + limit
        var effects: [Effect] = []
        while !isDone(bench), bench.now < end {
            effects += ConsensusTransferTests.beat(&bench)
        }
        return effects
    }

    @Test @Aside func `pitfall 41: a leader whose disk stalls hands over though it is heard`() {
        var bench = leader()
        let start = bench.now
        bench.step(.propose(bytes: [10]))
        let effects = beat(&bench) { $0.core.isTransferring }
        #expect(effects.begunTransfers == [Bench.b])
        #expect(bench.now - start == bench.core.configuration.electionTimeout / 2)
        // The others commit without it, so the target has all that it was promised.
        #expect(bench.core.commitIndex == LogIndex(3))
        #expect(effects.asked == [Bench.b])
    }

    @Test @Aside func `pitfall 41: and steps down if nobody takes over within an election timeout`()
    {
        var bench = leader()
        let start = bench.now
        bench.step(.propose(bytes: [10]))
        _ = beat(&bench) { $0.core.role != .leader }
        #expect(bench.core.role == .follower && bench.core.term == Term(2))
        #expect(bench.now - start == bench.core.configuration.electionTimeout * 3 / 2)
        // Nor does it come back before the write is done.
        for _ in 0..<5 { #expect(bench.wait().sent.isEmpty) }
        bench.persist()
        bench.wait()
        #expect(bench.core.role == .preCandidate)
    }

    @Test @Aside func `with nobody to hand over to it steps down all the same`() {
        var bench = Bench(members: Bench.members(voters: [Bench.a, Bench.b]))
        bench.lead()
        let effects = beat(&bench) { $0.core.role != .leader }
        #expect(bench.core.role == .follower && effects.transferEnds.isEmpty)
    }

    @Test @Aside func `who stalls does not take over`() {
        var bench = Bench()
        bench.receive(Bench.append(term: 1, after: (1, 1), terms: [1]))
        bench.now = bench.now + .milliseconds(150)
        #expect(bench.receive(.timeoutNow(Term(1))) == [])
        bench.persist()
        #expect(bench.receive(.timeoutNow(Term(1))) != [])
    }

    @Test @Aside func `a write that ends in time, or one after the other, changes nothing`() {
        var bench = ConsensusTransferTests.leader()
        for index in 3..<40 as Range<UInt64> {
            bench.step(.propose(bytes: [10]))
            let effects = ConsensusTransferTests.beat(&bench)
            #expect(effects.begunTransfers.isEmpty && bench.core.lastPosition.index.value == index)
            bench.persist()
        }
    }

    @Test @Aside func `a sole voter goes on`() {
        var bench = Bench(members: Bench.members(voters: [Bench.a], learners: [Bench.b]))
        bench.step(.timer)
        bench.persist()
        for _ in 0..<40 { bench.wait() }
        #expect(bench.core.role == .leader)
    }

    @Test @Aside
    func `others that were far behind show what the disk lacks as soon as they are not`() {
        var bench = leader()
        let start = bench.now
        bench.step(.propose(bytes: [10]))
        while bench.now < start + .seconds(2) {
            let round = bench.wait().appends.map(\.round).max()
            for peer in [Bench.b, Bench.c] { bench.acknowledge(2, from: peer, round: round) }
        }
        #expect(bench.core.role == .leader && !bench.core.isTransferring)
        _ = beat(&bench, until: { $0.core.isTransferring })
        #expect(bench.core.isTransferring)
        #expect(bench.now - start < .milliseconds(2_000 + 300 + 70 + 70))
    }

    @Test(arguments: [75, 150, 225, 400], [1, 8])
    @Aside func `disks that are all as slow keep their leader, and entries commit`(
        milliseconds: Int64,
        window: UInt64
    ) {
        var disks = SlowDisks(window: window)
        disks.run(for: .seconds(2))
        let (leader, term, committed) = (disks.leader, disks.term, disks.committed)
        // The leader's a little more so: no reason to let another one lead.
        disks.sync = { .microseconds(milliseconds * ($0 == leader ? 1_100 : 1_000)) }
        disks.run(for: .seconds(6))
        #expect(disks.leader == leader && disks.term == term)
        // At least one entry in the time of two syncs.
        let turns = 6_000 / UInt64(milliseconds) / 2
        #expect(disks.committed >= committed + turns, "\(disks.committed - committed)")
    }

    @Test(arguments: [300, 600])
    @Aside func `an election ends where each sync takes as long as an election`(
        milliseconds: Int64
    ) {
        var disks = SlowDisks(window: 1)
        disks.sync = { _ in .milliseconds(milliseconds) }
        disks.run(for: .seconds(8))
        #expect(disks.leader != nil && disks.committed > 2, "\(disks.term), \(disks.committed)")
    }

    @Test(arguments: [1, 8] as [UInt64])
    @Aside func `a disk that alone is slow loses the lead, once`(window: UInt64) {
        var disks = SlowDisks(window: window)
        disks.run(for: .seconds(2))
        let (leader, term, committed) = (disks.leader, disks.term, disks.committed)
        disks.sync = { .milliseconds($0 == leader ? 400 : 20) }
        disks.run(for: .seconds(6))
        #expect(disks.leader != leader && disks.term == term.next)
        #expect(disks.committed >= committed + 100)
    }
}
