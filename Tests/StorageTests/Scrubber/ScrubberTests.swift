import Storage
import TestSupport
import Testing

/// Rot in files that nobody reads is found while the node runs; what is good is not accused.
@Suite struct ScrubberTests {
    static let patience = Duration.seconds(120)

    /// A journal that runs, with closed files and a snapshot beside it.
    struct Running {
        let fixture = JournalFixture()
        let thread: JournalThread
        let snapshots: SnapshotStore
        let sample = SnapshotSample(2)
        let tokens = Mailbox<UInt64>()
        let found = Mailbox<ScrubFinding>()
        /// The paths of the closed files.
        let closed: [String]

        init() throws {
            let (journal, _) = try fixture.open()
            let long = String(repeating: "x", count: 300)
            for index in 1...20 as ClosedRange<UInt64> {
                try journal.append([entry(index, 1, long)])
            }
            snapshots = SnapshotStore(
                directory: JournalFixture.directory,
                fileSystem: fixture.disk
            )
            try sample.write(to: snapshots)
            closed = try fixture.files().dropLast()
            let tokens = tokens
            thread = JournalThread(
                journal,
                idle: .seconds(60),
                onDurable: { tokens.push($0) },
                onFailure: { Issue.record("\($0)") }
            )
        }

        var snapshotPath: String { "\(JournalFixture.directory)/snapshot-0000000002.jsonl" }

        func scrub() -> Scrubber {
            let found = found
            return Scrubber(
                journal: thread,
                snapshots: snapshots,
                pace: ScrubPace(bytesPerSecond: 1 << 30, rest: .microseconds(10)),
                onDamage: { found.push($0) }
            )
        }

        /// Appends entries while the scrubber reads, until it has read everything again.
        ///
        /// A pass ends with a look for snapshots: that this is seen twice means a whole pass.
        func append(
            _ indices: ClosedRange<UInt64>,
            passes: Int = 3,
            _ hook: (@Sendable (FileCall) -> Void)? = nil
        ) throws {
            let looks = Mailbox<Void>()
            fixture.disk.onCall { (call) throws(FileError) in
                hook?(call)
                if call.kind == .list { looks.push(()) }
            }
            for index in indices { thread.submit([entry(index, 1, "more")], token: index) }
            var seen = 0
            while seen < passes {
                let more = looks.takeAll(waiting: ScrubberTests.patience)?.count ?? 0
                try #require(more > 0, "the scrubber does not read")
                seen += more
            }
            var durable: UInt64 = 0
            while durable < indices.upperBound {
                durable = try #require(tokens.takeAll(waiting: ScrubberTests.patience)?.last)
            }
            fixture.disk.onCall(nil)
        }
    }

    @Test @DiskAside func `nothing is said of what is good, whatever is written beside it`() throws
    {
        let running = try Running()
        #expect(running.closed.count >= 3)
        let scrubber = running.scrub()
        try running.append(21...80, passes: 10)
        scrubber.stop()
        #expect(running.found.takeAll(waiting: .zero) == [])
        running.thread.stop()
    }

