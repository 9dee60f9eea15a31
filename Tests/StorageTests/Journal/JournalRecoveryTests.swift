import Storage
import TestSupport
import Testing

/// Guards pitfall 38: a torn end is dropped, and said; see ``JournalDamageTests`` for damage.
@Suite struct JournalRecoveryTests {
    /// A journal of one file: two batches of one entry, then one of three.
    struct Sample {
        var fixture: JournalFixture
        let path: String
        let bytes: [UInt8]
        /// Where the batches begin: entries 1, 2 and 3 to 5; then the end.
        let batches: [Int]

        init() throws {
            fixture = JournalFixture(
                configuration: JournalConfiguration(
                    segmentBytes: 8_192,
                    fillBytes: 512,
                    indexBytes: 256,
                    reserveBytes: 512
                )
            )
            let (journal, _) = try fixture.open()
            try journal.append([vote(1, for: "n1"), entry(1, 1, "one")])
            try journal.append([entry(2, 1, "two")])
            let long = String(repeating: "z", count: 400)
            try journal.append([entry(3, 1, long), entry(4, 1, long), entry(5, 1, "five")])
            path = fixture.path(1)
            let contents = try #require(fixture.disk.contents(of: path))
            bytes = contents
            let end = try #require(contents.lastIndex(of: UInt8(ascii: "}"))) + 2
            let starts = contents.indices.filter {
                contents.holds(Array("{\"batch\"".utf8), at: $0)
            }
            batches = Array(starts.dropFirst()) + [end]
        }

        /// What a start finds when the file holds `bytes`.
        func open(_ bytes: [UInt8]) throws -> (journal: Journal, recovered: RecoveredJournal) {
            fixture.disk.setContents(of: path, to: bytes)
            return try fixture.reopen()
        }

        /// The same on a disk of its own.
        func clone() -> Sample {
            var copy = self
            copy.fixture.disk = fixture.disk.clone()
            return copy
        }

        /// The offset of the line of an entry.
        func line(_ index: UInt64) -> Int {
            1
                + (bytes.indices.first { bytes.holds(Array("\n{\"index\":\(index),".utf8), at: $0) }
                    ?? 0)
        }
    }

    /// What is done to the file, and the last entry that is left.
    static let tears: [(String, @Sendable (Sample) -> [UInt8], UInt64)] = [
        ("nothing", { $0.bytes }, 5),
        ("no fill", { Array($0.bytes[..<$0.batches[3]]) }, 5),
        ("NUL after the end", { $0.bytes + [0, 0, 0] }, 5),
        ("end of file in the last line", { Array($0.bytes[..<($0.batches[3] - 5)]) }, 4),
        ("end of file before the last line feed", { Array($0.bytes[..<($0.batches[3] - 1)]) }, 4),
        ("end of file between two lines", { Array($0.bytes[..<$0.line(4)]) }, 3),
        ("end of file in the batch's head", { Array($0.bytes[..<($0.batches[2] + 9)]) }, 2),
        ("end of file after the batch's head", { Array($0.bytes[..<$0.line(3)]) }, 2),
        ("end of file between two batches", { Array($0.bytes[..<$0.batches[2]]) }, 2),
        ("NUL to the end", { $0.overwritten(from: $0.line(4) + 8, with: 0) }, 3),
        ("fill to the end", { $0.overwritten(from: $0.line(4) + 8, with: 10) }, 3),
        ("fill in the batch's head", { $0.overwritten(from: $0.batches[2] + 9, with: 10) }, 2),
        ("NUL in the batch's head", { $0.overwritten(from: $0.batches[2] + 9, with: 0) }, 2),
        ("fill for the whole batch", { $0.overwritten(from: $0.batches[2], with: 10) }, 2),
        (
            "a sector of NUL",
            { $0.overwritten(from: 1_024, count: 512, with: 0) }, 2
        ),
        (
            "a sector of fill",
            { $0.overwritten(from: 1_024, count: 512, with: 10) }, 2
        ),
        (
            "fill where the batch begins, the rest written",
            { $0.overwritten(from: $0.batches[2], count: 300, with: 10) }, 2
        ),
    ]

    @Test(arguments: tears.indices)
    @DiskAside func `pitfall 38: a torn end is dropped and said`(index: Int) throws {
        let (name, tear, last) = Self.tears[index]
        let sample = try Sample()
        let (journal, recovered) = try sample.open(tear(sample))
        #expect(recovered.terms.last.index == LogIndex(last), "\(name)")
        #expect(recovered.vote == Vote(term: Term(1), candidate: NodeIdentity("n1/0a")))
        let isClean = last == 5 || name.contains("between two batches") || name.contains("whole")
        #expect(recovered.notes.isEmpty == isClean, "\(name): \(recovered.notes)")
        #expect(recovered.notes.allSatisfy { $0.hasPrefix(sample.path) })
        try journal.append([entry(last + 1, 2, "new")])
        let (again, later) = try sample.fixture.reopen()
        #expect(later.terms.last.index == LogIndex(last + 1) && later.notes.isEmpty)
        #expect(try again.allLines().count == Int(last) + 1)
    }
}

extension JournalError {
    var isDamage: Bool {
        if case .damaged = self { true } else { false }
    }
}

extension JournalRecoveryTests.Sample {
    func overwritten(from start: Int, count: Int = .max, with byte: UInt8) -> [UInt8] {
        overwritten(from: start, to: start + min(count, batches[3] - start), with: byte)
    }

    func overwritten(from start: Int, to end: Int, with byte: UInt8) -> [UInt8] {
        var changed = bytes
        for offset in start..<end { changed[offset] = byte }
        return changed
    }

    func flipped(_ offset: Int) -> [UInt8] {
        var changed = bytes
        changed[offset] ^= 4
        return changed
    }

    /// A byte of entry 4 that lies within a sector and becomes NUL alone.
    var lonelyNUL: [UInt8] {
        var changed = bytes
        let offset = line(4) + 80
        changed[offset % 512 == 0 || offset % 512 == 511 ? offset + 2 : offset] = 0
        return changed
    }

    /// The last batch with a sealed line in the place of its own.
    func inserted(_ start: String) -> [UInt8] {
        var body = Array(start.utf8)
        let crc = String(CRC32C.checksum(body), radix: 16)
        let zeros = String(repeating: "0", count: 8 - crc.count)
        body += Array(",\"crc\":\"\(zeros)\(crc)\"}\n".utf8)
        var changed = Array(bytes[..<batches[2]])
        var head = Array(
            "{\"batch\":4,\"bytes\":\(body.count),\"through\":{\"index\":2,\"term\":1},\"term\":1"
                .utf8
        )
        let seal = String(CRC32C.checksum(head), radix: 16)
        head += Array(
            ",\"crc\":\"\(String(repeating: "0", count: 8 - seal.count))\(seal)\"}\n".utf8
        )
        changed += head + body
        return changed
    }
}

extension [UInt8] {
    /// Whether the bytes at an offset are these.
    func holds(_ bytes: [UInt8], at offset: Int) -> Bool {
        count - offset >= bytes.count && self[offset..<offset + bytes.count].elementsEqual(bytes)
    }
}
