import Storage
import TestSupport
import Testing

/// Damage has the grain of an entry: what is good behind it is kept, and fills up the log again.
@Suite struct KeptEntriesTests {
    static let fixture = JournalFixture(
        configuration: JournalConfiguration(
            segmentBytes: 1_600,
            fillBytes: 100,
            indexBytes: 256,
            reserveBytes: 512
        )
    )

    /// Entries 1 to 30 in batches of one to three, in several files, with votes between them.
    static func written() throws -> JournalFixture {
        var fixture = Self.fixture
        fixture.disk = MemoryFileSystem()
        let (journal, _) = try fixture.open()
        try journal.append([vote(1, for: "n1"), entry(1, 1)])
        var index: UInt64 = 2
        while index <= 30 {
            let count = min(index % 3 + 1, 31 - index)
            try journal.append((index..<index + count).map { entry($0, $0 < 20 ? 1 : 3) })
            index += count
            if index > 18, index < 21 { try journal.append([vote(3, for: "n2")]) }
        }
        try journal.append([])
        fixture.disk.processCrash()
        return fixture
    }

    /// Flips a bit of the lines of these entries, wherever they stand.
    static func damage(_ indexes: [UInt64], _ fixture: JournalFixture) throws {
        for path in try fixture.files() {
            let bytes = try #require(fixture.disk.contents(of: path))
            for index in indexes {
                let line = entryLine(index, index < 20 ? 1 : 3)
                for offset in bytes.indices where bytes.holds(line, at: offset) {
                    fixture.disk.flip(bit: (offset + 40) * 8, of: path)
                }
            }
        }
    }

    static func lines(of kept: KeptEntries, _ journal: Journal) throws -> [[UInt8]] {
        var lines: [[UInt8]] = []
        var after = kept.first.index.previous
        while after < kept.last.index {
            let found = try journal.entries(of: kept, after: after, maximumBytes: 300)
            after = try #require(found.last).position.index
            lines += found.map(\.line)
        }
        return lines
    }

    @Test(
        arguments: [[7], [1], [29], [7, 8, 9], [5, 12, 20, 21], [19], [20], [2, 30]] as [[UInt64]]
    )
    @DiskAside func `good entries behind a hole are kept and read back`(damaged: [UInt64]) throws {
        let fixture = try Self.written()
        try Self.damage(damaged, fixture)
        let (journal, recovered) = try fixture.open()
        #expect(recovered.terms.lastIndex.value == damaged[0] - 1)
        #expect(recovered.lost == LogPosition(index: LogIndex(30), term: Term(3)))
        #expect(recovered.holes.flatMap { $0.lowerBound.value...$0.upperBound.value } == damaged)
        for kept in recovered.kept {
            let expected = (kept.first.index.value...kept.last.index.value).map {
                entryLine($0, $0 < 20 ? 1 : 3)
            }
            #expect(try Self.lines(of: kept, journal) == expected)
        }
        let view = try JournalView.read(
            directory: JournalFixture.directory,
            fileSystem: fixture.disk
        )
        #expect(view?.holes == recovered.holes)
    }

    @Test @DiskAside func `entries that were truncated are not kept`() throws {
        var fixture = Self.fixture
        fixture.disk = MemoryFileSystem()
        var (journal, _) = try fixture.open()
        try journal.append((1...10).map { entry($0, 1) })
        try journal.append([.truncate(after: LogIndex(5)), entry(6, 2, "b"), entry(7, 2, "b")])
        try journal.append([entry(8, 2, "b")])
        try journal.append([])
        fixture.disk.processCrash()
        let path = fixture.path(1)
        let bytes = try #require(fixture.disk.contents(of: path))
        let line = entryLine(3, 1)
        let offset = try #require(bytes.indices.first { bytes.holds(line, at: $0) })
        fixture.disk.flip(bit: (offset + 40) * 8, of: path)
        let recovered: RecoveredJournal
        (journal, recovered) = try fixture.open()
        #expect(recovered.holes == [LogIndex(3)...LogIndex(3)])
        var lines: [[UInt8]] = []
        for kept in recovered.kept { lines += try Self.lines(of: kept, journal) }
        #expect(
            lines == [entryLine(4, 1), entryLine(5, 1)] + (6...8).map { entryLine($0, 2, "b") }
        )
    }

    /// Appends what is missing, of the holes and of what is kept.
    static func fill(_ journal: Journal, _ recovered: RecoveredJournal) throws {
        for kept in recovered.kept {
            while journal.last.index < kept.first.index.previous { try append(journal) }
            // What an earlier process has filled in is in the log already.
            let held = Int(journal.last.index.value + 1 - kept.first.index.value)
            for line in try lines(of: kept, journal).dropFirst(held) {
                let index = journal.last.index.value + 1
                #expect(line == entryLine(index, index < 20 ? 1 : 3))
                try append(journal)
            }
        }
        while journal.last.index < recovered.lost?.index ?? .zero { try append(journal) }
    }

    private static func append(_ journal: Journal) throws {
        let index = journal.last.index.value + 1
        try journal.append([entry(index, index < 20 ? 1 : 3)])
    }

    @Test(arguments: MemoryFileSystem.CrashPoint.allCases)
    @DiskAside func `a crash at any call while holes are filled loses nothing`(
        point: MemoryFileSystem.CrashPoint
    ) throws {
        let base = try Self.written()
        try Self.damage([7, 22], base)
        let (_, first) = try base.open()
        let lost = first.lost
        base.disk.processCrash()
        var calls = 0
        while true {
            var fixture = base
            fixture.disk = base.disk.clone()
            fixture.disk.crash(afterCalls: calls, point)
            do {
                let (journal, recovered) = try fixture.open()
                try Self.fill(journal, recovered)
            } catch {
                guard fixture.disk.isCrashed else { throw error }
            }
            let isDone = !fixture.disk.isCrashed
            if calls % 2 == 0 {
                fixture.disk.processCrash()
            } else {
                var generator = SeededGenerator(seed: UInt64(calls))
                fixture.disk.powerLoss(using: &generator)
            }
            // Whatever was filled, the rest is there still, and no more is missing than at first.
            let (journal, again) = try fixture.open()
            let isWhole = again.terms.last == lost
            #expect(again.lost == (isWhole ? nil : lost), "call \(calls)")
            let missing = again.holes.map { $0.lowerBound.value...$0.upperBound.value }
            #expect(
                missing.allSatisfy { $0 == 7...7 || $0 == 22...22 },
                "call \(calls): \(missing)"
            )
            try Self.fill(journal, again)
            let all = try journal.allLines()
            #expect(all.count == 30, "call \(calls)")
            let (_, last) = try fixture.reopen()
            #expect(last.lost == nil && last.terms.lastIndex.value == 30, "call \(calls)")
            if isDone { break }
            calls += 1
        }
        #expect(calls > 60)
    }

    @Test @DiskAside func `files that hold what is kept stay while something is missing`() throws {
        let fixture = try Self.written()
        try Self.damage([7], fixture)
        let old = try fixture.files()
        let (journal, recovered) = try fixture.open()
        let files = try fixture.files()
        try journal.compact(through: LogIndex(6))
        #expect(try fixture.files() == files)
        try Self.fill(journal, recovered)
        #expect(try old.allSatisfy { try fixture.files().contains($0) })
        let (_, whole) = try fixture.reopen()
        #expect(whole.lost == nil && whole.holes.isEmpty && whole.kept.isEmpty)
        #expect(try !fixture.files().contains(old[old.count - 1]))
    }
}
