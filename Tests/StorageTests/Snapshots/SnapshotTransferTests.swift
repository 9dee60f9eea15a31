import Storage
import TestSupport
import Testing

@Suite struct SnapshotTransferTests {
    let fixture: SnapshotFixture
    let old = SnapshotSample(3)
    let sample = SnapshotSample(7, (0..<9).map { "\($0) " + String(repeating: "x", count: 90) })
    let bytes: [UInt8]
    var position: LogPosition { sample.head.position }

    init() throws {
        fixture = try SnapshotFixture()
        try old.write(to: fixture.store)
        bytes = try sample.bytes()
    }

    static let incoming = SnapshotFixture.path(7) + ".incoming"

    @Test(arguments: [1, 2, 7, 100, 511, 512, 513, 100_000])
    @DiskAside func `pieces of any size make the same file`(count: Int) throws {
        let receiver = try fixture.store.receive(position, bytes: bytes.count)
        try receiver.take(bytes, by: count)
        #expect(try fixture.store.newest().head == old.head)
        #expect(try receiver.finish() == sample.head)
        #expect(fixture.disk.contents(of: SnapshotFixture.path(7)) == bytes)
        // The older one stays until the journal goes on from this one.
        #expect(
            try fixture.names() == ["snapshot-0000000003.jsonl", "snapshot-0000000007.jsonl"]
        )
        try fixture.store.removeOthers(keeping: position)
        #expect(try fixture.names() == ["snapshot-0000000007.jsonl"])
        #expect(try fixture.holdsAlone(sample))
    }

    @Test @DiskAside func `what a store sends another takes`() throws {
        let sender = try SnapshotFixture()
        try sample.write(to: sender.store)
        let whole = try sender.store.chunk(of: position, at: 0, maximumBytes: 0).whole
        let receiver = try fixture.store.receive(position, bytes: whole)
        while receiver.offset < whole {
            let chunk = try sender.store.chunk(
                of: position,
                at: receiver.offset,
                maximumBytes: 200
            )
            try receiver.append(chunk.bytes, at: receiver.offset)
        }
        #expect(try receiver.finish() == sample.head)
        #expect(try sample.isWhole(in: fixture.store))
    }

    @Test @DiskAside func `it goes on where an earlier process stopped`() throws {
        for stop in stride(from: 0, through: bytes.count, by: 97) {
            let fixture = SnapshotFixture(cloning: fixture)
            let first = try fixture.store.receive(position, bytes: bytes.count)
            try first.append(Array(bytes[..<stop]), at: 0)
            fixture.disk.processCrash()
            let second = try fixture.store.receive(position, bytes: bytes.count)
            #expect(second.offset == stop)
            try second.take(bytes, by: 300)
            #expect(try second.finish() == sample.head)
            #expect(try fixture.holdsAlone(sample))
        }
    }

    @Test @DiskAside func `what does not follow is refused, and nothing is taken`() throws {
        let receiver = try fixture.store.receive(position, bytes: bytes.count)
        try receiver.append(Array(bytes[..<10]), at: 0)
        let wrong = [
            (0, 10), (9, 1), (11, 1), (10, bytes.count - 9), (-1, 1), (.max, 1), (.min, 1),
        ]
        for (start, count) in wrong {
            let error = #expect(throws: SnapshotError.self) {
                try receiver.append([UInt8](repeating: 1, count: count), at: start)
            }
            #expect(error?.isInvalid == true && receiver.offset == 10)
        }
        let early = #expect(throws: SnapshotError.self) { try receiver.finish() }
        #expect(early?.isInvalid == true)
        try receiver.take(bytes, by: 99)
        #expect(try receiver.finish() == sample.head)
    }

    @Test @DiskAside func `a bit flipped on the way is found, and all is sent anew`() throws {
        for offset in stride(from: 0, to: bytes.count, by: 13) {
            let fixture = SnapshotFixture(cloning: fixture)
            var changed = bytes
            changed[offset] ^= 8
            let first = try fixture.store.receive(position, bytes: bytes.count)
            try first.take(changed, by: 256)
            let error = #expect(throws: SnapshotError.self) { try first.finish() }
            #expect(error?.damage?.file == Self.incoming)
            #expect(try fixture.names() == ["snapshot-0000000003.jsonl"])
            let second = try fixture.store.receive(position, bytes: bytes.count)
            #expect(second.offset == 0)
            try second.take(bytes, by: 256)
            #expect(try second.finish() == sample.head)
        }
    }

    @Test @DiskAside func `another's bytes under this name are refused`() throws {
        let other = try SnapshotSample(8).bytes()
        let receiver = try fixture.store.receive(position, bytes: other.count)
        try receiver.take(other, by: 100)
        let error = #expect(throws: SnapshotError.self) { try receiver.finish() }
        #expect(error?.damage?.reason == "the snapshot ends at 8@3")
        var sameIndex = position
        sameIndex.term = Term(4)
        let wrongTerm = try fixture.store.receive(sameIndex, bytes: bytes.count)
        try wrongTerm.take(bytes, by: 100)
        let refused = #expect(throws: SnapshotError.self) { try wrongTerm.finish() }
        #expect(refused?.isInvalid == true)
        #expect(try fixture.store.newest().head == old.head && fixture.names().count == 1)
    }

    @Test @DiskAside func `a transfer of another snapshot ends the first`() throws {
        let first = try fixture.store.receive(position, bytes: bytes.count)
        try first.append(Array(bytes[..<50]), at: 0)
        let other = SnapshotSample(8)
        let second = try fixture.store.receive(other.head.position, bytes: 1_000)
        #expect(second.offset == 0)
        #expect(
            try fixture.names() == [
                "snapshot-0000000003.jsonl", "snapshot-0000000008.jsonl.incoming",
            ]
        )
    }

    @Test @DiskAside func `a longer rest of another transfer is dropped, a mixed one found`() throws
    {
        let first = try fixture.store.receive(position, bytes: bytes.count)
        try first.append(Array(bytes[..<400]), at: 0)
        let shorter = SnapshotSample(7, ["short"])
        let short = try shorter.bytes()
        #expect(short.count < 400)
        let second = try fixture.store.receive(position, bytes: short.count)
        #expect(second.offset == 0)
        try second.append(Array(short[..<200]), at: 0)
        let third = try fixture.store.receive(position, bytes: bytes.count)
        #expect(third.offset == 200)
        var mixed = sample
        mixed.head.schema = 9
        try third.take(try mixed.bytes(), by: 100)
        #expect(throws: SnapshotError.self) { try third.finish() }
        for length in [0, -1, .min, .max] {
            let receiver = try fixture.store.receive(position, bytes: length)
            #expect(receiver.offset == 0)
            if length < 1 {
                #expect(throws: SnapshotError.self) { try receiver.append([1], at: 0) }
                #expect(throws: SnapshotError.self) { try receiver.finish() }
            }
        }
    }

    @Test @DiskAside func `a transfer goes with what a newer snapshot makes needless`() throws {
        let receiver = try fixture.store.receive(position, bytes: bytes.count)
        try receiver.append(Array(bytes[..<50]), at: 0)
        try SnapshotSample(5).write(to: fixture.store)
        #expect(try fixture.names().contains("snapshot-0000000007.jsonl.incoming"))
        try SnapshotSample(7).write(to: fixture.store)
        #expect(try fixture.names() == ["snapshot-0000000007.jsonl"])
    }

    @Test @DiskAside func `a version that is newer is refused by name`() throws {
        var writer = JSONWriter()
        Line.write(to: &writer) { $0.member("snapshot", 2) }
        let receiver = try fixture.store.receive(position, bytes: writer.count)
        try receiver.append(writer.bytes, at: 0)
        #expect(throws: SnapshotError.newerFormat(file: Self.incoming)) { try receiver.finish() }
        #expect(try fixture.names() == ["snapshot-0000000003.jsonl"])
    }
}
