import Storage
import TestSupport
import Testing

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// What any version wrote is read as it was then.
@Suite struct GoldenJournalTests {
    @Test @DiskAside func `a journal of every version is read as what it was written as`() throws {
        if let name = unsafe getenv("REGENERATE_GOLDEN") {
            try GoldenJournal(name: unsafe String(cString: name)).regenerate()
        }
        let all = try GoldenJournal.all()
        #expect(!all.isEmpty)
        for golden in all {
            let fixture = try golden.load()
            let (journal, recovered) = try fixture.open()
            let expected = try golden.expected()
            #expect(try GoldenJournal.describe(journal, recovered) == expected, "\(golden)")
            // The same again from what this version wrote beside it; what was dropped is gone.
            journal.close()
            let (again, found) = try fixture.reopen()
            let whole = expected.filter { !$0.hasPrefix("note ") }
            #expect(try GoldenJournal.describe(again, found) == whole, "\(golden), again")
        }
    }
}
