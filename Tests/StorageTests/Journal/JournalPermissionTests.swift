import Storage
import TestSupport
import Testing

/// A journal where the user may not do all.
@Suite struct JournalPermissionTests {
    private let disk = MemoryFileSystem()

    private func open(
        _ fileSystem: LimitedFileSystem,
        in directory: String
    ) throws(JournalError) -> Journal {
        try Journal.open(
            directory: directory,
            id: "n1",
            fileSystem: fileSystem,
            makeIncarnation: { "8f3a91c04be7d215" }
        ).journal
    }

    @Test @DiskAside func `a directory below one that may not be read is used`() throws {
        try disk.createDirectories("/srv/chat")
        let limited = LimitedFileSystem(disk: disk, unreadable: ["/", "/srv"])
        let journal = try open(limited, in: "/srv/chat/n1")
        try journal.append([entry(1, 1)])
        journal.close()
        try open(limited, in: "/srv/chat/n1").close()
    }

    @Test @DiskAside
    func `a directory that is made where it can't be made durable is refused`() throws {
        try disk.createDirectories("/srv")
        let limited = LimitedFileSystem(disk: disk, unreadable: ["/srv"])
        let error = #expect(throws: JournalError.self) {
            try open(limited, in: "/srv/chat/n1")
        }
        #expect("\(try #require(error))".contains("/srv: permission denied"))
    }

    @Test @DiskAside func `a look at a journal and a snapshot needs no right to write`() throws {
        let journal = try open(LimitedFileSystem(disk: disk), in: "/n1")
        for index in 1...20 as ClosedRange<UInt64> { try journal.append([entry(index, 1)]) }
        journal.close()
        let limited = LimitedFileSystem(disk: disk, isReadOnly: true)
        let view = try #require(try JournalView.read(directory: "/n1", fileSystem: limited))
        #expect(try view.allDamages() == [] && view.allLines().count == 20)
        #expect(throws: JournalError.self) { try open(limited, in: "/n1") }
    }
}
