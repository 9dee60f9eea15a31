import Storage
import TestSupport
import Testing

/// Guards pitfall 40: a journal on a full disk, without a thread.
@Suite struct FullDiskTests {
    static func fixture(reserveBytes: Int = 0) -> JournalFixture {
        JournalFixture(
            configuration: JournalConfiguration(
                segmentBytes: 1_600,
                fillBytes: 100,
                indexBytes: 256,
                reserveBytes: reserveBytes
            )
        )
    }

    /// Full before each byte of the script in turn, then with room again.
    @Test(arguments: FileError.SpaceLimit.allCases.filter { $0 != .descriptors })
    @DiskAside
    func `pitfall 40: what finds no space is not there, and is written once there is some`(
        limit: FileError.SpaceLimit
    ) throws {
        var capacity = 0
        var found = 0
        var opens = 0
        while true {
            var fixture = Self.fixture()
            fixture.disk = MemoryFileSystem()
            fixture.disk.setCapacity(capacity, limit)
            var run = FullDiskRun(fixture: fixture, seed: UInt64(capacity))
            try run.play(JournalStep.script, "capacity \(capacity)")
            found += run.full
            opens += run.fullOpens
            if run.full + run.fullOpens == 0 { break }
            capacity += limit == .disk ? 13 : 211
        }
        #expect(capacity > 2_000 && found > 20 && opens > 0)
    }

    @Test @DiskAside func `without space for the filling a batch is written alone`() throws {
        var spared = 0
        for room in stride(from: 0, to: 500, by: 7) {
            var fixture = Self.fixture()
            fixture.disk = MemoryFileSystem()
            let (journal, _) = try fixture.open()
            fixture.disk.setCapacity(fixture.disk.usedBytes + room)
            try? journal.append([entry(1, 1)])
            let count = try journal.allLines().count
            if count == 1, journal.shortage != nil { spared += 1 }
            #expect(count == 1 || journal.shortage != nil)
        }
        // As many bytes as the filling has.
        #expect((10...15).contains(spared), "\(spared)")
    }

    @Test @DiskAside
    func `the reserve is made at the start, once, and given up before anything waits`()
        throws
    {
        let fixture = Self.fixture(reserveBytes: 5_000)
        let (journal, recovered) = try fixture.open()
        #expect(recovered.notes.isEmpty)
        let path = JournalFixture.directory + "/reserve"
        let file = try fixture.disk.open(path)
        #expect(try file.size() == 5_000)
        fixture.disk.setCapacity(fixture.disk.usedBytes)
        var index: UInt64 = 1
        try journal.append([entry(1, 1)])
        #expect(try journal.shortage != nil && !fixture.disk.exists(path))
        while fixture.disk.usedBytes < 4_500 {
            index += 1
            try journal.append([entry(index, 1)])
        }
        // There is no room for it beside what is there.
        try journal.endShortage()
        #expect(try journal.shortage != nil && !fixture.disk.exists(path))
        fixture.disk.setCapacity(fixture.disk.usedBytes + 5_100)
        try journal.endShortage()
        #expect(try journal.shortage == nil && fixture.disk.exists(path))
        fixture.disk.setCapacity(nil)
        let (_, again) = try fixture.reopen()
        #expect(again.notes.isEmpty && again.terms.last.index == LogIndex(index))
    }

    @Test @DiskAside func `a start on a full disk uses up the reserve, and says so`() throws {
        let fixture = Self.fixture(reserveBytes: 5_000)
        try fixture.open().journal.append([entry(1, 1)])
        fixture.disk.setCapacity(fixture.disk.usedBytes)
        let (journal, recovered) = try fixture.reopen()
        #expect(recovered.notes.count == 1 && recovered.notes[0].contains("no space left"))
        #expect(journal.shortage != nil)
        try journal.append([vote(2, for: "n2")])
        #expect(try fixture.reopen().recovered.vote.term == Term(2))
    }

    @Test @DiskAside func `a start without room for a reserve is a shortage, and says so`() throws {
        let fixture = Self.fixture(reserveBytes: 5_000)
        fixture.disk.setCapacity(4_000)
        let (journal, recovered) = try fixture.open()
        #expect(recovered.notes.count == 1 && journal.shortage != nil)
        #expect(try !fixture.disk.exists(JournalFixture.directory + "/reserve"))
        #expect(fixture.disk.usedBytes < 1_000)
        fixture.disk.setCapacity(nil)
        try journal.endShortage()
        #expect(journal.shortage == nil)
    }

