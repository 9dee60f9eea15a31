import Storage
import TestSupport
import Testing

/// A look at a journal shows what a start would find, and leaves no trace.
@Suite struct JournalViewTests {
    typealias Sample = JournalRecoveryTests.Sample

    /// What a look or a start finds.
    struct Findings: Equatable {
        var identity: JournalIdentity
        var vote: Vote
        var terms: LogTerms
        var membership: LogIndex?
        var snapshot: SnapshotHead?
        var lost: LogPosition?
        var damages: [JournalDamage]
        var notes: [String]
        var lines: [String]
    }

    static func look(_ fixture: JournalFixture) throws(JournalError) -> Findings? {
        let found = try JournalView.read(
            directory: JournalFixture.directory,
            fileSystem: fixture.disk
        )
        guard let view = found else { return nil }
        return Findings(
            identity: view.identity,
            vote: view.vote,
            terms: view.terms,
            membership: view.membershipIndex,
            snapshot: view.snapshots.head,
            lost: view.lost,
            damages: view.snapshots.damages + view.damages,
            notes: view.notes,
            lines: try view.allLines()
        )
    }

    static func start(_ fixture: JournalFixture) throws(JournalError) -> Findings {
        let (journal, recovered) = try fixture.reopen()
        return Findings(
            identity: recovered.identity,
            vote: recovered.vote,
            terms: recovered.terms,
            membership: recovered.membershipIndex,
            snapshot: recovered.snapshot,
            lost: recovered.lost,
            damages: recovered.damages,
            notes: recovered.notes,
            lines: try journal.allLines()
        )
    }

    /// Looks, checks that nothing changed, then starts and compares.
    static func expectAgreement(_ fixture: JournalFixture, _ name: String) throws {
        fixture.disk.processCrash()
        let before = try bytes(fixture)
        let looked = Result { () throws(JournalError) in try look(fixture) }
        #expect(try bytes(fixture) == before, "\(name)")
        let started = Result { () throws(JournalError) in
            try start(fixture) as Findings?
        }
        if looked != started { Issue.record("\(name): \(looked), but \(started)") }
    }

    /// All files with their bytes.
    static func bytes(_ fixture: JournalFixture) throws -> [String: [UInt8]] {
        var found: [String: [UInt8]] = [:]
        for name in try fixture.disk.list(JournalFixture.directory) {
            found[name] = fixture.disk.contents(of: "\(JournalFixture.directory)/\(name)")
        }
        return found
    }

    @Test @DiskAside func `a look finds what a start finds, torn or damaged, and changes nothing`()
        throws
    {
        var cases: [(String, @Sendable (Sample) -> [UInt8])] = []
        for (name, change, _) in JournalRecoveryTests.tears { cases.append((name, change)) }
        for (name, change, _) in JournalDamageTests.damages { cases.append((name, change)) }
        for (name, change) in cases {
            let sample = try Sample()
            sample.fixture.disk.setContents(of: sample.path, to: change(sample))
            try Self.expectAgreement(sample.fixture, name)
        }
        #expect(cases.count == 29)
    }

    @Test(arguments: 0..<2)
    @DiskAside func `a look agrees with a start about any flipped bit of any file`(part: Int) throws
    {
        let run = try JournalDamageTests.Run()
        var flips = 0
        for (path, bytes) in run.files {
            for offset in stride(from: part * 33, to: bytes.count, by: 67) {
                let copy = run.clone()
                copy.fixture.disk.flip(bit: offset * 8 + 2, of: path)
                try Self.expectAgreement(copy.fixture, "\(path), byte \(offset)")
                flips += 1
            }
        }
        #expect(flips > 40)
    }

    @Test @DiskAside func `a look agrees with a start about every crash and lost power`() throws {
        var compared = 0
        for calls in stride(from: 12, to: 90, by: 3) {
            var run = JournalRun(fixture: JournalCrashTests.fixture)
            run.fixture.disk = MemoryFileSystem()
            run.fixture.disk.crash(afterCalls: calls, .during)
            try run.run(JournalStep.script)
            var generator = SeededGenerator(seed: UInt64(calls))
            run.fixture.disk.powerLoss(using: &generator)
            let isMade = try run.fixture.disk.exists(JournalFixture.directory)
            guard isMade, try Self.look(run.fixture) != nil else { continue }
            compared += 1
            try Self.expectAgreement(run.fixture, "crash at call \(calls)")
        }
        #expect(compared > 12)
    }

    @Test @DiskAside func `a look agrees with a start about snapshots, fitting, newer and missing`()
        throws
    {
        for kind in 0..<4 {
            let fixture = JournalFixture()
            let (journal, _) = try fixture.open()
            let long = String(repeating: "x", count: 300)
            for index in 1...20 as ClosedRange<UInt64> {
                try journal.append([entry(index, 3, long, members: index == 2)])
            }
            let store = SnapshotStore(
                directory: JournalFixture.directory,
                fileSystem: fixture.disk
            )
            try SnapshotSample(kind == 1 ? 50 : 15).write(to: store)
            if kind > 1 { try journal.compact(through: LogIndex(15)) }
            let path = "\(JournalFixture.directory)/snapshot-0000000015.jsonl"
            if kind == 2 { fixture.disk.flip(bit: 800, of: path) }
            if kind == 3 { try fixture.disk.remove(path) }
            try Self.expectAgreement(fixture, "kind \(kind)")
        }
    }

