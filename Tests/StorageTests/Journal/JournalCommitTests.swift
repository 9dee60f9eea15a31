import Storage
import TestSupport
import Testing

/// What a node knew to be committed, which it knows again after a restart.
@Suite struct JournalCommitTests {
    let fixture = JournalFixture()

    @Test @DiskAside func `what was known to be committed is known after a restart`() throws {
        let (journal, fresh) = try fixture.open()
        #expect(fresh.commit == .zero)
        try journal.append([entry(1, 1), entry(2, 1)])
        try journal.append([entry(3, 1), .commit(LogIndex(2))])
        #expect(try fixture.reopen().recovered.commit == LogIndex(2))
        let (again, _) = try fixture.reopen()
        // By a batch without lines, and never back.
        try again.append([.commit(LogIndex(3))])
        try again.append([.commit(LogIndex(1))])
        #expect(try fixture.reopen().recovered.commit == LogIndex(3))
        let view = try JournalView.read(
            directory: JournalFixture.directory,
            fileSystem: fixture.disk
        )
        #expect(view?.commit == LogIndex(3))
    }

    @Test @DiskAside func `no more is known than is there`() throws {
        let (journal, _) = try fixture.open()
        try journal.append([entry(1, 1), .commit(LogIndex(9))])
        #expect(try fixture.reopen().recovered.commit == LogIndex(1))
    }

    /// The head of the batch is there, and the truncation that it counts on is not.
    @Test @DiskAside func `a batch that is not whole says nothing of what is committed`() throws {
        for isTorn in [true, false] {
            var fixture = fixture
            fixture.disk = MemoryFileSystem()
            let (journal, _) = try fixture.open()
            try journal.append([entry(1, 1), entry(2, 1), entry(3, 1), .commit(LogIndex(1))])
            try journal.append([
                .truncate(after: LogIndex(1)), entry(2, 2), entry(3, 2), .commit(LogIndex(3)),
            ])
            if !isTorn { try journal.append([]) }
            fixture.disk.processCrash()
            let path = fixture.path(1)
            let bytes = try #require(fixture.disk.contents(of: path))
            let line = Array("{\"truncate\":".utf8)
            let place = try #require(bytes.indices.first { bytes.holds(line, at: $0) })
            if isTorn {
                fixture.disk.setContents(of: path, to: Array(bytes[..<place]))
            } else {
                fixture.disk.flip(bit: (place + 3) * 8, of: path)
            }
            let (_, recovered) = try fixture.open()
            #expect(recovered.terms.last == LogPosition(index: LogIndex(3), term: Term(1)))
            #expect(recovered.commit == LogIndex(1) && (recovered.lost == nil) == isTorn)
        }
    }

    @Test @DiskAside func `pitfall 58: what is known to be committed is never truncated`() throws {
        let (journal, _) = try fixture.open()
        try journal.append([entry(1, 1), entry(2, 1), entry(3, 1), .commit(LogIndex(2))])
        #expect(throws: JournalError.self) { try journal.append([.truncate(after: LogIndex(1))]) }
        try journal.append([.truncate(after: LogIndex(2)), entry(3, 2)])
        #expect(try fixture.reopen().recovered.terms.last.term == Term(2))
    }
}
