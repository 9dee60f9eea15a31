import Storage
import TestSupport
import Testing

/// Files whose head names entries that were taken back later: a log must not begin with one.
@Suite struct JournalOvertakenTests {
    let fixture = JournalFixture()

    @Test(arguments: [1, 4] as [UInt64], [true, false])
    @DiskAside func `a log is not compacted to a head that a truncation takes back`(
        term: UInt64,
        isWritten: Bool
    ) throws {
        let journal = try overtaken(term, isWritten: isWritten)
        try writeSnapshot(at: position(15, 5), in: fixture)
        for through in 6...15 as ClosedRange<UInt64> {
            try journal.compact(through: LogIndex(through))
            var copy = fixture
            copy.disk = fixture.disk.clone()
            let (again, recovered) = try copy.reopen()
            #expect(recovered.damages.isEmpty && recovered.lost == nil, "through \(through)")
            #expect(again.last == position(20, 5) && recovered.notes.isEmpty)
            #expect(try fixture.files().contains(fixture.path(3)) || !isWritten)
        }
        // Not for want of a file that may go.
        #expect(try fixture.files().first != fixture.path(1))
    }

    @Test @DiskAside func `a crash while such files go costs nothing`() throws {
        let journal = try overtaken(1)
        try writeSnapshot(at: position(15, 5), in: fixture)
        let disk = fixture.disk.clone()
        let files = try fixture.files()
        try journal.compact(through: LogIndex(15))
        let gone = files.count - (try fixture.files().count)
        #expect(gone > 2)
        for file in files.prefix(gone) {
            try disk.remove(file)
            var copy = fixture
            copy.disk = disk.clone()
            let (again, recovered) = try copy.reopen()
            #expect(recovered.damages.isEmpty && recovered.lost == nil, "without \(file)")
            #expect(again.last == position(20, 5))
        }
    }

    @Test @DiskAside
    func `damage behind which a snapshot lies costs nothing, though later heads are taken back`()
        throws
    {
        let journal = try overtaken(1)
        journal.close()
        try writeSnapshot(at: position(8, 5), in: fixture)
        let files = try fixture.files()
        var bytes = fixture.disk.contents(of: files[0]) ?? []
        bytes[bytes.count / 2] ^= 8
        fixture.disk.setContents(of: files[0], to: bytes)
        let (again, recovered) = try fixture.open()
        #expect(recovered.damages.isEmpty && recovered.lost == nil)
        #expect(again.last == position(20, 5))
    }

    /// Three files, of which the last begins behind entry 8 and takes back all behind entry 5.
    ///
    /// - Parameters:
    ///   - term: That of the entries taken back.
    ///   - isWritten: Whether that is the file being written; if not, others follow.
    /// - Returns: The open journal.
    /// - Throws: What the journal throws.
    private func overtaken(_ term: UInt64, isWritten: Bool = false) throws -> Journal {
        var (journal, _) = try fixture.open()
        for index in 1...5 as ClosedRange<UInt64> { try journal.append([entry(index, 1)]) }
        (journal, _) = try fixture.reopen()
        try journal.append([entry(6, term), entry(7, term), entry(8, term)])
        try journal.append([entry(9, term), entry(10, term)])
        (journal, _) = try fixture.reopen()
        var records: [JournalRecord] = [.truncate(after: LogIndex(5))]
        if term > 1 {
            // A leader that has an older entry there, and then one with those that were taken back.
            records += [entry(6, 3), .truncate(after: LogIndex(5))]
            records += [entry(6, term), entry(7, term), entry(8, term)]
        }
        let next: UInt64 = term > 1 ? 9 : 6
        let rest = (next...20).map { entry($0, 5) }
        if isWritten { records += rest }
        try journal.append(records)
        if !isWritten { for record in rest { try journal.append([record]) } }
        return journal
    }

    private func position(_ index: UInt64, _ term: UInt64) -> LogPosition {
        LogPosition(index: LogIndex(index), term: Term(term))
    }
}
