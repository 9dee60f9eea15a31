import Storage
import TestSupport
import Testing

/// Small files that starts leave, and that later starts put together.
@Suite struct JournalFoldTests {
    let fixture = Self.fixture(fillBytes: 16 << 10)

    private static func fixture(fillBytes: Int) -> JournalFixture {
        JournalFixture(
            configuration: JournalConfiguration(
                segmentBytes: 64 << 10,
                fillBytes: fillBytes,
                indexBytes: 256,
                reserveBytes: 512
            )
        )
    }

    /// As a node alone leaves them that crashes again and again: a term, an entry, an idle moment.
    @Test @DiskAside func `a hundred starts leave few files, and the last takes few calls`() throws
    {
        var calls: [Int] = []
        var files = 0
        for start in 1...100 as ClosedRange<UInt64> {
            fixture.disk.processCrash()
            let before = fixture.disk.calls
            let (journal, recovered) = try fixture.open()
            calls.append(fixture.disk.calls - before)
            #expect(recovered.damages.isEmpty && recovered.notes.isEmpty)
            #expect(recovered.terms.last.index == LogIndex(start - 1))
            try journal.append([vote(start)])
            try journal.append([entry(start, start)])
            try journal.append([])
            files = max(files, try fixture.files().count)
        }
        // Five small ones, the one that is written, one of 16 KiB for each 25 starts.
        #expect(files <= 11, "\(files) files")
        #expect(calls.suffix(50).max() ?? 0 < 350, "\(calls)")
        #expect(try fixture.reopen().journal.allLines().count == 100)
    }

    @Test(arguments: MemoryFileSystem.CrashPoint.allCases)
    @DiskAside func `a crash at any call of a start that puts files together loses nothing`(
        point: MemoryFileSystem.CrashPoint
    ) throws {
        // Little fill, for each start reads all of it.
        let fixture = Self.fixture(fillBytes: 4 << 10)
        let entries = try Self.fill(fixture)
        var calls = 0
        var isDone = false
        while !isDone {
            for powerLoss in [false, true] {
                var own = fixture
                own.disk = fixture.disk.clone()
                own.disk.crash(afterCalls: calls, point)
                do throws(JournalError) { _ = try own.open() } catch {}
                own.disk.endCrash()
                isDone = !own.disk.isCrashed
                var generator = SeededGenerator(seed: UInt64(calls))
                if powerLoss { own.disk.powerLoss(using: &generator) }
                let (journal, recovered) = try own.reopen()
                #expect(recovered.damages.isEmpty, "\(point) call \(calls)")
                #expect(recovered.lost == nil && recovered.vote.term == Term(UInt64(entries.count)))
                #expect(try journal.allLines() == entries, "\(point) call \(calls)")
                let next = UInt64(entries.count) + 1
                try journal.append([entry(next, next)])
                #expect(try own.reopen().journal.allLines().count == entries.count + 1)
                let names = try own.disk.list(JournalFixture.directory)
                #expect(!names.contains { $0.hasSuffix(".partial") })
            }
            calls += 1
        }
        #expect(calls > 60)
    }

    @Test @DiskAside func `who follows sees no entry again that was put together`() throws {
        let count = UInt64(try Self.fill(fixture).count)
        let view = try #require(
            try JournalView.read(directory: JournalFixture.directory, fileSystem: fixture.disk)
        )
        var tail = view.tail
        #expect(try tail.next().isEmpty)
        for start in count + 1...count + 12 {
            let (journal, _) = try fixture.reopen()
            try journal.append([vote(start)])
            try journal.append([entry(start, start)])
            #expect(try tail.next().map(\.position.index) == [LogIndex(start)])
            #expect(try tail.next().isEmpty)
        }
    }

    /// Leaves small files, each with a vote and an entry, that the next start puts together.
    private static func fill(_ fixture: JournalFixture) throws -> [String] {
        var lines: [String] = []
        for start in 1...30 as ClosedRange<UInt64> {
            let (journal, _) = try fixture.reopen()
            if start == 1 { try journal.adopt(cluster: "c1") }
            try journal.append([vote(start)])
            try journal.append([entry(start, start)])
            lines.append(String(decoding: entryLine(start, start), as: UTF8.self))
            var next = fixture
            next.disk = fixture.disk.clone()
            _ = try next.reopen()
            if try next.files().count < fixture.files().count { break }
        }
        fixture.disk.processCrash()
        let before = try fixture.files().count
        var next = fixture
        next.disk = fixture.disk.clone()
        _ = try next.reopen()
        let after = try next.files().count
        try #require(after < before)
        return lines
    }
}
