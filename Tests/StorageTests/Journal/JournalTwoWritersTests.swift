import Storage
import TestSupport
import Testing

/// A directory in which two processes wrote, as one could before the directory itself was locked.
@Suite struct JournalTwoWritersTests {
    let fixture = JournalFixture()

    /// What the first process wrote after the second one had begun a file.
    @Test @DiskAside func `good batches behind what counts of a file are damage and are said`()
        throws
    {
        let first = try firstWriter()
        try intrude()
        for index in 4...6 as ClosedRange<UInt64> { try first.append([entry(index, 1)]) }
        let (journal, recovered) = try fixture.reopen()
        #expect(recovered.lost == LogPosition(index: LogIndex(6), term: Term(1)))
        let damage = try #require(recovered.damages.first)
        #expect(damage.file == fixture.path(1))
        #expect(damage.reason.contains("another process wrote here"))
        #expect(recovered.terms.last.index == LogIndex(3))
        // What the first process acknowledged is there still, for whoever wants it back.
        #expect(try fixture.files().contains(fixture.path(1)))
        // Said once more at the next start, until it is repaired; then no more.
        try journal.append((4...6 as ClosedRange<UInt64>).map { entry($0, 1) })
        let (_, healed) = try fixture.reopen()
        #expect(healed.lost == nil && healed.damages.isEmpty)
        #expect(healed.terms.last.index == LogIndex(6))
    }

    @Test @DiskAside func `a vote behind what counts of a file is not given again`() throws {
        let first = try firstWriter()
        try intrude()
        try first.append([vote(7, for: "n2")])
        let (_, recovered) = try fixture.reopen()
        #expect(recovered.damages.count == 1)
        #expect(recovered.vote.term == Term(7) && recovered.vote.candidate?.id == "n1")
    }

    @Test @DiskAside func `an empty batch behind what counts is no loss`() throws {
        let first = try firstWriter()
        try intrude()
        try first.append([])
        let (_, recovered) = try fixture.reopen()
        #expect(recovered.damages.isEmpty && recovered.lost == nil)
    }

    /// Its head claims a term that no good line has, and the start after it begins an earlier one.
    @Test @DiskAside func `a torn batch that raised the term is no second writer's`() throws {
        let (journal, _) = try fixture.open()
        try journal.append([entry(1, 1)])
        let whole = try #require(fixture.disk.contents(of: fixture.path(1)))
        try journal.append([vote(5), entry(2, 5)])
        fixture.disk.processCrash()
        var bytes = try #require(fixture.disk.contents(of: fixture.path(1)))
        let line = Array("{\"vote\":{\"term\":5".utf8)
        let body = try #require(bytes.indices.last { bytes.holds(line, at: $0) })
        for index in body..<bytes.count { bytes[index] = 0 }
        #expect(bytes.count >= whole.count)
        fixture.disk.setContents(of: fixture.path(1), to: bytes)
        for _ in 0..<3 {
            let (_, recovered) = try fixture.reopen()
            #expect(recovered.damages == [] && recovered.lost == nil)
            #expect(recovered.vote.term < Term(5) && recovered.vote.candidate == nil)
        }
    }

    /// The start that found it so ended before it had removed the file: a power cut, twice.
    @Test @DiskAside func `a file that was never begun completely is no second writer's`() throws {
        var small = fixture
        small.configuration.segmentBytes = 500
        let (journal, _) = try small.open()
        try journal.append([entry(1, 1)])
        let open = try #require(small.disk.contents(of: small.path(1)))
        try journal.append([entry(2, 1), entry(3, 1)])
        var torn = try #require(small.disk.contents(of: small.path(2)))
        let member = Array("\"index\":3".utf8)
        let cut = try #require(torn.indices.last { torn.holds(member, at: $0) })
        torn = Array(torn[..<cut])
        small.disk.processCrash()
        small.disk.setContents(of: small.path(1), to: open)
        small.disk.setContents(of: small.path(2), to: torn)
        #expect(try small.reopen().recovered.terms.last.index == LogIndex(1))
        #expect(try !small.files().contains(small.path(2)))
        _ = try small.disk.create(small.path(2))
        small.disk.setContents(of: small.path(2), to: torn)
        let (_, recovered) = try small.reopen()
        #expect(recovered.damages == [] && recovered.lost == nil)
        #expect(recovered.terms.last.index == LogIndex(1))
    }

    @Test @DiskAside func `what a snapshot holds is no loss`() throws {
        let first = try firstWriter()
        try intrude()
        for index in 4...6 as ClosedRange<UInt64> { try first.append([entry(index, 1)]) }
        let store = SnapshotStore(directory: JournalFixture.directory, fileSystem: fixture.disk)
        try store.write(SnapshotSample(6).head) { (_) throws(SnapshotError) in }
        #expect(try fixture.reopen().recovered.damages.isEmpty)
    }

    private func firstWriter() throws -> Journal {
        let (journal, _) = try fixture.open()
        for index in 1...3 as ClosedRange<UInt64> { try journal.append([entry(index, 1)]) }
        return journal
    }

    /// A second process starts on the same files and ends again; its file stays.
    private func intrude() throws {
        var second = fixture
        second.disk = fixture.disk.clone()
        try second.reopen().journal.close()
        _ = try fixture.disk.create(fixture.path(2))
        let bytes = try #require(second.disk.contents(of: fixture.path(2)))
        fixture.disk.setContents(of: fixture.path(2), to: bytes)
        try fixture.disk.syncDirectory(JournalFixture.directory)
    }
}