    @Test @DiskAside
    func `a flipped bit in a closed file is told once, with its place and its last entry`()
        throws
    {
        let running = try Running()
        let path = running.closed[1]
        let bytes = try #require(running.fixture.disk.contents(of: path))
        let start = try #require(
            bytes.indices.first { bytes.holds(Array("\n{\"index\":".utf8), at: $0) }
        )
        let offset = start + 1
        let last = try #require(
            bytes.split(separator: 10).last { $0.starts(with: Array("{\"index\":".utf8)) }
        )
        let index = try EntryIndex(Array(last)).index
        running.fixture.disk.flip(bit: (offset + 100) * 8 + 1, of: path)
        let scrubber = running.scrub()
        let found = running.found.takeAll(waiting: Self.patience)
        try running.append(21...40)
        scrubber.stop()
        let more = running.found.takeAll(waiting: .zero)
        let finding = try #require(found?.first)
        #expect(found?.count == 1 && more == [])
        #expect(finding.damage.file == path && finding.damage.offset == offset)
        #expect(finding.damage.line == 1 + bytes[..<offset].count { $0 == 10 })
        #expect(finding.damage.reason == "the line's checksum does not fit")
        #expect(finding.last == LogIndex(index))
        running.thread.stop()
    }

    @Test @DiskAside func `every byte that counts of a closed file is watched`() throws {
        let running = try Running()
        let path = running.closed[0]
        let bytes = try #require(running.fixture.disk.contents(of: path))
        let end = try #require(
            bytes.indices.first { bytes.holds(Array("{\"closed\":".utf8), at: $0) }
        )
        var found = 0
        for offset in stride(from: 0, to: end, by: 29) {
            running.fixture.disk.flip(bit: offset * 8 + offset % 8, of: path)
            let scrubber = running.scrub()
            if running.found.takeAll(waiting: Self.patience)?.first?.damage.file == path {
                found += 1
            }
            scrubber.stop()
            _ = running.found.takeAll(waiting: .zero)
            running.fixture.disk.flip(bit: offset * 8 + offset % 8, of: path)
        }
        #expect(found == (end + 28) / 29)
        running.thread.stop()
    }

    @Test @DiskAside func `a flipped bit in a snapshot is told once`() throws {
        let running = try Running()
        let bytes = try #require(running.fixture.disk.contents(of: running.snapshotPath))
        let head = try #require(bytes.firstIndex(of: 10))
        running.fixture.disk.flip(bit: (head + 9) * 8, of: running.snapshotPath)
        let scrubber = running.scrub()
        let found = running.found.takeAll(waiting: Self.patience)
        try running.append(21...40)
        scrubber.stop()
        #expect(found?.map(\.damage.file) == [running.snapshotPath])
        #expect(found?.first?.damage.line == 2 && found?.first?.last == .zero)
        #expect(running.found.takeAll(waiting: .zero) == [])
        running.thread.stop()
    }

    @Test @DiskAside func `a file that is cut, or fails to be read, is told`() throws {
        for change in 0..<3 {
            let running = try Running()
            let path = running.closed[0]
            let bytes = try #require(running.fixture.disk.contents(of: path))
            switch change {
            case 0: running.fixture.disk.setContents(of: path, to: Array(bytes.dropLast(40)))
            case 1: running.fixture.disk.setContents(of: path, to: bytes.map { _ in 10 })
            default: running.fixture.disk.fail(.read, of: path, times: .max)
            }
            let scrubber = running.scrub()
            let finding = running.found.takeAll(waiting: Self.patience)?.first
            scrubber.stop()
            #expect(finding?.damage.file == path, "change \(change)")
            #expect(running.found.takeAll(waiting: .zero) == [], "change \(change)")
            running.thread.stop()
        }
    }

    @Test @DiskAside func `what reads well the second time is not told`() throws {
        let running = try Running()
        for path in running.closed + [running.snapshotPath] {
            running.fixture.disk.misread(bit: 120 * 8 + 3, of: path)
        }
        let scrubber = running.scrub()
        try running.append(21...40, passes: 6)
        scrubber.stop()
        #expect(running.found.takeAll(waiting: .zero) == [])
        running.thread.stop()
    }

    @Test @DiskAside
    func `a file that is dropped meanwhile, or can't be opened for now, is not told`()
        throws
    {
        let running = try Running()
        let (thread, closed) = (running.thread, running.closed)
        let compacted = Mailbox<Bool>()
        let isFirst = Lock(true)
        running.fixture.disk.fail(.open, of: closed[1], with: .noSpace(.descriptors), times: 2)
        let scrubber = running.scrub()
        try running.append(21...40, passes: 6) { call in
            // While the scrubber is at the first file, all closed ones go.
            guard call.kind == .open, call.path == closed[0] else { return }
            guard
                isFirst.withLock({ isFirst in
                    defer { isFirst = false }
                    return isFirst
                })
            else { return }
            thread.compact(through: LogIndex(20)) { result in
                if case .success(let done) = result { compacted.push(done.before.index > .zero) }
            }
        }
        #expect(compacted.takeAll(waiting: Self.patience) == [true])
        let newer = SnapshotSample(30)
        try newer.write(to: running.snapshots)
        try running.append(41...42, passes: 6)
        scrubber.stop()
        #expect(running.found.takeAll(waiting: .zero) == [])
        #expect(try running.fixture.disk.exists(closed[0]) == false)
        running.thread.stop()
    }

    @Test(arguments: [ScrubPace(bytesPerSecond: 1, rest: .zero), ScrubPace()])
    @DiskAside func `stopping does not wait for the pace or the rest`(pace: ScrubPace) throws {
        let fixture = JournalFixture(
            configuration: JournalConfiguration(
                segmentBytes: 600 << 10,
                fillBytes: 1_024,
                reserveBytes: 512
            )
        )
        let (journal, _) = try fixture.open()
        let long = String(repeating: "x", count: 290_000)
        for index in 1...4 as ClosedRange<UInt64> { try journal.append([entry(index, 1, long)]) }
        let thread = JournalThread(journal, onDurable: { _ in }, onFailure: { _ in })
        let reads = Mailbox<Void>()
        fixture.disk.onCall { (call) throws(FileError) in
            if call.kind == .read { reads.push(()) }
        }
        let scrubber = Scrubber(
            journal: thread,
            snapshots: SnapshotStore(
                directory: JournalFixture.directory,
                fileSystem: fixture.disk
            ),
            pace: pace,
            onDamage: { Issue.record("\($0)") }
        )
        // At a byte a second a file takes days; otherwise it begins in an hour.
        if pace.rest == .zero { #expect(reads.takeAll(waiting: Self.patience)?.isEmpty == false) }
        let time = ContinuousClock().measure { scrubber.stop() }
        #expect(time < Self.patience)
        scrubber.stop()
        thread.stop()
    }
}

/// The index of an entry's line.
struct EntryIndex {
    var index: UInt64 = 0

    init(_ line: [UInt8]) throws(LineError) {
        var found: UInt64?
        try Line.read(line, in: 0..<line.count) { (name, reader) throws(LineError) in
            if name == "index" { found = try reader.unsigned() } else { _ = try reader.skip() }
        }
        index = found ?? 0
    }
}
