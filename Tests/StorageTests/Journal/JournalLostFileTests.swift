import Storage
import TestSupport
import Testing

/// Guards pitfall 38 for whole files: missing, doubled, in another's place, of another journal.
@Suite struct JournalLostFileTests {
    let fixture = JournalFixture()

    @Test(arguments: [0, 1])
    @DiskAside func `a file lost before the last leaves what lies before it`(index: Int) throws {
        try fill()
        let files = try fixture.files()
        try fixture.disk.remove(files[index])
        let (journal, recovered) = try fixture.reopen()
        #expect(recovered.lost == position(60))
        #expect(recovered.damages.map(\.file) == [files[index]])
        #expect(recovered.damages[0].reason.contains("missing"))
        let lines = try journal.allLines()
        #expect(lines == entries(1...60).prefix(lines.count).map(\.text))
        #expect((index == 0) == lines.isEmpty)
        // The good entries behind the gap are kept as files: no other node may have them.
        #expect(Set(try fixture.files()).isSuperset(of: files.filter { $0 != files[index] }))
        try journal.append(entries(UInt64(lines.count) + 1...60).map(\.record))
        let (healed, later) = try fixture.reopen()
        #expect(later.lost == nil)
        #expect(try healed.allLines() == entries(1...60).map(\.text))
        #expect(Set(try fixture.files()).isDisjoint(with: files[(index + 1)...]))
    }

    @Test @DiskAside func `damage that comes while another is repaired is repaired as well`() throws
    {
        try fill()
        let files = try fixture.files()
        flip(files[1])
        let (journal, recovered) = try fixture.reopen()
        let first = recovered.terms.lastIndex.value
        #expect(recovered.lost == position(60) && first < 40)
        for entry in entries(first + 1...first + 15) { try journal.append([entry.record]) }
        try journal.append([])
        let newest = try #require(try fixture.files().last)
        #expect(!files.contains(newest))
        flip(newest)
        let (again, second) = try fixture.reopen()
        #expect(second.lost == position(60) && second.damages.map(\.file) == [newest])
        let lines = try again.allLines()
        #expect(lines == entries(1...60).prefix(lines.count).map(\.text) && lines.count < 55)
        try again.append(entries(UInt64(lines.count) + 1...60).map(\.record))
        #expect(try fixture.reopen().recovered.lost == nil)
    }

