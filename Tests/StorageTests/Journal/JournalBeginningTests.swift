import Storage
import TestSupport
import Testing

/// Files that were begun and never completed, since the power went, or the disk had no room.
@Suite struct JournalBeginningTests {
    private var fixture = JournalFixture()

    init() { fixture.configuration.segmentBytes = 3_000 }

    private func contents(_ number: Int) throws -> [UInt8] {
        let bytes = try #require(fixture.disk.contents(of: fixture.path(number)))
        let end = try #require(bytes.lastIndex { $0 != UInt8(ascii: "\n") && $0 != 0 })
        return Array(bytes[...end] + [UInt8(ascii: "\n")])
    }

    /// Appends entries one by one until a second file is begun.
    ///
    /// - Returns: The last entry of the first file; the first file before it was closed; and the second
    ///   one.
    private func begun() throws -> (last: UInt64, first: [UInt8], second: [UInt8]) {
        let (journal, _) = try fixture.open()
        let text = String(repeating: "x", count: 150)
        var index: UInt64 = 0
        var first: [UInt8] = []
        while try !fixture.files().contains(fixture.path(2)) {
            index += 1
            first = try #require(fixture.disk.contents(of: fixture.path(1)))
            try journal.append((0..<3).map { entry(3 * index + $0 - 2, 1, text) })
        }
        let second = try contents(2)
        fixture.disk.processCrash()
        return (3 * (index - 1), first, second)
    }

    @Test @DiskAside func `a file whose first sector alone was never written was not completed`()
        throws
    {
        let (last, first, second) = try begun()
        #expect(second.count > 600)
        let torn = [UInt8](repeating: 0, count: 512) + second[512...]
        fixture.disk.setContents(of: fixture.path(1), to: first)
        fixture.disk.setContents(of: fixture.path(2), to: torn)
        let (_, recovered) = try fixture.reopen()
        #expect(recovered.damages == [] && recovered.lost == nil)
        #expect(recovered.terms.last.index == LogIndex(last))
    }

    /// The file before it is closed only once it is durable.
    @Test @DiskAside func `a first sector that was written and is gone is damage`() throws {
        let (_, _, second) = try begun()
        let torn = [UInt8](repeating: 0, count: 512) + second[512...]
        fixture.disk.setContents(of: fixture.path(2), to: torn)
        #expect(throws: JournalError.self) { try fixture.reopen() }
    }

    @Test @DiskAside func `the head of a file that was not completed says what was held before it`()
        throws
    {
        let (last, first, second) = try begun()
        let body = try #require(second.firstIndex(of: UInt8(ascii: "\n")))
        var damaged = first
        let head = Array("{\"batch\":".utf8)
        let place = try #require(damaged.indices.last { damaged.holds(head, at: $0) })
        damaged[place + head.count] ^= 1
        fixture.disk.setContents(of: fixture.path(1), to: damaged)
        fixture.disk.setContents(of: fixture.path(2), to: Array(second[...(body + 20)]))
        let (_, recovered) = try fixture.reopen()
        #expect(recovered.damages.count == 1)
        #expect(recovered.lost == LogPosition(index: LogIndex(last), term: Term(1)))
        #expect(recovered.terms.last.index == LogIndex(last - 3))
    }

    @Test @DiskAside func `without such a head nobody knows what was held`() throws {
        let (_, first, _) = try begun()
        var damaged = first
        let head = Array("{\"batch\":".utf8)
        let place = try #require(damaged.indices.last { damaged.holds(head, at: $0) })
        damaged[place + head.count] ^= 1
        fixture.disk.setContents(of: fixture.path(1), to: damaged)
        try fixture.disk.remove(fixture.path(2))
        #expect(throws: JournalError.self) { try fixture.reopen() }
    }
}
