import Storage
import TestSupport
import Testing

@Suite struct JournalTests {
    let fixture = JournalFixture()

    @Test @DiskAside func `what was appended is there after a restart`() throws {
        let (journal, fresh) = try fixture.open()
        #expect(fresh.isNew && fresh.terms.last == .zero && fresh.notes.isEmpty)
        try journal.append([vote(1, for: "n1")])
        try journal.append([entry(1, 1, members: true), entry(2, 1, "b")])
        try journal.append([vote(3), entry(3, 3, "c")])
        let (again, recovered) = try fixture.reopen()
        #expect(!recovered.isNew && recovered.notes.isEmpty)
        #expect(recovered.identity.node == NodeIdentity("n1/8f3a91c04be7d215"))
        #expect(recovered.vote == Vote(term: Term(3)))
        #expect(
            recovered.terms.runs(from: LogIndex(1), count: 3) == [
                TermRun(term: Term(1), count: 2), TermRun(term: Term(3), count: 1),
            ]
        )
        #expect(recovered.terms.last == LogPosition(index: LogIndex(3), term: Term(3)))
        #expect(recovered.membershipIndex == LogIndex(1))
        let lines = [entryLine(1, 1, members: true), entryLine(2, 1, "b"), entryLine(3, 3, "c")]
        #expect(try again.allLines() == lines.map { String(decoding: $0, as: UTF8.self) })
    }

    @Test @DiskAside func `the last writing of an index counts within one file and one batch`()
        throws
    {
        var fixture = fixture
        fixture.configuration = JournalConfiguration()
        let (journal, _) = try fixture.open()
        try journal.append([entry(1, 1), entry(2, 1, "b"), entry(3, 1, "c")])
        try journal.append([
            .truncate(after: LogIndex(1)), entry(2, 2, "B"),
            .truncate(after: LogIndex(1)), entry(2, 3, "BB"), entry(3, 3, "CC"),
        ])
        let expected = [entryLine(1, 1), entryLine(2, 3, "BB"), entryLine(3, 3, "CC")]
        #expect(try journal.allLines() == expected.map { String(decoding: $0, as: UTF8.self) })
        let (again, recovered) = try fixture.reopen()
        #expect(recovered.terms.runs(from: LogIndex(1), count: 9).map(\.count) == [1, 2])
        #expect(try again.allLines() == expected.map { String(decoding: $0, as: UTF8.self) })
    }

    @Test(arguments: [1, 100, 1_000, Int.max])
    @DiskAside func `entries are read back over segments and truncations`(maximumBytes: Int) throws
    {
        let (journal, _) = try fixture.open()
        for index in 1...60 as ClosedRange<UInt64> {
            try journal.append([entry(index, 1, "old \(index)")])
        }
        try journal.append([vote(2), .truncate(after: LogIndex(20)), entry(21, 2, "new 21")])
        for index in 22...50 as ClosedRange<UInt64> {
            try journal.append([entry(index, 2, "new \(index)")])
        }
        let expected = (1...50 as ClosedRange<UInt64>).map { index in
            let line =
                index <= 20
                ? entryLine(index, 1, "old \(index)") : entryLine(index, 2, "new \(index)")
            return String(decoding: line, as: UTF8.self)
        }
        #expect(try fixture.files().count > 3)
        #expect(try journal.allLines(maximumBytes: maximumBytes) == expected)
        let (again, _) = try fixture.reopen()
        #expect(try again.allLines(maximumBytes: maximumBytes) == expected)
    }
}
