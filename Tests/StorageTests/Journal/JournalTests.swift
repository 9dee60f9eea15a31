import Storage
import Testing

@Suite struct JournalTests {
    let fixture = JournalFixture()

    @Test func `what was appended is there after a restart`() throws {
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
            recovered.terms.runs == [
                TermRun(term: Term(1), first: LogIndex(1)),
                TermRun(term: Term(3), first: LogIndex(3)),
            ]
        )
        #expect(recovered.terms.last == LogPosition(index: LogIndex(3), term: Term(3)))
        #expect(recovered.membershipIndex == LogIndex(1))
        let lines = [entryLine(1, 1, members: true), entryLine(2, 1, "b"), entryLine(3, 3, "c")]
        #expect(try again.allLines() == lines.map { String(decoding: $0, as: UTF8.self) })
    }

    @Test(arguments: [1, 100, 1_000, Int.max])
    func `entries are read back over segments and truncations`(maximumBytes: Int) throws {
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
