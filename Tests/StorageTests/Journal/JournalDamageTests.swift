import Storage
import TestSupport
import Testing

/// Guards pitfall 38: damage ends what is acknowledged, never what was voted, and is told from a
/// torn end.
@Suite struct JournalDamageTests {
    typealias Sample = JournalRecoveryTests.Sample

    /// What a start makes of damage.
    enum Outcome: Equatable {
        /// The log ends after this entry, and the rest must come from others.
        case repairing(last: UInt64, line: Int)
        /// The damage took nothing that counts.
        case whole(line: Int)
        /// Nothing says what was held: refused, and nothing is changed.
        case refused(line: Int)
    }

    static let damages: [(String, @Sendable (Sample) -> [UInt8], Outcome)] = [
        ("a flip in an older batch", { $0.flipped($0.line(1) + 20) }, .repairing(last: 0, line: 5)),
        (
            "a flip in the last batch", { $0.flipped($0.line(4) + 20) },
            .repairing(last: 3, line: 10)
        ),
        ("a flip in the last batch's head", { $0.flipped($0.batches[2] + 9) }, .refused(line: 8)),
        (
            "a flip in an older batch's head", { $0.flipped($0.batches[1] + 9) },
            .repairing(last: 1, line: 6)
        ),
        ("a flip in the file's head", { $0.flipped(20) }, .refused(line: 1)),
        (
            "NUL in an older batch", { $0.overwritten(from: $0.line(2), count: 60, with: 0) },
            .repairing(last: 1, line: 7)
        ),
        (
            "fill in an older batch", { $0.overwritten(from: $0.line(2), count: 60, with: 10) },
            .repairing(last: 1, line: 7)
        ),
        (
            "a batch that vanished",
            { $0.overwritten(from: $0.batches[1], to: $0.batches[2], with: 10) },
            .repairing(last: 1, line: 6)
        ),
        (
            "a batch cut out", { Array($0.bytes[..<$0.batches[1]] + $0.bytes[$0.batches[2]...]) },
            .repairing(last: 1, line: 6)
        ),
        (
            "a line cut out", { Array($0.bytes[..<$0.line(1)] + $0.bytes[$0.batches[1]...]) },
            .repairing(last: 0, line: 5)
        ),
        ("a lone NUL for a space", { $0.lonelyNUL }, .repairing(last: 3, line: 10)),
        ("a line of another kind", { $0.inserted("{\"other\":1") }, .whole(line: 9)),
    ]

    @Test(arguments: damages.indices)
    @DiskAside func `damage ends the log, and is named by file and line`(index: Int) throws {
        let (name, change, outcome) = Self.damages[index]
        let sample = try Sample()
        let changed = change(sample)
        var found: Outcome?
        do {
            let (journal, recovered) = try sample.open(changed)
            let damage = try #require(recovered.damages.first, "\(name)")
            #expect(recovered.damages.count == 1 && damage.file == sample.path)
            let last = recovered.terms.last.index.value
            #expect(try journal.allLines().count == Int(last))
            #expect(recovered.vote == Vote(term: Term(1), candidate: NodeIdentity("n1/0a")))
            found = .whole(line: damage.line)
            if let lost = recovered.lost {
                #expect(lost == LogPosition(index: LogIndex(5), term: Term(1)), "\(name)")
                found = .repairing(last: last, line: damage.line)
            }
        } catch let error as JournalError {
            guard case .damaged(let damage) = error else { throw error }
            #expect(damage.description.hasPrefix("\(sample.path), line \(damage.line) "))
            #expect(try sample.fixture.files() == [sample.path])
            found = .refused(line: damage.line)
        }
        #expect(found == outcome, "\(name)")
        // What is damaged is left as evidence; what the disk says first is not believed.
        let bytes = try #require(sample.fixture.disk.contents(of: sample.path))
        let end = changed.lastIndex { $0 != 10 && $0 != 0 }.map { $0 + 1 } ?? 0
        #expect(bytes.prefix(end) == changed.prefix(end) || found == .whole(line: 9), "\(name)")
    }

    @Test @DiskAside func `the only batch of a journal misread once is not taken for none`() throws
    {
        let fixture = JournalFixture()
        _ = try fixture.open()
        let node = try fixture.reopen().recovered.identity.node
        let files = try fixture.files()
        #expect(files.count == 1)
        let bytes = try #require(fixture.disk.contents(of: files[0]))
        let end = try #require(bytes.lastIndex { $0 != 10 && $0 != 0 }) + 2
        fixture.disk.processCrash()
        for bit in 0..<end * 8 {
            let watch = FileWatch(flip: (bit: bit, reading: 0))
            let (_, recovered) = try Journal.open(
                directory: JournalFixture.directory,
                id: "n1",
                fileSystem: WatchedFileSystem(disk: fixture.disk.clone(), watch: watch),
                configuration: fixture.configuration,
                makeIncarnation: { "another" }
            )
            #expect(watch.hasFlipped && recovered.identity.node == node, "bit \(bit)")
        }
    }

