import Storage
import TestSupport
import Testing

/// What the files look like, and what the loss of one means.
@Suite struct JournalFilesTests {
    let fixture = JournalFixture()

    @Test @DiskAside func `the files are the lines that the format states`() throws {
        let (journal, _) = try fixture.open()
        try journal.append([vote(4, for: "n2"), entry(1, 3, members: true), entry(2, 3)])
        try journal.append([.truncate(after: LogIndex(1))])
        try journal.adopt(cluster: "c1")
        let first = try lines(1)
        #expect(
            first[0]
                == #"{"journal":2,"node":"n1","incarnation":"8f3a91c04be7d215","segment":1,"batch":1,"after":{"index":0,"term":0},"vote":{"term":0}"#
        )
        #expect(first[1] == #"{"batch":1,"bytes":0,"through":{"index":0,"term":0},"term":0"#)
        #expect(first[2].hasPrefix(#"{"batch":2,"bytes":"#))
        #expect(first[2].hasSuffix(#","through":{"index":2,"term":3},"term":4"#))
        #expect(first[3] == #"{"vote":{"term":4,"for":"n2/0a"}"#)
        #expect(
            first[4] + "\"}" == String(decoding: entryLine(1, 3, members: true), as: UTF8.self)
                .prefix(first[4].utf8.count) + "\"}"
        )
        #expect(first[7] == #"{"truncate":{"after":1}"#)
        #expect(first[8] == #"{"closed":{"next":2}"#)
        #expect(first.count == 9)
        let counted =
            try #require(fixture.disk.contents(of: fixture.path(1))).count
            - #"{"closed":{"next":2},"crc":"01234567"}"#.utf8.count - 1
        #expect(
            try lines(2)[0]
                == #"{"journal":2,"cluster":"c1","node":"n1","incarnation":"8f3a91c04be7d215","segment":2,"batch":4,"previous":{"segment":1,"bytes":\#(counted)},"after":{"index":1,"term":3},"vote":{"term":4,"for":"n2/0a"},"membership":1"#
        )
    }

    @Test @DiskAside func `a file is filled ahead and cut when it is closed`() throws {
        let (journal, _) = try fixture.open()
        let filled = try #require(fixture.disk.contents(of: fixture.path(1)))
        #expect(filled.count > 1_024 && filled.suffix(1_024).allSatisfy { $0 == 10 })
        try journal.append([entry(1, 1)])
        #expect(fixture.disk.contents(of: fixture.path(1))?.count == filled.count)
        journal.close()
        let cut = try #require(fixture.disk.contents(of: fixture.path(1)))
        #expect(cut.suffix(2) == Array("}\n".utf8))
        #expect(try fixture.reopen().recovered.notes.isEmpty)
    }

    @Test @DiskAside func `a start without new records costs no file for ever`() throws {
        try fill()
        let before = try fixture.files().count
        for _ in 0..<5 { _ = try fixture.reopen() }
        #expect(try fixture.files().count <= before + 1)
    }

    @Test(arguments: [0, 700])
    @DiskAside func `a last file that lost its content is damage`(bytes: Int) throws {
        try fill()
        let (journal, _) = try fixture.reopen()
        try journal.append([entry(61, 1)])
        let last = try #require(try fixture.files().last)
        let blank = [UInt8](repeating: 0, count: bytes)
        fixture.disk.setContents(of: last, to: blank)
        let error = #expect(throws: JournalError.self) { _ = try fixture.reopen() }
        #expect(error?.isDamage == true)
    }

    @Test @DiskAside func `what lies beyond the counted bytes of an older file is ignored`() throws
    {
        let (journal, _) = try fixture.open()
        try journal.append([entry(1, 1)])
        try journal.append([entry(2, 1)])
        let (again, _) = try fixture.reopen()
        try again.append([entry(3, 1)])
        var older = try #require(fixture.disk.contents(of: fixture.path(1)))
        let counted = try #require(
            older.indices.last { older.holds(Array("{\"batch\"".utf8), at: $0) }
        )
        for offset in counted..<older.count { older[offset] = UInt8(ascii: "#") }
        fixture.disk.setContents(of: fixture.path(1), to: older)
        let (last, recovered) = try fixture.reopen()
        #expect(recovered.terms.last.index == LogIndex(3))
        #expect(try last.allLines().count == 3)
    }

    @Test @DiskAside func `a flipped bit is found when an entry is read back`() throws {
        let (journal, _) = try fixture.open()
        try journal.append([entry(1, 1)])
        try journal.append([entry(2, 1)])
        var bytes = try #require(fixture.disk.contents(of: fixture.path(1)))
        let place = try #require(
            bytes.indices.last { bytes.holds(Array("\"op\":\"a\"".utf8), at: $0) }
        )
        bytes[place + 6] ^= 1
        fixture.disk.setContents(of: fixture.path(1), to: bytes)
        let error = #expect(throws: JournalError.self) {
            _ = try journal.entries(after: .zero, through: LogIndex(2), maximumBytes: .max)
        }
        guard case .damaged(let damage) = error else { return }
        #expect(damage.line == 6)
    }

    @Test @DiskAside func `pitfall 20: a membership counts until it is truncated`() throws {
        let (journal, _) = try fixture.open()
        try journal.append([entry(1, 1, members: true), entry(2, 1), entry(3, 1, members: true)])
        #expect(try fixture.reopen().recovered.membershipIndex == LogIndex(3))
        let (again, _) = try fixture.reopen()
        try again.append([.truncate(after: LogIndex(2)), entry(3, 2)])
        #expect(try fixture.reopen().recovered.membershipIndex == LogIndex(1))
    }

    @Test @DiskAside func `an empty batch is due after one with lines`() throws {
        let (journal, _) = try fixture.open()
        #expect(!journal.needsEmptyBatch)
        try journal.append([entry(1, 1)])
        #expect(journal.needsEmptyBatch)
        try journal.append([])
        #expect(!journal.needsEmptyBatch)
    }

    private func fill() throws {
        let (journal, _) = try fixture.open()
        for index in 1...60 as ClosedRange<UInt64> {
            try journal.append([entry(index, 1, "entry \(index)")])
        }
    }

    /// The lines of a file without their seals.
    private func lines(_ number: Int) throws -> [String] {
        let bytes = try #require(fixture.disk.contents(of: fixture.path(number)))
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map {
            String($0.dropLast(Line.sealBytes))
        }
    }
}
