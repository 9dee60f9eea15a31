import Storage
import TestSupport
import Testing

/// Guards pitfall 50: who owns a directory, whatever happens to the names in it.
@Suite struct JournalLockTests {
    let fixture = JournalFixture()

    @Test @DiskAside func `pitfall 50: no file that is removed frees the directory`() throws {
        let (journal, _) = try fixture.open()
        try journal.append([entry(1, 1)])
        for name in try fixture.disk.list(JournalFixture.directory) {
            let left = fixture.disk.clone()
            try left.remove("\(JournalFixture.directory)/\(name)")
            #expect(throws: FileError.self) { _ = try left.lock(JournalFixture.directory) }
        }
        #expect(try fixture.disk.list(JournalFixture.directory).contains("lock") == false)
    }

    @Test(arguments: [false, true])
    @DiskAside func `pitfall 50: a directory that was moved takes nothing more`(
        _ isReplaced: Bool
    ) throws {
        let (journal, _) = try fixture.open()
        try journal.append([entry(1, 1)])
        try fixture.disk.rename(JournalFixture.directory, to: "/data/old")
        if isReplaced { _ = try fixture.open() }
        let before = isReplaced ? try fixture.files() : []
        let error = #expect(throws: JournalError.self) { try journal.append([entry(2, 1)]) }
        #expect(error?.description.contains("moved, removed or replaced") == true)
        #expect(throws: JournalError.self) { try journal.adopt(cluster: "c1") }
        #expect(isReplaced ? try fixture.files() == before : true)
    }

    @Test @DiskAside func `pitfall 50: a new file is not made in another's directory`() throws {
        let (journal, _) = try fixture.open()
        try fixture.disk.rename(JournalFixture.directory, to: "/data/old")
        _ = try fixture.open()
        let before = try fixture.files()
        #expect(throws: JournalError.self) { try journal.adopt(cluster: "c1") }
        let store = SnapshotStore(
            directory: JournalFixture.directory,
            fileSystem: fixture.disk,
            lock: journal.lock
        )
        #expect(throws: SnapshotError.self) {
            try store.write(SnapshotSample(1).head) { (_) throws(SnapshotError) in }
        }
        #expect(try fixture.files() == before)
        #expect(try store.indices().isEmpty)
    }

    /// Guards pitfall 51.
    @Test @DiskAside func `pitfall 51: an examination changes nothing and holds the lock`() throws {
        let (journal, _) = try fixture.open()
        try journal.append([entry(1, 1)])
        fixture.disk.processCrash()
        let before = try contents()
        let examined = try examine()
        #expect(examined.recovered.terms.last.index == LogIndex(1))
        let lines = try examined.entries(after: .zero, through: LogIndex(9), maximumBytes: .max)
        #expect(lines.map(\.line) == [entryLine(1, 1)])
        #expect(throws: JournalError.locked(directory: JournalFixture.directory)) {
            _ = try examine()
        }
        #expect(try contents() == before)
        examined.release()
        let (again, _) = try examine().resume()
        #expect(try again.allLines().count == 1)
        #expect(try contents() != before)
    }

    @Test @DiskAside func `of two first starts the second is refused`() throws {
        let first = try examine()
        let second = try examine()
        let (journal, _) = try first.resume()
        #expect(throws: JournalError.locked(directory: JournalFixture.directory)) {
            _ = try second.resume()
        }
        journal.close()
        // Nor may it take over what the first one has left.
        #expect(throws: JournalError.locked(directory: JournalFixture.directory)) {
            _ = try second.resume()
        }
    }

    private func examine() throws(JournalError) -> ExaminedJournal {
        try Journal.examine(
            directory: JournalFixture.directory,
            id: "n1",
            fileSystem: fixture.disk,
            configuration: fixture.configuration,
            makeIncarnation: { "8f3a91c04be7d215" }
        )
    }

    private func contents() throws -> [[UInt8]?] {
        try fixture.files().map { fixture.disk.contents(of: $0) }
    }
}
