import Replication
import Storage
import TestSupport
import Testing

/// The leader's side of a snapshot.
@Suite struct ConsensusSnapshotTests {
    typealias Bench = ConsensusBench

    private static let before = Bench.position(10, 1)

    /// A leader of term 3 whose log begins behind 10@1 and ends with its own 13@3; `b` was sent
    /// that entry.
    private func leader(maximumInflightAppends: Int = 64) -> Bench {
        var configuration = Consensus.Configuration()
        configuration.maximumInflightAppends = maximumInflightAppends
        var bench = Bench(terms: [2, 2], configuration: configuration, before: Self.before)
        bench.lead()
        bench.persist()
        return bench
    }

    /// The same with a snapshot on its way to `b`.
    private func sender() -> Bench {
        var bench = leader()
        bench.refuse(12, hint: Bench.position(5, 1))
        return bench
    }

    /// The next appends to `b` that only time brings about.
    private func heartbeats(_ bench: inout Bench) -> [Append] {
        for _ in 0..<3 {
            let appends = bench.wait().appends(to: Bench.b)
            if !appends.isEmpty { return appends }
        }
        return []
    }

    private func mode(_ bench: Bench) -> Progress.Mode? { bench.core.progress.first?.mode }

    @Test(arguments: [
        Bench.position(5, 1), Bench.position(9, 1), .zero, Bench.position(10, 0),
        Bench.position(12, 0),
    ])
    @Aside func `who lacks what was compacted gets one snapshot and no entries`(hint: LogPosition) {
        var bench = leader()
        #expect(bench.refuse(12, hint: hint) == [.sendSnapshot(to: Bench.b)])
        #expect(mode(bench) == .snapshot)
        #expect(bench.step(.propose(bytes: [10])).appends(to: Bench.b).isEmpty)
        for _ in 0..<3 {
            let heartbeats = heartbeats(&bench)
            #expect(heartbeats.map(\.previous) == [Self.before])
            #expect(heartbeats.map(\.entries.count) == [0])
            #expect(bench.refuse(10, hint: hint) == [])
        }
    }

    @Test(arguments: [
        (Bench.position(10, 1), Bench.position(10, 1)),
        (Bench.position(11, 2), Bench.position(11, 2)),
        (Bench.position(12, 1), Bench.position(10, 1)),
    ])
    @Aside func `who holds the end of what was compacted gets entries`(
        hint: LogPosition,
        previous: LogPosition
    ) {
        var bench = leader()
        let effects = bench.refuse(12, hint: hint)
        #expect(effects.snapshots.isEmpty)
        #expect(effects.appends.map(\.previous) == [previous])
    }

    @Test @Aside func `a conflict where the log begins asks for a snapshot`() {
        var bench = leader()
        bench.refuse(12, hint: Self.before)
        let effects = bench.refuse(10, hint: Bench.position(9, 1))
        #expect(effects == [.sendSnapshot(to: Bench.b)])
    }

    @Test @Aside func `who takes a snapshot keeps the leader in office`() {
        var bench = sender()
        let start = bench.now
        while bench.now - start < .seconds(2) {
            let round = bench.wait().appends(to: Bench.b).last?.round
            guard let round else { continue }
            let conflict = AppendReply.Outcome.conflict(
                previous: Self.before.index,
                hint: Bench.position(5, 1)
            )
            #expect(bench.receive(bench.reply(conflict, round: round)).snapshots.isEmpty)
        }
        #expect(bench.core.role == .leader)
    }

    @Test @Aside func `behind a snapshot that arrived, entries go on`() {
        var bench = sender()
        let effects = bench.step(.snapshotSent(to: Bench.b, position: Bench.position(12, 2)))
        #expect(effects.appends(to: Bench.b).map(\.previous) == [Bench.position(12, 2)])
        #expect(effects.appends.map(\.entries.count) == [1])
        #expect(bench.acknowledge(13).commit == LogIndex(13))
        #expect(mode(bench) == .replicate)
    }

    @Test @Aside func `a report that a snapshot arrived acknowledges nothing`() {
        var bench = sender()
        let effects = bench.step(.snapshotSent(to: Bench.b, position: Bench.position(13, 3)))
        #expect(effects.commit == nil && bench.core.progress.first?.match == .zero)
        #expect(effects.appends(to: Bench.b).map(\.entries.isEmpty) == [true])
        #expect(bench.acknowledge(13).commit == LogIndex(13))
    }