    @Test @DiskAside
    func `a directory without a journal is no journal, one that is missing an error`()
        throws
    {
        let fixture = JournalFixture()
        #expect(throws: JournalError.self) { try Self.look(fixture) }
        try fixture.disk.createDirectories(JournalFixture.directory)
        #expect(try Self.look(fixture) == nil)
    }

    @Test @DiskAside func `a look takes no lock, and sees what an open journal holds`() throws {
        let fixture = JournalFixture()
        let (journal, _) = try fixture.open()
        for index in 1...30 as ClosedRange<UInt64> {
            try journal.append([entry(index, 1, String(repeating: "x", count: 100))])
            let before = try Self.bytes(fixture)
            let found = try #require(try Self.look(fixture))
            #expect(try found.lines == journal.allLines() && found.notes == [])
            #expect(try Self.bytes(fixture) == before)
        }
    }

    @Test @DiskAside func `all damaged lines are told, not only the first`() throws {
        let run = try JournalDamageTests.Run()
        var flipped: [String] = []
        // The first file ends before the first entry: nothing of it is needed.
        for (path, bytes) in run.files.dropFirst().dropLast() {
            for offset in [bytes.count * 3 / 5, bytes.count * 4 / 5] {
                run.fixture.disk.flip(bit: offset * 8, of: path)
                flipped.append(path)
            }
        }
        let view = try #require(
            try JournalView.read(
                directory: JournalFixture.directory,
                fileSystem: run.fixture.disk
            )
        )
        let found = try view.allDamages()
        #expect(view.damages.count == 1 && found.first == view.damages.first)
        #expect(found.count > 4 && Set(found.map(\.file)) == Set(flipped))
    }
}

/// Damage that costs nothing is damage all the same: the disk lost what it was given.
@Suite struct JournalViewCoveredTests {
    private static func view(_ fixture: JournalFixture) throws -> JournalView {
        try #require(
            try JournalView.read(
                directory: JournalFixture.directory,
                fileSystem: fixture.disk
            )
        )
    }

    /// The first file ends before the first entry, so the log may begin with the second one.
    @Test(arguments: [false, true])
    @DiskAside func `a flipped byte of a superseded first file is told, and the file goes`(
        behindHead: Bool
    ) throws {
        let fixture = JournalFixture()
        let (first, _) = try fixture.open()
        try first.adopt(cluster: "c1")
        for index in 1...5 as ClosedRange<UInt64> { try first.append([entry(index, 1)]) }
        first.close()
        #expect(try Self.view(fixture).allDamages() == [])
        let path = try #require(try fixture.files().first)
        let bytes = try fixture.disk.open(path).read(at: 0, count: 4_096)
        let head = try #require(bytes.firstIndex(of: UInt8(ascii: "\n")))
        fixture.disk.flip(bit: (behindHead ? head + 6 : 20) * 8, of: path)
        let view = try Self.view(fixture)
        #expect(view.damages == [] && view.covered.map(\.file) == [path])
        #expect(try view.allDamages().map(\.file).contains(path))
        #expect(view.superseded == [path] && view.terms.lastIndex == LogIndex(5))
        try fixture.reopen().journal.close()
        #expect(try !fixture.files().contains(path))
        #expect(try Self.view(fixture).allDamages() == [])
    }

    @Test @DiskAside func `a damaged line that a snapshot covers is told`() throws {
        let fixture = JournalFixture()
        let (journal, _) = try fixture.open()
        for index in 1...60 as ClosedRange<UInt64> {
            try journal.append([entry(index, 1, String(repeating: "x", count: 100))])
        }
        journal.close()
        let files = try fixture.files()
        let head = SnapshotHead(
            cluster: "c1",
            position: LogPosition(index: LogIndex(50), term: Term(1)),
            membershipIndex: .zero,
            membership: Array(#"{"incoming":[]}"#.utf8),
            schema: 1
        )
        let store = SnapshotStore(
            directory: JournalFixture.directory,
            fileSystem: fixture.disk
        )
        try store.write(head) { (_) throws(SnapshotError) in }
        fixture.disk.flip(bit: 700 * 8, of: files[1])
        let view = try Self.view(fixture)
        #expect(view.damages == [] && view.covered.map(\.file) == [files[1]])
        #expect(try view.allDamages().map(\.file).contains(files[1]))
        #expect(view.terms.lastIndex == LogIndex(60))
    }
}

extension JournalView {
    func allLines() throws(JournalError) -> [String] {
        var lines: [String] = []
        var after = terms.before.index
        while after < terms.lastIndex {
            let found = try entries(after: after, through: LogIndex(.max), maximumBytes: 500)
            guard let end = found.last else { break }
            lines += found.map { String(decoding: $0.line, as: UTF8.self) }
            after = end.position.index
        }
        return lines
    }
}
