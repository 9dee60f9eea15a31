import Storage
import TestSupport
import Testing

/// What a running node appends is seen, each entry once and in order, whatever it does.
@Suite struct JournalTailTests {
    /// A journal, and all lines that were ever appended to it.
    struct Followed {
        let fixture: JournalFixture
        var journal: Journal
        var tail: JournalTail
        var appended: [[UInt8]] = []
        var seen: [[UInt8]] = []

        init(_ fixture: JournalFixture = JournalFixture()) throws {
            self.fixture = fixture
            journal = try fixture.open().journal
            tail = try Self.look(fixture).tail
        }

        static func look(_ fixture: JournalFixture) throws -> JournalView {
            try #require(
                try JournalView.read(
                    directory: JournalFixture.directory,
                    fileSystem: fixture.disk
                )
            )
        }

        mutating func append(_ records: [JournalRecord]) throws {
            try journal.append(records)
            for case .entry(_, let line) in records { appended.append(line) }
        }

        /// The process is killed, and starts again.
        mutating func restart() throws {
            let (journal, recovered) = try fixture.reopen()
            #expect(recovered.damages == [])
            self.journal = journal
        }

        mutating func follow() throws {
            while true {
                let more = try tail.next()
                if more.isEmpty { break }
                for (position, line) in more {
                    #expect(try EntryIndex(line.dropLast()).index == position.index.value)
                    seen.append(line)
                }
            }
        }

        mutating func expectAll(_ name: String) throws {
            try follow()
            if seen != appended { Issue.record("\(name): \(seen.count) of \(appended.count)") }
        }
    }

    @Test(arguments: 1...12 as ClosedRange<UInt64>)
    @DiskAside func `every entry is seen once, in order, over files, truncations and restarts`(
        seed: UInt64
    )
        throws
    {
        var generator = SeededGenerator(seed: seed)
        var followed = try Followed()
        var log: [UInt64] = []
        var (term, restarts, truncations) = (1 as UInt64, 0, 0)
        for step in 0..<120 {
            switch Int.random(in: 0..<10, using: &generator) {
            case 0:
                try followed.restart()
                restarts += 1
            case 1: try followed.append([])
            case 2:
                term += 1
                try followed.append([vote(term, for: "n2")])
            case 3:
                // A new leader's entries may have an earlier term than those that they replace.
                let kept = Int.random(in: 0...log.count, using: &generator)
                log.removeLast(log.count - kept)
                let index = UInt64(kept) + 1
                let entryTerm = UInt64.random(in: (log.last ?? 1)...term, using: &generator)
                log.append(entryTerm)
                try followed.append([
                    .truncate(after: LogIndex(UInt64(kept))), entry(index, entryTerm, "\(step)"),
                ])
                truncations += 1
            default:
                var records: [JournalRecord] = []
                for _ in 0..<Int.random(in: 1...3, using: &generator) {
                    log.append(max(term, log.last ?? 1))
                    let size = Int.random(in: 0...400, using: &generator)
                    let text = "\(step) " + String(repeating: "x", count: size)
                    records.append(entry(UInt64(log.count), log[log.count - 1], text))
                }
                try followed.append(records)
            }
            if Bool.random(using: &generator) { try followed.expectAll("step \(step)") }
        }
        try followed.expectAll("the end")
        #expect(restarts > 2 && truncations > 2 && followed.seen.count > 50)
        #expect(try followed.fixture.files().last.map { $0 > followed.fixture.path(8) } == true)
    }

    @Test @DiskAside func `it goes on exactly behind what the view has shown`() throws {
        let fixture = JournalFixture()
        var followed = try Followed(fixture)
        for index in 1...40 as ClosedRange<UInt64> {
            try followed.append([entry(index, 1, String(repeating: "x", count: 90))])
            if index % 7 == 0 { try followed.append([]) }
            if index % 11 == 0 { try followed.restart() }
            let view = try Followed.look(fixture)
            var tail = view.tail
            #expect(try tail.next().isEmpty, "entry \(index)")
            #expect(view.terms.lastIndex == LogIndex(index))
        }
    }

    @Test @DiskAside func `a batch that is being written is seen once it is complete`() throws {
        let fixture = JournalFixture()
        var followed = try Followed(fixture)
        try followed.append([entry(1, 1)])
        let path = try #require(try fixture.files().last)
        let before = try #require(fixture.disk.contents(of: path))
        try followed.append([entry(2, 1), entry(3, 1), entry(4, 1)])
        let after = try #require(fixture.disk.contents(of: path))
        let end = try #require(after.lastIndex { $0 != 10 }) + 2
        let start = try #require(before.lastIndex { $0 != 10 }) + 2
        for view in [nil, 1] {
            for cut in start..<end {
                // Behind what was written there is fill.
                let torn = after[..<cut] + [UInt8](repeating: 10, count: after.count - cut)
                fixture.disk.setContents(of: path, to: Array(torn))
                var copy = followed
                if view != nil { copy.tail = try Followed.look(fixture).tail }
                let shown = view == nil ? 0 : try Followed.look(fixture).terms.lastIndex.value
                copy.seen = Array(copy.appended.prefix(Int(shown)))
                if view == nil { try copy.follow() }
                fixture.disk.setContents(of: path, to: after)
                try copy.expectAll("cut at \(cut)")
            }
        }
    }

    @Test @DiskAside
    func `a file that is dropped before it was seen is an error, one that was seen is not`()
        throws
    {
        for isSeen in [true, false] {
            var followed = try Followed()
            let long = String(repeating: "x", count: 300)
            for index in 1...4 as ClosedRange<UInt64> {
                try followed.append([entry(index, 1, long)])
            }
            if isSeen { try followed.expectAll("before") }
            for index in 5...30 as ClosedRange<UInt64> {
                try followed.append([entry(index, 1, long)])
                if isSeen { try followed.expectAll("\(index)") }
            }
            let done = try followed.journal.compact(through: LogIndex(29))
            #expect(done.before.index > LogIndex(20))
            if isSeen {
                try followed.append([entry(31, 1, "next")])
                try followed.expectAll("after")
            } else {
                let error = #expect(throws: JournalError.self) { try followed.follow() }
                guard case .file(let file) = error else { continue }
                #expect(file.reason == .notFound)
            }
        }
    }

    @Test @DiskAside func `it follows beside the journal's thread`() throws {
        let fixture = JournalFixture()
        let (journal, _) = try fixture.open()
        var tail = try Followed.look(fixture).tail
        let tokens = Mailbox<UInt64>()
        let thread = JournalThread(
            journal,
            idle: .milliseconds(1),
            onDurable: { tokens.push($0) },
            onFailure: { Issue.record("\($0)") }
        )
        for index in 1...400 as ClosedRange<UInt64> {
            thread.submit([entry(index, 1, String(repeating: "x", count: 100))], token: index)
        }
        var seen: [UInt64] = []
        let deadline = ContinuousClock.now + .seconds(120)
        while seen.count < 400, ContinuousClock.now < deadline {
            seen += try tail.next().map(\.position.index.value)
        }
        #expect(seen == Array(1...400))
        thread.stop()
    }
}
