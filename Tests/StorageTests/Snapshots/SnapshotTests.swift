import Storage
import TestSupport
import Testing

@Suite struct SnapshotTests {
    static let bodies: [[String]] = [
        [],
        ["one"],
        ["line feed \n, quote \", NUL \0, ä, 😀"],
        // Together more than is read or written at a time, with lines across the borders.
        (0..<90).map { "\($0) " + String(repeating: "x", count: 7_000) },
        // Longer than what is read at a time, before and after short ones.
        ["a", String(repeating: "y", count: 600_000), "b", String(repeating: "z", count: 300_000)],
    ]

    @Test(arguments: bodies.indices)
    @DiskAside func `what is written is read back, line by line`(body: Int) throws {
        let fixture = try SnapshotFixture()
        let sample = SnapshotSample(42, Self.bodies[body])
        #expect(try fixture.store.newest().head == nil)
        let count = try sample.write(to: fixture.store)
        #expect(fixture.disk.contents(of: SnapshotFixture.path(42))?.count == count)
        #expect(try fixture.store.newest().head == sample.head)
        #expect(try sample.isWhole(in: fixture.store))
        #expect(try fixture.names() == ["snapshot-0000000042.jsonl"])
    }

    @Test @DiskAside func `each line is one that every tool can check`() throws {
        let text = String(decoding: try SnapshotSample(42).bytes(), as: UTF8.self)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.count == 7 && lines.last == "")
        for line in lines.dropLast() {
            _ = try Line.check(Array(line.utf8), in: 0..<line.utf8.count)
        }
        #expect(
            lines[0].hasPrefix(
                "{\"snapshot\":1,\"cluster\":\"c1\",\"index\":42,\"term\":3,\"membership\":1,"
                    + "\"members\":{\"incoming\":[]},\"schema\":2,\"crc\":\""
            )
        )
        let before = lines.dropLast(2).reduce(0) { $0 + $1.utf8.count + 1 }
        #expect(lines[5].hasPrefix("{\"foot\":{\"lines\":4,\"bytes\":\(before),\"whole\":\""))
    }

    @Test @DiskAside func `the newest counts, and older ones go once it is there`() throws {
        let fixture = try SnapshotFixture()
        for index in [3, 12, 7, 9_999_999_999, 10_000_000_000] as [UInt64] {
            try SnapshotSample(index).write(to: fixture.store)
        }
        #expect(try fixture.names() == ["snapshot-10000000000.jsonl"])
        #expect(try fixture.store.newest().head == SnapshotSample(10_000_000_000).head)
    }

    @Test @DiskAside func `one that is newer than what is written stays`() throws {
        // It may have been received while the state was being written.
        let fixture = try SnapshotFixture()
        try SnapshotSample(12).write(to: fixture.store)
        try SnapshotSample(7).write(to: fixture.store)
        #expect(try fixture.store.newest().head == SnapshotSample(12).head)
        try SnapshotSample(12, ["again"]).write(to: fixture.store)
        #expect(try SnapshotSample(12, ["again"]).isWhole(in: fixture.store))
        #expect(try fixture.names() == ["snapshot-0000000012.jsonl"])
    }

    /// Guards pitfall 33.
    @Test @DiskAside func `pitfall 33: one that is pinned stays until nobody holds it`() throws {
        let fixture = try SnapshotFixture()
        let old = SnapshotSample(3)
        try old.write(to: fixture.store)
        var first: SnapshotPin? = fixture.store.pin(old.head.position)
        var second: SnapshotPin? = fixture.store.pin(old.head.position)
        for index in [4, 5] as [UInt64] {
            try SnapshotSample(index).write(to: fixture.store)
            #expect(try old.isWhole(in: fixture.store))
            #expect(try fixture.names().count == 2)
            withExtendedLifetime(first) {}
            first = nil
        }
        withExtendedLifetime(second) {}
        second = nil
        try fixture.store.removeOthers(keeping: SnapshotSample(5).head.position)
        #expect(try fixture.names() == ["snapshot-0000000005.jsonl"])
    }

    @Test @DiskAside func `a body that throws leaves nothing behind`() throws {
        let fixture = try SnapshotFixture()
        try SnapshotSample(3).write(to: fixture.store)
        let error = #expect(throws: SnapshotError.self) {
            try fixture.store.write(SnapshotSample(4).head) { (writer) throws(SnapshotError) in
                try writer.line { $0.member("text", "a") }
                throw .invalid("no more")
            }
        }
        #expect(error == .invalid("no more"))
        #expect(try fixture.names() == ["snapshot-0000000003.jsonl"])
    }

    @Test @DiskAside func `lines that would be taken for something else are refused`() throws {
        let fixture = try SnapshotFixture()
        let lines: [@Sendable (inout JSONWriter) -> Void] = [
            { $0.member("foot", 1) }, { $0.member("snapshot", 1) }, { _ in },
        ]
        for line in lines {
            let error = #expect(throws: SnapshotError.self) {
                try fixture.store.write(SnapshotSample(4).head) { (writer) throws(SnapshotError) in
                    try writer.line(line)
                }
            }
            #expect(error?.isInvalid == true)
        }
        for index in [0, .max] as [UInt64] {
            let position = LogPosition(index: LogIndex(index), term: Term(1))
            var head = SnapshotSample(4).head
            head.position = position
            let error = #expect(throws: SnapshotError.self) {
                try fixture.store.write(head) { (_) throws(SnapshotError) in }
            }
            #expect(error?.isInvalid == true)
            let other = #expect(throws: SnapshotError.self) {
                _ = try fixture.store.receive(position, bytes: 9)
            }
            #expect(other?.isInvalid == true)
        }
        #expect(try fixture.names() == [])
    }

    @Test @DiskAside func `a line that the reader refuses is named, and no damage`() throws {
        let fixture = try SnapshotFixture()
        let sample = SnapshotSample(4)
        try sample.write(to: fixture.store)
        var reader = try fixture.store.read(sample.head.position)
        let error = #expect(throws: SnapshotError.self) {
            _ = try reader.next { (name, reader) throws(LineError) in throw reader.unknown(name) }
        }
        #expect(error?.isInvalid == true && "\(error.debugDescription)".contains("line 2"))
    }

    @Test @DiskAside func `a piece of any place is that of the file, and no longer than asked`()
        throws
    {
        let fixture = try SnapshotFixture()
        let sample = SnapshotSample(4)
        let bytes = try sample.bytes()
        try sample.write(to: fixture.store)
        for (offset, count) in [(0, 10), (7, 100), (bytes.count - 3, .max), (bytes.count, 5)] {
            let chunk = try fixture.store.chunk(
                of: sample.head.position,
                at: offset,
                maximumBytes: count
            )
            #expect(chunk.bytes == Array(bytes[offset...].prefix(count)))
            #expect(chunk.whole == bytes.count)
        }
        for offset in [-1, .min, bytes.count + 1, .max] {
            _ = try fixture.store.chunk(of: sample.head.position, at: offset, maximumBytes: .max)
        }
        let error = #expect(throws: SnapshotError.self) {
            _ = try fixture.store.chunk(
                of: SnapshotSample(5).head.position,
                at: 0,
                maximumBytes: 1
            )
        }
        #expect(error?.file?.reason == .notFound)
    }
}