    @Test(arguments: [0, 1])
    @DiskAside func `what reads well the second time is no damage`(reading: Int) throws {
        let sample = try Sample()
        let damaging = sample.batches[0]..<sample.batches[2]
        var misreads = 0
        for offset in stride(from: 3, to: sample.batches[3], by: 7) {
            let copy = sample.clone()
            copy.fixture.disk.processCrash()
            let watch = FileWatch(flip: (bit: offset * 8 + offset % 8, reading: reading))
            let (journal, recovered) = try Journal.open(
                directory: JournalFixture.directory,
                id: "n1",
                fileSystem: WatchedFileSystem(disk: copy.fixture.disk, watch: watch),
                configuration: copy.fixture.configuration,
                makeIncarnation: { "" }
            )
            #expect(watch.hasFlipped, "byte \(offset)")
            #expect(recovered.damages.isEmpty && recovered.lost == nil, "byte \(offset)")
            #expect(recovered.vote == Vote(term: Term(1), candidate: NodeIdentity("n1/0a")))
            let isSaid = recovered.notes.contains { $0.hasSuffix("good when read again") }
            if isSaid {
                #expect(try journal.allLines().count == 5, "byte \(offset)")
                misreads += 1
            }
            // The first reading looks for the newest file, the second one reads it.
            if reading == 1, damaging.contains(offset) { #expect(isSaid, "byte \(offset)") }
        }
        #expect(misreads > (reading == 0 ? 20 : 200), "\(misreads)")
    }

    /// Votes, entries, truncations and several files; the last batch is an empty one.
    struct Run {
        var fixture = JournalFixture(
            configuration: JournalConfiguration(
                segmentBytes: 700,
                fillBytes: 60,
                indexBytes: 256,
                reserveBytes: 0
            )
        )
        /// What the journal held after each record.
        var states: [JournalModel] = []
        let files: [(path: String, bytes: [UInt8])]

        init() throws {
            fixture.disk = MemoryFileSystem()
            let (journal, recovered) = try fixture.open()
            var model = JournalModel(incarnation: recovered.identity.node.incarnation)
            states = [model]
            for step in JournalStep.script(long: 10, longest: 30) + [.append([])] {
                switch step {
                case .append(let records):
                    for record in records {
                        model.apply(record)
                        states.append(model)
                    }
                    try journal.append(records)
                case .adopt(let cluster):
                    model.cluster = cluster
                    states.append(model)
                    try journal.adopt(cluster: cluster)
                }
            }
            let disk = fixture.disk
            files = try fixture.files().map { path in
                (path, try #require(disk.contents(of: path)))
            }
        }

        var last: JournalModel { states[states.count - 1] }

        func clone() -> Run {
            var copy = self
            copy.fixture.disk = fixture.disk.clone()
            return copy
        }
    }

    /// What a start made of a changed file.
    struct Tally: Equatable {
        var repairing = 0
        var whole = 0
        var refused = 0
    }

    @Test(arguments: 0..<3)
    @DiskAside func `pitfall 38: no flipped bit is served, spread, or lets the node vote twice`(
        part: Int
    )
        throws
    {
        let run = try Run()
        var tally = Tally()
        var flips = 0
        for (path, bytes) in run.files {
            let end = try #require(bytes.lastIndex { $0 != 10 }) + 2
            // One bit of each byte: all of them take half a minute in a debug build.
            for offset in stride(from: part, to: min(end, bytes.count), by: 3) {
                flips += 1
                let copy = run.clone()
                var changed = bytes
                changed[offset] ^= 1 << UInt8(offset % 8)
                copy.fixture.disk.setContents(of: path, to: changed)
                try check(copy, "\(path), byte \(offset)", &tally)
            }
        }
        #expect(tally.repairing + tally.whole + tally.refused == flips)
        // Refused: the newest file's last head. Whole: fill, and what does not count any more.
        #expect(tally.repairing > flips / 2 && tally.refused < flips / 5)
    }

    /// Opens a damaged journal, brings back what is lost, and opens it again.
    private func check(_ run: Run, _ place: String, _ tally: inout Tally) throws {
        let start = Result { () throws(JournalError) in try run.fixture.reopen() }
        if case .failure(let error) = start {
            #expect(error.isDamage, "\(place): \(error)")
            tally.refused += 1
            return
        }
        let (journal, recovered) = try start.get()
        let lines = try journal.allLines()
        guard let lost = recovered.lost else {
            tally.whole += 1
            #expect(lines == run.last.lines, "\(place)")
            expectNoVote(recovered, run, place)
            return
        }
        tally.repairing += 1
        #expect(!recovered.damages.isEmpty, "\(place)")
        // A state that the journal was in: never half of one, never another's.
        #expect(run.states.contains { $0.lines == lines }, "\(place)")
        let end = LogPosition(index: LogIndex(8), term: Term(3))
        #expect(lost == end, "\(place)")
        expectNoVote(recovered, run, place)
        // It stays so over a restart, and ends when the entries are back: looked at now and then.
        guard tally.repairing % 8 == 1 else { return }
        let (again, second) = try run.fixture.reopen()
        #expect(second.lost == end && second.vote == recovered.vote, "\(place)")
        var heal: [JournalRecord] = []
        if second.terms.last.index.value > 0 { heal.append(.truncate(after: .zero)) }
        heal += run.last.lines.enumerated().map { place, line in
            let bytes = Array(line.utf8)
            let terms: [UInt64] = [1, 1, 1, 2, 2, 2, 3, 3]
            return .entry(
                LogPosition(index: LogIndex(UInt64(place) + 1), term: Term(terms[place])),
                line: bytes
            )
        }
        try again.append(heal)
        let (healed, third) = try run.fixture.reopen()
        #expect(third.lost == nil && third.vote == recovered.vote, "\(place)")
        #expect(try healed.allLines() == run.last.lines, "\(place)")
    }

    /// The vote may be spent, but is never another one in the same term, nor one in an earlier.
    private func expectNoVote(_ recovered: RecoveredJournal, _ run: Run, _ place: String) {
        let vote = recovered.vote
        let isSame = vote == run.last.vote
        let isSpent =
            vote.term >= run.last.vote.term && vote.candidate == recovered.identity.node
        #expect(isSame || isSpent, "\(place): \(vote)")
    }
}
