import Storage
import TestSupport
import Testing

/// What others told a node that it has acknowledged, and its journal does not hold.
@Suite struct JournalLostTests {
    private static let lost = LogPosition(index: LogIndex(4), term: Term(1))

    private static let steps: [[JournalRecord]] = [
        [entry(1, 1), entry(2, 1)],
        [.lost(lost), vote(1, for: "n1")],
        [entry(3, 1)],
        [entry(4, 1), entry(5, 1)],
    ]

    @Test @DiskAside func `what is lost is known after a restart, until it is there`() throws {
        let fixture = JournalFixture()
        let (journal, _) = try fixture.open()
        for (number, step) in Self.steps.enumerated() {
            try journal.append(step)
            let disk = JournalFixture(disk: fixture.disk.clone())
            let (_, found) = try disk.reopen()
            #expect(found.lost == ((1...2).contains(number) ? Self.lost : nil), "\(number)")
            #expect(found.damages.isEmpty && found.terms.lastIndex.value == [2, 2, 3, 5][number])
        }
        // Nothing goes while something is lost, and the log is as good as any afterwards.
        try journal.append([.truncate(after: LogIndex(4)), entry(5, 2)])
        #expect(try fixture.reopen().recovered.terms.last.term == Term(2))
    }

    @Test @DiskAside func `one batch may say what is lost and bring it`() throws {
        let fixture = JournalFixture()
        let (journal, _) = try fixture.open()
        try journal.append([entry(1, 1), .lost(Self.lost), entry(2, 1), entry(3, 1), entry(4, 1)])
        let (_, found) = try fixture.reopen()
        #expect(found.lost == nil && found.terms.last == Self.lost)
    }

    @Test(arguments: MemoryFileSystem.CrashPoint.allCases, [UInt64?.none, 1, 2])
    @DiskAside func `a crash at any call leaves it said or not said`(
        point: MemoryFileSystem.CrashPoint,
        powerLoss: UInt64?
    ) throws {
        var calls = 0
        while true {
            let fixture = JournalFixture()
            let (journal, _) = try fixture.open()
            try journal.append(Self.steps[0])
            fixture.disk.crash(afterCalls: calls, point)
            var isSaid = false
            do {
                try journal.append(Self.steps[1])
                isSaid = true
                try journal.append(Self.steps[2])
            } catch { guard fixture.disk.isCrashed else { throw error } }
            guard fixture.disk.isCrashed else { break }
            if var generator = powerLoss.map({ SeededGenerator(seed: $0) }) {
                fixture.disk.powerLoss(using: &generator)
            }
            let (_, found) = try fixture.reopen()
            #expect(found.damages.isEmpty && found.terms.lastIndex >= LogIndex(2), "\(calls)")
            #expect(found.lost == Self.lost || !isSaid && found.lost == nil, "\(calls)")
            calls += 1
        }
        #expect(calls > 8)
    }
}
