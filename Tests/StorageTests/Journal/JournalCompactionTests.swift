import Storage
import TestSupport
import Testing

/// Guards pitfalls 13 and 32 to 35 in the journal: what is dropped, and what is not.
@Suite struct JournalCompactionTests {
    let fixture = JournalFixture()

    @Test @DiskAside func `only whole files go, and what is left reads as before`() throws {
        let journal = try filled()
        let files = try fixture.files()
        let lines = try journal.allLines()
        #expect(try journal.compact(through: .zero).before == .zero)
        #expect(try fixture.files() == files)
        let before = try journal.compact(through: LogIndex(40)).before
        #expect(before.index > .zero && before.index <= LogIndex(40))
        #expect(try fixture.files().count < files.count)
        let left = try journal.entries(
            after: before.index,
            through: LogIndex(60),
            maximumBytes: .max
        )
        #expect(
            left.map { String(decoding: $0.line, as: UTF8.self) }
                == Array(lines[Int(before.index.value)...])
        )
        #expect(
            try journal.entries(after: .zero, through: LogIndex(60), maximumBytes: .max).isEmpty
        )
        // Never the file that is being written.
        _ = try journal.compact(through: LogIndex(60))
        try journal.append([entry(61, 1)])
        #expect(try fixture.files().count >= 1)
    }

    @Test
    func
        `a file that can't be removed is there again after a start, and goes with the next compaction`()
        throws
    {
        let journal = try filled()
        let files = try fixture.files()
        fixture.disk.onCall { (call) throws(FileError) in
            guard call.kind == .remove else { return }
            throw FileError(.inputOutput, call: "unlink", path: call.path)
        }
        let done = try journal.compact(through: LogIndex(40))
        #expect(done.leftover?.path == files[0] && done.before.index > .zero)
        fixture.disk.onCall(nil)
        #expect(try fixture.files() == files)
        try writeSnapshot(at: done.before, in: fixture)
        let (again, recovered) = try fixture.reopen()
        #expect(recovered.lost == nil && recovered.damages.isEmpty)
        #expect(recovered.terms.before == .zero)
        #expect(try again.compact(through: LogIndex(40)) == Compaction(before: done.before))
        #expect(try !fixture.files().contains(files[0]))
    }

    /// Guards pitfall 1 over files that go: the vote is repeated in each head.
    @Test(arguments: 1...6 as ClosedRange<UInt64>)
    @DiskAside func `pitfall 1: no second vote after votes, new files, compaction and a power cut`(
        seed: UInt64
    ) throws {
        let journal = try filled()
        try journal.append([vote(7, for: "n2")])
        for index in 61...120 as ClosedRange<UInt64> {
            try journal.append([entry(index, 2, "entry \(index)")])
        }
        // Entries of an earlier term than the vote: nothing behind the vote repeats it but heads.
        let before = try journal.compact(through: LogIndex(119)).before
        #expect(before.index > LogIndex(61))
        try writeSnapshot(at: before, in: fixture)
        var generator = SeededGenerator(seed: seed)
        fixture.disk.powerLoss(using: &generator)
        let (again, recovered) = try fixture.open()
        #expect(recovered.vote == Vote(term: Term(7), candidate: NodeIdentity("n2/0a")))
        #expect(recovered.terms.before == before && recovered.notes.isEmpty)
        #expect(throws: JournalError.self) { try again.append([vote(7, for: "n3")]) }
        #expect(throws: JournalError.self) { try again.append([vote(6, for: "n2")]) }
    }

    @Test @DiskAside func `a membership that is behind the log still counts`() throws {
        let (journal, _) = try fixture.open()
        try journal.append([entry(1, 1, members: true)])
        for index in 2...60 as ClosedRange<UInt64> { try journal.append([entry(index, 1, "x")]) }
        let before = try journal.compact(through: LogIndex(50)).before
        try writeSnapshot(at: before, in: fixture)
        #expect(try fixture.reopen().recovered.membershipIndex == LogIndex(1))
    }

    /// Guards pitfall 32.
    @Test @DiskAside func `a log that holds the snapshot's end keeps what is behind it`() throws {
        let journal = try filled()
        let files = try fixture.files()
        try journal.reset(to: position(40, 1), membership: LogIndex(1))
        #expect(try fixture.files() == files)
        #expect(journal.last == position(60, 1))
    }

    /// Guards pitfall 32.
    @Test(arguments: [(40, 2), (90, 1)] as [(UInt64, UInt64)])
    @DiskAside func `a log that does not hold it is dropped whole`(index: UInt64, term: UInt64)
        throws
    {
        let journal = try filled()
        try journal.append([vote(5, for: "n2")])
        let files = try fixture.files()
        let end = position(index, term)
        try writeSnapshot(at: end, in: fixture)
        try journal.reset(to: end, membership: LogIndex(1))
        #expect(journal.last == end)
        #expect(Set(try fixture.files()).isDisjoint(with: files))
        try journal.append([entry(index + 1, 3)])
        let (again, recovered) = try fixture.reopen()
        #expect(recovered.terms.before == end && recovered.lost == nil)
        #expect(recovered.vote.term == Term(5) && recovered.membershipIndex == LogIndex(1))
        let lines = try again.entries(after: end.index, through: LogIndex(.max), maximumBytes: 9)
        #expect(lines.map(\.position.index) == [LogIndex(index + 1)])
    }

    @Test @DiskAside
    func `a crash between a snapshot and the drop of the log drops it at the next start`()
        throws
    {
        _ = try filled()
        try writeSnapshot(at: position(90, 2), in: fixture)
        let (journal, recovered) = try fixture.reopen()
        #expect(recovered.terms.before == position(90, 2) && journal.last == position(90, 2))
        #expect(recovered.snapshot?.position == position(90, 2) && recovered.lost == nil)
        #expect(recovered.notes.contains { $0.contains("goes on from the snapshot at 90@2") })
    }

    @Test @DiskAside func `without its snapshot a compacted log must come from others`() throws {
        let journal = try filled()
        _ = try journal.compact(through: LogIndex(40))
        let (again, recovered) = try fixture.reopen()
        #expect(recovered.terms.before == .zero && recovered.terms.last == .zero)
        #expect(recovered.lost == position(60, 1))
        try again.append([entry(1, 1)])
        let (_, later) = try fixture.reopen()
        #expect(later.lost == position(60, 1) && later.terms.last == position(1, 1))
    }

    /// An installed snapshot, and no file before it that could be missed.
    @Test @DiskAside
    func `without the snapshot that it was dropped for a log must come from others`() throws {
        let journal = try filled()
        let end = position(90, 1)
        try writeSnapshot(at: end, in: fixture)
        try journal.reset(to: end, membership: LogIndex(1))
        for index in 91...93 as ClosedRange<UInt64> { try journal.append([entry(index, 3)]) }
        let store = SnapshotStore(directory: JournalFixture.directory, fileSystem: fixture.disk)
        try store.remove(end)
        for _ in 0..<2 {
            let (_, recovered) = try fixture.reopen()
            #expect(recovered.terms.last == .zero)
            #expect(recovered.lost == position(93, 3))
        }
    }

    @Test @DiskAside func `damage behind which a snapshot lies costs nothing`() throws {
        let journal = try filled()
        let files = try fixture.files()
        try writeSnapshot(at: position(50, 1), in: fixture)
        journal.close()
        flip(files[1])
        let (again, recovered) = try fixture.open()
        #expect(recovered.lost == nil && recovered.damages.isEmpty)
        #expect(
            recovered.notes.contains { $0.hasPrefix(files[1]) && $0.contains("snapshot holds") }
        )
        #expect(again.last == position(60, 1) && recovered.terms.before.index > .zero)
        #expect(recovered.terms.before.index <= LogIndex(50))
        let left = try again.entries(
            after: recovered.terms.before.index,
            through: LogIndex(60),
            maximumBytes: .max
        )
        #expect(left.count == Int(60 - recovered.terms.before.index.value))
    }

    @Test @DiskAside func `a snapshot without any journal is refused`() throws {
        _ = try filled()
        try writeSnapshot(at: position(50, 1), in: fixture)
        for file in try fixture.files() where file.contains("journal-") {
            try fixture.disk.remove(file)
        }
        #expect(
            throws: JournalError.noJournal(
                directory: JournalFixture.directory,
                snapshot: position(50, 1)
            )
        ) { _ = try fixture.reopen() }
    }

    @Test(arguments: JournalCrashTests.Fault.all, MemoryFileSystem.CrashPoint.allCases)
    @DiskAside func `a crash at any call of compaction and reset loses nothing`(
        fault: JournalCrashTests.Fault,
        point: MemoryFileSystem.CrashPoint
    ) throws {
        let journal = try filled()
        journal.close()
        try writeSnapshot(at: position(50, 1), in: fixture)
        var calls = 0
        while true {
            var copy = fixture
            copy.disk = fixture.disk.clone()
            copy.disk.crash(afterCalls: calls, point)
            var mayBeReset = false
            do {
                let (journal, _) = try copy.open()
                _ = try journal.compact(through: LogIndex(50))
                try writeSnapshot(at: position(90, 2), in: copy)
                mayBeReset = true
                try journal.reset(to: position(90, 2), membership: nil)
            } catch { #expect(copy.disk.isCrashed, "\(error)") }
            guard copy.disk.isCrashed else { break }
            fault.strike(copy.disk)
            let (again, recovered) = try copy.open()
            let place = "\(fault), \(point) call \(calls)"
            #expect(recovered.lost == nil && recovered.damages.isEmpty, "\(place)")
            let isReset = again.last == position(90, 2)
            #expect(isReset || again.last == position(60, 1), "\(place)")
            #expect(isReset == (recovered.snapshot?.position == position(90, 2)), "\(place)")
            #expect(isReset || !mayBeReset, "\(place)")
            calls += 1
        }
        #expect(calls > 50)
    }

    /// Sixty entries in several files.
    private func filled() throws -> Journal {
        let (journal, _) = try fixture.open()
        for index in 1...60 as ClosedRange<UInt64> {
            try journal.append([entry(index, 1, "entry \(index)")])
        }
        return journal
    }

    private func flip(_ path: String) {
        var bytes = fixture.disk.contents(of: path) ?? []
        bytes[bytes.count / 2] ^= 8
        fixture.disk.setContents(of: path, to: bytes)
    }

    private func position(_ index: UInt64, _ term: UInt64) -> LogPosition {
        LogPosition(index: LogIndex(index), term: Term(term))
    }
}

/// Writes a snapshot of nothing that ends at a position.
func writeSnapshot(at position: LogPosition, in fixture: JournalFixture) throws {
    let store = SnapshotStore(directory: JournalFixture.directory, fileSystem: fixture.disk)
    let head = SnapshotHead(
        cluster: "c1",
        position: position,
        membershipIndex: LogIndex(1),
        membership: Array("{}".utf8),
        schema: 1
    )
    _ = try store.write(head) { _ in }
}