    @Test @DiskAside func `a reserve of another length is made again`() throws {
        _ = try Self.fixture(reserveBytes: 5_000).open()
        let fixture = Self.fixture(reserveBytes: 5_000)
        _ = try fixture.open()
        var other = fixture
        other.configuration.reserveBytes = 700
        _ = try other.reopen()
        let file = try fixture.disk.open(JournalFixture.directory + "/reserve")
        #expect(try file.size() == 700)
    }

    @Test(arguments: [FileCall.Kind.truncate, .synchronize])
    @DiskAside func `what can't be cut off again ends the journal`(kind: FileCall.Kind) throws {
        let fixture = Self.fixture()
        let (journal, _) = try fixture.open()
        try journal.append([entry(1, 1)])
        fixture.disk.setCapacity(fixture.disk.usedBytes)
        fixture.disk.fail(kind)
        let error = #expect(throws: JournalError.self) {
            for index in 2...9 as ClosedRange<UInt64> { try journal.append([entry(index, 1)]) }
        }
        guard case .failed = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        let calls = fixture.disk.calls
        #expect(throws: JournalError.self) { try journal.append([]) }
        #expect(throws: JournalError.self) { try journal.endShortage() }
        #expect(fixture.disk.calls == calls)
    }

    /// The file may be on the disk, whole but for its filling, and its removal not.
    @Test(arguments: 1...16 as ClosedRange<UInt64>)
    @DiskAside func `a file begun without space does not come back over what followed`(seed: UInt64)
        throws
    {
        let long = String(repeating: "x", count: 600)
        func begin() throws -> (disk: MemoryFileSystem, journal: Journal) {
            var fixture = Self.fixture()
            fixture.disk = MemoryFileSystem()
            let (journal, _) = try fixture.open()
            try journal.append([entry(1, 1, long)])
            try journal.append([entry(2, 1, long)])
            return (fixture.disk, journal)
        }
        let (other, control) = try begin()
        let before = other.usedBytes
        try control.append([entry(3, 1, long)])
        let (disk, journal) = try begin()
        // The control has closed the file before: 100 bytes of filling less, a line of 45 more.
        disk.setCapacity(other.usedBytes + 5)
        // For the second attempt, without filling, there would be space.
        disk.fail(.create, with: .noSpace(.disk), after: 1)
        #expect(throws: JournalError.self) { try journal.append([entry(3, 1, long)]) }
        #expect(disk.usedBytes == before)
        disk.setCapacity(nil)
        disk.heal()
        try journal.append([entry(3, 1, "b")])
        var generator = SeededGenerator(seed: seed)
        disk.powerLoss(using: &generator)
        var fixture = Self.fixture()
        fixture.disk = disk
        let lines = try fixture.open().journal.allLines()
        #expect(lines.count == 3 && lines.last?.contains(#""op":"b""#) == true)
    }
}

/// Plays steps on a disk that is full at some point, and makes room when it is.
struct FullDiskRun {
    let fixture: JournalFixture
    let seed: UInt64
    private(set) var full = 0
    private(set) var fullOpens = 0
    private var model = JournalModel()

    init(fixture: JournalFixture, seed: UInt64) {
        self.fixture = fixture
        self.seed = seed
    }

    mutating func play(_ steps: [JournalStep], _ place: String) throws {
        let journal: Journal
        do {
            (journal, _) = try fixture.open()
        } catch JournalError.full {
            fullOpens += 1
            fixture.disk.setCapacity(nil)
            (journal, _) = try fixture.open()
        }
        model.incarnation = journal.identity.node.incarnation
        for step in steps {
            do {
                try step.perform(on: journal)
            } catch JournalError.full {
                full += 1
                try check(journal, place)
                fixture.disk.setCapacity(nil)
                try step.perform(on: journal)
                model = step.applied(to: model)
                try check(journal, place)
                continue
            }
            model = step.applied(to: model)
        }
        try check(journal, place)
    }

    /// What is there must be what was acknowledged and nothing else, also after a power loss.
    private func check(_ journal: Journal, _ place: String) throws {
        #expect(try journal.allLines() == model.lines, "\(place)")
        var copy = fixture
        copy.disk = fixture.disk.clone()
        copy.disk.setCapacity(nil)
        var generator = SeededGenerator(seed: seed)
        copy.disk.powerLoss(using: &generator)
        let found = try JournalRun(fixture: copy).recover().found
        if found != model { Issue.record("\(place): \(found.lines.count) lines, \(found.vote)") }
    }
}

extension JournalStep {
    func perform(on journal: Journal) throws {
        switch self {
        case .append(let records): try journal.append(records)
        case .adopt(let cluster): try journal.adopt(cluster: cluster)
        }
    }

    func applied(to model: JournalModel) -> JournalModel {
        switch self {
        case .append(let records): return model.applying(records)
        case .adopt(let cluster):
            var model = model
            model.cluster = cluster
            return model
        }
    }
}