    @Test @DiskAside func `a last file that is lost is refused`() throws {
        try fill()
        let (journal, _) = try fixture.reopen()
        try journal.append([entry(61, 1)])
        try fixture.disk.remove(try #require(try fixture.files().last))
        let files = try contents()
        let error = #expect(throws: JournalError.self) { _ = try fixture.reopen() }
        #expect(error?.isDamage == true)
        #expect(error?.description.contains("missing") == true)
        #expect(try contents() == files)
    }

    @Test @DiskAside func `a copy of a file under a later name counts for nothing`() throws {
        try fill()
        let files = try fixture.files()
        try put(files[1], as: fixture.path(files.count + 1))
        let (journal, recovered) = try fixture.reopen()
        #expect(recovered.damages.map(\.line) == [1] && recovered.lost == nil)
        #expect(recovered.damages[0].reason == "the head belongs to file 2")
        #expect(try journal.allLines() == entries(1...60).map(\.text))
        try journal.append([entry(61, 1)])
        #expect(try fixture.reopen().recovered.damages == [])
    }

    @Test @DiskAside func `a copy in the place of the last file is refused`() throws {
        try fill()
        let files = try fixture.files()
        let last = try #require(files.last)
        try fixture.disk.remove(last)
        try put(files[1], as: last)
        let error = #expect(throws: JournalError.self) { _ = try fixture.reopen() }
        #expect(error?.isDamage == true)
    }

    @Test @DiskAside func `a copy in the place of an older file leaves what lies before it`() throws
    {
        try fill()
        let files = try fixture.files()
        try fixture.disk.remove(files[2])
        try put(files[1], as: files[2])
        let (journal, recovered) = try fixture.reopen()
        #expect(recovered.lost == position(60))
        let lines = try journal.allLines()
        #expect(lines == entries(1...60).prefix(lines.count).map(\.text) && !lines.isEmpty)
    }

    @Test(arguments: [false, true])
    @DiskAside func `a file of another journal is refused with both names`(isLast: Bool) throws {
        try fill()
        var other = fixture
        other.disk = MemoryFileSystem()
        let (journal, _) = try other.open(id: "n2")
        for entry in entries(1...60) { try journal.append([entry.record]) }
        let files = try fixture.files()
        let place = isLast ? files.count - 1 : 1
        let bytes = try #require(other.disk.contents(of: try other.files()[place]))
        fixture.disk.setContents(of: files[place], to: bytes)
        let error = #expect(throws: JournalError.self) { _ = try fixture.reopen() }
        #expect(error?.description.contains("is of n2/8f3a91c04be7d215") == true)
        #expect(error?.description.contains("n1/8f3a91c04be7d215") == true)
    }

    @Test @DiskAside func `a file of a newer version is refused with its name`() throws {
        try fill()
        let last = try #require(try fixture.files().last)
        var bytes = try #require(fixture.disk.contents(of: last))
        let end = try #require(bytes.firstIndex(of: 10))
        var writer = JSONWriter()
        Line.write(to: &writer) { $0.member("journal", 3 as UInt64) }
        bytes.replaceSubrange(0...end, with: writer.bytes)
        fixture.disk.setContents(of: last, to: bytes)
        let files = try contents()
        #expect(throws: JournalError.newerFormat(file: last)) { _ = try fixture.reopen() }
        #expect(try contents() == files)
    }

    @Test(arguments: JournalCrashTests.Fault.all, MemoryFileSystem.CrashPoint.allCases)
    @DiskAside func `a crash at any call of a damaged start leaves the same damage`(
        fault: JournalCrashTests.Fault,
        point: MemoryFileSystem.CrashPoint
    ) throws {
        try fill()
        let files = try fixture.files()
        flip(files[1])
        var whole = fixture
        whole.disk = fixture.disk.clone()
        let (journal, expected) = try whole.reopen()
        let lines = try journal.allLines()
        var calls = 0
        while true {
            var copy = fixture
            copy.disk = fixture.disk.clone()
            copy.disk.processCrash()
            copy.disk.crash(afterCalls: calls, point)
            do { _ = try copy.open() } catch { #expect(copy.disk.isCrashed) }
            guard copy.disk.isCrashed else { break }
            fault.strike(copy.disk)
            let (again, recovered) = try copy.open()
            #expect(recovered.lost == expected.lost && recovered.vote == expected.vote)
            #expect(try again.allLines() == lines, "\(fault), \(point) call \(calls)")
            calls += 1
        }
        #expect(calls > 30)
    }

    private func fill() throws {
        let (journal, _) = try fixture.open()
        for entry in entries(1...60) { try journal.append([entry.record]) }
        try journal.append([])
        fixture.disk.processCrash()
    }

    private func entries(
        _ range: ClosedRange<UInt64>
    ) -> [(record: JournalRecord, text: String)] {
        range.map { index in
            let line = entryLine(index, 1, "entry \(index)")
            return (
                .entry(position(index), line: line), String(decoding: line, as: UTF8.self)
            )
        }
    }

    private func position(_ index: UInt64) -> LogPosition {
        LogPosition(index: LogIndex(index), term: Term(1))
    }

    /// Flips a bit in the middle of what is written of a file.
    private func flip(_ path: String) {
        var bytes = fixture.disk.contents(of: path) ?? []
        let end = bytes.lastIndex { $0 != 10 } ?? 0
        bytes[end / 2] ^= 8
        fixture.disk.setContents(of: path, to: bytes)
    }

    private func put(_ path: String, as other: String) throws {
        let bytes = try #require(fixture.disk.contents(of: path))
        _ = try fixture.disk.create(other)
        fixture.disk.setContents(of: other, to: bytes)
    }

    private func contents() throws -> [[UInt8]?] {
        try fixture.files().map { fixture.disk.contents(of: $0) }
    }
}