    @Test @Aside func `a snapshot that failed is ordered again after the next heartbeat`() {
        var bench = sender()
        #expect(bench.step(.snapshotFailed(to: Bench.b)) == [])
        #expect(bench.step(.propose(bytes: [10])).appends(to: Bench.b).isEmpty)
        let heartbeats = heartbeats(&bench)
        #expect(heartbeats.map(\.previous) == [Self.before])
        #expect(heartbeats.map(\.entries.count) == [0])
        #expect(bench.refuse(10, hint: Bench.position(5, 1)).snapshots == [Bench.b])
    }

    @Test @Aside func `who turns out to hold enough needs no snapshot`() {
        var bench = sender()
        #expect(bench.acknowledge(9).appends.isEmpty && mode(bench) == .snapshot)
        let effects = bench.acknowledge(10)
        #expect(mode(bench) == .replicate)
        #expect(effects.appends(to: Bench.b).first?.previous == Self.before)
    }

    @Test @Aside func `reports that come late, doubled or of nobody change nothing`() {
        var bench = leader()
        for peer in [Bench.b, Bench.c, Bench.wiped] {
            let state = bench.core.state
            #expect(bench.step(.snapshotSent(to: peer, position: Self.before)) == [])
            #expect(bench.step(.snapshotFailed(to: peer)) == [])
            #expect(bench.core.state == state)
        }
        var follower = Bench(terms: [1])
        let state = follower.core.state
        #expect(follower.step(.snapshotSent(to: Bench.b, position: Self.before)) == [])
        #expect(follower.core.state == state)
        var doubled = sender()
        doubled.step(.snapshotSent(to: Bench.b, position: Bench.position(12, 2)))
        let sent = doubled.core.state
        #expect(
            doubled.step(.snapshotSent(to: Bench.b, position: Bench.position(12, 2))) == []
        )
        #expect(doubled.core.state == sent)
    }

    @Test @Aside func `a new connection compares again before a snapshot is ordered again`() {
        var bench = sender()
        #expect(bench.step(.disconnected(Bench.b)) == [])
        let probe = bench.step(.connected(Bench.b))
        #expect(probe.appends.map(\.previous) == [Self.before] && probe.snapshots.isEmpty)
        #expect(bench.refuse(10, hint: Bench.position(5, 1)).snapshots == [Bench.b])
        bench.step(.connected(Bench.b))
        #expect(bench.acknowledge(10).snapshots.isEmpty && mode(bench) == .replicate)
    }

    @Test @Aside
    func `pitfall 33: a log that is compacted during a transfer sends nothing that is gone`() {
        var bench = sender()
        bench.acknowledge(13, from: Bench.c)
        #expect(bench.step(.compacted(before: Bench.position(12, 2))) == [])
        #expect(heartbeats(&bench).map(\.previous) == [Bench.position(12, 2)])
        let late = bench.step(.snapshotSent(to: Bench.b, position: Self.before))
        #expect(late.appends(to: Bench.b).map(\.previous) == [Bench.position(12, 2)])
        #expect(bench.refuse(12, hint: Self.before) == [.sendSnapshot(to: Bench.b)])
        bench.step(.snapshotSent(to: Bench.b, position: Bench.position(13, 3)))
        #expect(bench.acknowledge(13).snapshots.isEmpty && mode(bench) == .replicate)
    }

    @Test @Aside func `who is overtaken by a compaction gets a snapshot, and who is not goes on`() {
        var bench = leader(maximumInflightAppends: 1)
        bench.acknowledge(13)
        bench.acknowledge(13, from: Bench.c)
        for index in 14...16 {
            bench.step(.propose(bytes: [10]))
            bench.persist()
            bench.acknowledge(UInt64(index), from: Bench.c)
        }
        #expect(bench.core.commitIndex == LogIndex(16))
        #expect(bench.step(.compacted(before: Bench.position(14, 3))) == [])
        #expect(
            bench.step(.compacted(before: Bench.position(15, 3))) == [.sendSnapshot(to: Bench.b)]
        )
        #expect(bench.acknowledge(14).appends.isEmpty && mode(bench) == .snapshot)
        #expect(bench.acknowledge(15).appends.map(\.previous) == [Bench.position(15, 3)])
    }

    @Test @Aside
    func `who is away while the log is compacted is compared with before anything is sent`() {
        var bench = leader()
        bench.step(.disconnected(Bench.b))
        bench.acknowledge(13, from: Bench.c)
        #expect(bench.step(.compacted(before: Bench.position(13, 3))) == [])
        let probe = bench.step(.connected(Bench.b))
        #expect(probe.appends.map(\.previous) == [Bench.position(13, 3)])
        #expect(bench.acknowledge(13).snapshots.isEmpty && mode(bench) == .replicate)
    }
}
