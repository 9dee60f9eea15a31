#if os(Linux)
import Glibc
import Storage
import TestSupport
import Testing

/// Faults of real file systems and of the process's limits.
@Suite(.serialized, .timeLimit(.minutes(20))) struct RealDiskTests {
    static let configuration = JournalConfiguration(
        segmentBytes: 256 << 10,
        fillBytes: 64 << 10,
        reserveBytes: 256 << 10
    )

    static func open(
        _ directory: String,
        _ configuration: JournalConfiguration = configuration
    ) throws(JournalError) -> sending (journal: Journal, recovered: RecoveredJournal) {
        try Journal.open(
            directory: directory,
            id: "n1",
            fileSystem: DiskFileSystem(),
            configuration: configuration,
            makeIncarnation: { "8f3a91c04be7d215" }
        )
    }

    /// Submits entries until the disk is full and the last of them waits.
    ///
    /// - Returns: Their number, and why.
    static func fill(
        _ thread: JournalThread,
        _ told: JournalSpaceTests.Told
    ) throws -> (index: UInt64, reason: FileError.Reason) {
        let text = String(repeating: "x", count: 8_000)
        var said: [JournalSpace] = []
        for index in 1...10_000 as ClosedRange<UInt64> {
            thread.submit([vote(index, for: "n2"), entry(index, index, text)], token: index)
            var tokens: [UInt64] = []
            // Out of the reserve it goes on: only what takes long then waits.
            for _ in 0..<500 where tokens.isEmpty {
                said += told.space.takeAll(waiting: .zero) ?? []
                let limit = said.isEmpty ? Duration.milliseconds(20) : .milliseconds(500)
                tokens = told.tokens.takeAll(waiting: limit) ?? []
                if tokens.isEmpty, case .full(let error)? = said.last {
                    return (index, error.reason)
                }
            }
            // It failed in another way than for want of space.
            if tokens.isEmpty { break }
        }
        throw FileError(.notFound, call: "fill", path: "the end of what is there")
    }

    @Test(.enabled(if: SmallDisk.isAllowed, SmallDisk.need))
    @DiskAside
    func `on a full disk the reserve is written into, and with room it goes on by itself`()
        throws
    {
        let small = try SmallDisk(bytes: 2 << 20)
        let disk = DiskFileSystem()
        let ballast = try disk.create(small.path + "/ballast")
        try ballast.allocate(512 << 10)
        ballast.close()
        let directory = small.path + "/n1"
        let told = JournalSpaceTests.Told()
        let thread = told.start(try Self.open(directory).journal)
        let reserve = directory + "/reserve"
        #expect(try disk.open(reserve).size() == 256 << 10)
        let (index, reason) = try Self.fill(thread, told)
        #expect(try reason == .noSpace(.disk) && !disk.exists(reserve))
        thread.load(after: .zero, through: LogIndex(1), maximumBytes: 1) { told.loads.push($0) }
        #expect(
            try told.loads.takeAll(waiting: JournalSpaceTests.patience)?.first?.get().count == 1
        )
        try disk.remove(small.path + "/ballast")
        #expect(told.token(index))
        #expect(told.space.takeAll(waiting: JournalSpaceTests.patience) == [.free])
        thread.stop()
        #expect(try disk.exists(reserve))
        let (journal, recovered) = try Self.open(directory)
        #expect(recovered.terms.lastIndex == LogIndex(index) && recovered.vote.term == Term(index))
        #expect(try journal.allLines().count == Int(index))
        journal.close()
    }

    @Test(.enabled(if: SmallDisk.isAllowed, SmallDisk.need))
    @DiskAside func `a disk that can't be written is refused at the start, and nothing changes`()
        throws
    {
        let small = try SmallDisk(bytes: 2 << 20)
        let directory = small.path + "/n1"
        let (journal, _) = try Self.open(directory)
        try journal.append([entry(1, 1)])
        journal.close()
        let names = try DiskFileSystem().list(directory)
        try small.setReadOnly(true)
        let error = #expect(throws: JournalError.self) { _ = try Self.open(directory) }
        guard case .file(let file) = error, case .system(EROFS, _) = file.reason else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(try DiskFileSystem().list(directory) == names)
        try small.setReadOnly(false)
        let (again, recovered) = try Self.open(directory)
        #expect(recovered.terms.lastIndex == LogIndex(1) && recovered.notes.isEmpty)
        again.close()
    }

    @Test func `a limit on the length of files is waited for, as a full disk is`() async {
        await #expect(processExitsWith: .success) {
            // A node does so too; without it the system ends the process.
            signal(SIGXFSZ, SIG_IGN)
            try Self.underLimit(RLIMIT_FSIZE, .fileSize) { 100_000 }
        }
    }

    @Test func `a limit on open files is waited for, as a full disk is`() async {
        await #expect(processExitsWith: .success) {
            // None is left for the next segment: what is free below the highest one is taken.
            try Self.underLimit(RLIMIT_NOFILE, .descriptors) {
                let highest = (0..<4_096).last { fcntl($0, F_GETFD) != -1 } ?? 0
                while dup(0) < highest {}
                return rlim_t(highest) + 1
            }
        }
    }

    private static func underLimit(
        _ kind: __rlimit_resource,
        _ reason: FileError.SpaceLimit,
        _ value: () -> rlim_t
    ) throws {
        let directory = "/tmp/swift-chat-limit-\(getpid())"
        defer { RealDirectory.remove(directory) }
        var configuration = configuration
        configuration.reserveBytes = 0
        let told = JournalSpaceTests.Told()
        let thread = told.start(try open(directory, configuration).journal)
        var limit = rlimit()
        unsafe getrlimit(CInt(kind.rawValue), &limit)
        let before = limit.rlim_cur
        limit.rlim_cur = value()
        unsafe setrlimit(CInt(kind.rawValue), &limit)
        let (index, found) = try fill(thread, told)
        #expect(index > 5 && found == .noSpace(reason))
        limit.rlim_cur = before
        unsafe setrlimit(CInt(kind.rawValue), &limit)
        #expect(told.token(index))
        thread.stop()
        let (journal, recovered) = try open(directory, configuration)
        #expect(recovered.terms.lastIndex == LogIndex(index))
        journal.close()
    }

    /// Guards pitfall 39.
    @Test func `pitfall 39: a second process on the directory is refused and changes nothing`()
        async throws
    {
        let directory = "/tmp/swift-chat-two-\(getpid())"
        defer { RealDirectory.remove(directory) }
        let (journal, _) = try Self.open(directory)
        try journal.append([entry(1, 1)])
        await #expect(processExitsWith: .exitCode(3)) {
            let directory = "/tmp/swift-chat-two-\(getppid())"
            let names = try DiskFileSystem().list(directory)
            do { _ = try Self.open(directory) } catch JournalError.locked(directory) {
                exit(try DiskFileSystem().list(directory) == names && names.count > 1 ? 3 : 4)
            }
        }
        try journal.append([entry(2, 1)])
        journal.close()
        let (again, recovered) = try Self.open(directory)
        #expect(recovered.terms.lastIndex == LogIndex(2))
        again.close()
    }
}

/// A directory of files alone, on the disk.
enum RealDirectory {
    static func remove(_ path: String) {
        let disk = DiskFileSystem()
        for name in (try? disk.list(path)) ?? [] { try? disk.remove("\(path)/\(name)") }
        unsafe rmdir(path)
    }
}
#endif
