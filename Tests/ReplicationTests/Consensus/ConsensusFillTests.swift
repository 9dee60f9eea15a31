import Replication
import Storage
import TestSupport
import Testing

/// Entries that a damaged disk lost, put back while nobody leads.
@Suite struct ConsensusFillTests {
    private static let lost = LogPosition(index: LogIndex(6), term: Term(2))

    private static func position(_ index: UInt64, _ term: UInt64) -> LogPosition {
        LogPosition(index: LogIndex(index), term: Term(term))
    }

    private static func batch(_ first: UInt64, _ terms: (UInt64, Int)...) -> EntryBatch {
        EntryBatch(
            first: LogIndex(first),
            terms: terms.map { TermRun(term: Term($0.0), count: $0.1) }
        )
    }

    /// Entries 1 to 4 of term 1 are left of a log that ended with entry 6 of term 2.
    private static func bench(commitIndex: UInt64 = 0) -> ConsensusBench {
        ConsensusBench(
            terms: [1, 1, 1, 1],
            vote: Vote(term: Term(2), candidate: ConsensusBench.a),
            commitIndex: LogIndex(commitIndex),
            lost: lost
        )
    }

    private static func heartbeat(_ term: UInt64, _ entries: EntryBatch) -> Message {
        .append(
            Append(
                term: Term(term),
                previous: position(4, 1),
                entries: entries,
                commit: .zero,
                round: AppendRound(1),
                session: ReplicationSession(1)
            )
        )
    }

    @Test @Aside func `a node whose holes are filled campaigns, and not before`() {
        var bench = Self.bench()
        for _ in 0..<5 { #expect(bench.wait().isEmpty) }
        let first = bench.step(.fill(previous: Self.position(4, 1), Self.batch(5, (2, 1))))
        #expect(first.contains(.append(.received(LogIndex(5)...LogIndex(5)))))
        for _ in 0..<5 { #expect(bench.wait().isEmpty) }
        bench.step(.fill(previous: Self.position(5, 2), Self.batch(6, (2, 1))))
        bench.persist()
        #expect(bench.core.lastPosition == Self.lost)
        bench.campaign()
        #expect(bench.core.role == .candidate)
    }

    @Test @Aside func `what does not follow from the log is not taken`() {
        var bench = Self.bench()
        #expect(bench.step(.fill(previous: Self.position(5, 1), Self.batch(6, (2, 1)))).isEmpty)
        #expect(bench.step(.fill(previous: Self.position(4, 2), Self.batch(5, (2, 2)))).isEmpty)
        #expect(bench.core.lastPosition == Self.position(4, 1))
    }

    @Test @Aside func `what contradicts what is proven goes, but not what is committed`() {
        var bench = Self.bench(commitIndex: 3)
        #expect(bench.step(.fill(previous: Self.position(2, 1), Self.batch(3, (2, 4)))).isEmpty)
        let effects = bench.step(.fill(previous: Self.position(3, 1), Self.batch(4, (2, 3))))
        #expect(effects.contains(.truncate(after: LogIndex(3))))
        #expect(bench.core.lastPosition == Self.lost)
    }

    /// What was acknowledged to a leader must stay, whoever says what was there before.
    @Test @Aside func `nothing of what a leader gave is taken back`() {
        var bench = Self.bench()
        bench.receive(Self.heartbeat(3, Self.batch(5, (1, 1))))
        bench.persist()
        let whileLed = bench.step(.fill(previous: Self.position(5, 1), Self.batch(6, (2, 1))))
        #expect(whileLed.isEmpty)
        bench.step(.disconnected(ConsensusBench.b))
        #expect(bench.core.leader == nil)
        let effects = bench.step(.fill(previous: Self.position(4, 1), Self.batch(5, (2, 2))))
        #expect(!effects.contains(.truncate(after: LogIndex(4))))
        #expect(bench.core.lastPosition == Self.position(5, 1))
    }
}
