import Storage
import TestSupport
import Testing

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

@Suite struct DiskFileSystemTests {
    let disk = DiskFileSystem()
    let root: String

    init() throws {
        var template = Array("/tmp/swift-chat-XXXXXX".utf8CString)
        let made = unsafe mkdtemp(&template) != nil
        try #require(made)
        root = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    @Test @DiskAside func `files do what the seam promises`() throws {
        defer { remove("") }
        let path = root + "/a"
        let file = try disk.create(path)
        #expect(throws: FileError(.alreadyExists, call: "open", path: path)) {
            _ = try disk.create(path)
        }
        try file.write([1, 2, 3, 4], at: 2)
        #expect(try file.size() == 6)
        #expect(try file.read(at: 1, count: 9) == [0, 1, 2, 3, 4])
        try file.truncate(to: 3)
        try file.synchronize()
        file.close()
        #expect(throws: FileError.self) { _ = try file.size() }
        try disk.rename(path, to: root + "/b")
        #expect(throws: FileError(.notFound, call: "open", path: path)) { _ = try disk.open(path) }
        #expect(try disk.open(root + "/b").read(at: 0, count: 9) == [0, 0, 1])
        try disk.syncDirectory(root)
        #expect(try disk.list(root) == ["b"])
        try disk.remove(root + "/b")
        #expect(try !disk.exists(root + "/b"))
    }

    /// Guards pitfall 50, on a real disk.
    @Test @DiskAside func `pitfall 50: the lock is on the directory and knows it again`() throws {
        defer { remove("/old", "/data", "") }
        let directory = root + "/data"
        #expect(throws: FileError(.notFound, call: "open", path: directory)) {
            _ = try disk.lock(directory)
        }
        try disk.createDirectory(directory)
        let lock = try disk.lock(directory)
        try lock.check()
        #expect(throws: FileError(.isLocked, call: "flock", path: directory)) {
            _ = try disk.lock(directory)
        }
        try disk.rename(directory, to: root + "/old")
        #expect(throws: FileError(.isReplaced, call: "stat", path: directory)) { try lock.check() }
        try disk.createDirectory(directory)
        #expect(throws: FileError(.isReplaced, call: "stat", path: directory)) { try lock.check() }
        let other = try disk.lock(directory)
        try other.check()
        lock.release()
        lock.release()
        try disk.lock(root + "/old").release()
        other.release()
    }

    @Test @DiskAside func `a journal on the disk is there after a restart`() throws {
        let directory = root + "/data/n1"
        defer { remove("/data/n1", "/data", "") }
        let configuration = JournalConfiguration(segmentBytes: 4_096, fillBytes: 1_024)
        func open() throws -> (journal: Journal, recovered: RecoveredJournal) {
            try Journal.open(
                directory: directory,
                id: "n1",
                fileSystem: disk,
                configuration: configuration,
                makeIncarnation: { "8f3a91c04be7d215" }
            )
        }
        let (journal, _) = try open()
        for index in 1...100 as ClosedRange<UInt64> { try journal.append([entry(index, 1)]) }
        #expect(throws: JournalError.locked(directory: directory)) { _ = try open() }
        journal.close()
        let (again, recovered) = try open()
        #expect(recovered.notes.isEmpty && recovered.terms.last.index == LogIndex(100))
        #expect(try again.allLines().count == 100)
        var status = stat()
        let isThere = unsafe stat(directory + "/journal-0000000001.jsonl", &status) == 0
        #expect(isThere && status.st_mode & 0o777 == 0o600)
        again.close()
    }

    /// Removes directories under the root, files first.
    private func remove(_ directories: String...) {
        for directory in directories {
            for name in (try? disk.list(root + directory)) ?? [] {
                try? disk.remove("\(root)\(directory)/\(name)")
            }
            unsafe rmdir(root + directory)
        }
    }
}
