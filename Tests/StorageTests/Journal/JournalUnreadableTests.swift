import Storage
import TestSupport
import Testing

/// Entries and files that the disk does not give back.
@Suite struct JournalUnreadableTests {
    let fixture = JournalFixture()

    @Test(arguments: [2, 3])
    @DiskAside func `an entry that can't be read is out of the log once a snapshot holds it`(
        file: Int
    ) throws {
        let journal = try filled()
        let files = try fixture.files()
        #expect(files.count == 3)
        // The last file is the one being written: it can't go.
        let (first, path) = try spoil(file)
        let wanted = LogIndex(UInt64(first) + 1)
        let error = #expect(throws: JournalError.self) {
            _ = try journal.entries(after: wanted.previous, through: LogIndex(28), maximumBytes: 9)
        }
        guard case .unreadable(let index, let damage) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(damage.file == path && index == wanted && wanted < LogIndex(28))
        #expect(try journal.compact(through: index.previous).before.index < index)
        #expect(
            try journal.compact(through: index).before == LogPosition(index: index, term: Term(1))
        )
        #expect(try fixture.files().contains(path))
        try journal.append([entry(29, 1)])
        let rest = try journal.entries(after: LogIndex(28), through: LogIndex(29), maximumBytes: 9)
        #expect(rest.map(\.line) == [entryLine(29, 1)])
    }

    @Test @DiskAside func `what is read well the second time is served`() throws {
        let journal = try filled()
        fixture.disk.fail(.read)
        #expect(try journal.allLines().count == 28)
    }

    @Test @DiskAside func `loads wait for a file to be opened, in order, and nothing else does`()
        throws
    {
        let journal = try filled()
        let told = JournalThreadTests.Report()
        let opened = Mailbox<Bool>()
        let isShort = Lock(true)
        fixture.disk.onCall { (call) throws(FileError) in
            guard call.kind == .open else { return }
            let fails = isShort.withLock { $0 }
            opened.push(!fails)
            if fails { throw FileError(.noSpace(.descriptors), call: "open", path: call.path) }
        }
        let thread = JournalThread(
            journal,
            idle: .seconds(60),
            retry: .milliseconds(1),
            onDurable: { told.tokens.push($0) },
            onFailure: { told.failures.push($0) }
        )
        for last in [1, 28] as [UInt64] {
            let after = LogIndex(last - 1)
            thread.load(after: after, through: LogIndex(last), maximumBytes: 1) {
                told.loads.push($0)
            }
        }
        #expect(opened.takeAll()?.first == false)
        thread.submit([entry(29, 1)], token: 1)
        #expect(told.tokens.takeAll() == [1])
        isShort.withLock { $0 = false }
        var indices: [LogIndex] = []
        while indices.count < 2, let loads = told.loads.takeAll() {
            for load in loads { indices += try load.get().map(\.position.index) }
        }
        #expect(indices == [LogIndex(1), LogIndex(28)])
        thread.stop()
    }

    @Test @DiskAside func `a file that can't be read at a start is damaged, and heals`() throws {
        let journal = try filled()
        try journal.append([])
        journal.close()
        let (first, path) = try spoil(2)
        let (again, recovered) = try fixture.open()
        let damage = try #require(recovered.damages.first)
        #expect(recovered.damages.count == 1 && damage.file == path)
        #expect(damage.reason.contains("input/output error"))
        #expect(recovered.lost == LogPosition(index: LogIndex(28), term: Term(1)))
        let last = again.last.index.value
        #expect(last < UInt64(first) + 2)
        for index in last + 1...28 { try again.append([entry(index, 1, "entry \(index)")]) }
        let (whole, healed) = try fixture.reopen()
        #expect(healed.lost == nil && whole.last.index == LogIndex(28))
    }

    @Test @DiskAside func `a file that a snapshot holds may be unreadable, and so may a snapshot`()
        throws
    {
        let journal = try filled()
        try writeSnapshot(at: LogPosition(index: LogIndex(22), term: Term(1)), in: fixture)
        let bad = fixture.disk.clone()
        try writeSnapshot(at: LogPosition(index: LogIndex(23), term: Term(1)), in: fixture)
        journal.close()
        let snapshots = try fixture.disk.list(JournalFixture.directory).filter {
            $0.hasPrefix("snapshot-")
        }
        let newest = JournalFixture.directory + "/" + (snapshots.max() ?? "")
        fixture.disk.spoil(10..<20, of: newest)
        let (_, recovered) = try fixture.open()
        #expect(recovered.damages.map(\.file) == [newest])
        #expect(recovered.lost == nil)
        var copy = fixture
        copy.disk = bad
        copy.disk.spoil(0..<1, of: try fixture.files()[0])
        #expect(try copy.reopen().recovered.damages.isEmpty)
    }

    @Test @DiskAside func `a newest file that can't be read is refused, with its name`() throws {
        let journal = try filled()
        journal.close()
        let (_, path) = try spoil(3)
        let error = #expect(throws: JournalError.self) { _ = try fixture.open() }
        guard case .damaged(let damage) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(damage.file == path && damage.reason.contains("input/output error"))
    }

    /// Twenty-eight entries in three files.
    private func filled() throws -> Journal {
        let (journal, _) = try fixture.open()
        for index in 1...28 as ClosedRange<UInt64> {
            try journal.append([entry(index, 1, "entry \(index)")])
        }
        return journal
    }

    /// Lets the third line of entries in a file be unreadable, and what stands beside it.
    ///
    /// - Returns: The entry before, and the file.
    private func spoil(_ number: Int) throws -> (before: Int, path: String) {
        let path = fixture.path(number)
        let bytes = try #require(fixture.disk.contents(of: path))
        let pattern = Array("{\"index\":".utf8)
        let places = bytes.indices.filter { bytes[$0...].starts(with: pattern) }
        fixture.disk.spoil(places[2]..<places[2] + 1, of: path)
        let line = String(decoding: bytes[places[1]...].prefix(14), as: UTF8.self)
        let index = line.dropFirst(9).prefix { $0.isNumber }
        return (try #require(Int(index)), path)
    }
}
