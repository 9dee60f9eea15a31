import Storage
import TestSupport
import Testing

/// No byte of a snapshot can change unseen; the one before counts then.
@Suite struct SnapshotDamageTests {
    let fixture: SnapshotFixture
    let older = SnapshotSample(3)
    let sample = SnapshotSample(7)
    let path = SnapshotFixture.path(7)
    let bytes: [UInt8]

    init() throws {
        fixture = try SnapshotFixture()
        bytes = try sample.bytes()
        try older.write(to: fixture.store)
        let pin = fixture.store.pin(older.head.position)
        try sample.write(to: fixture.store)
        withExtendedLifetime(pin) {}
    }

    /// What is said of changed bytes, if the older snapshot counts then.
    private func damage(_ changed: [UInt8]) throws -> JournalDamage? {
        fixture.disk.setContents(of: path, to: changed)
        let found = try fixture.store.newest()
        guard found.head == older.head, found.damages.count == 1 else { return nil }
        return found.damages[0]
    }

    @Test @DiskAside func `every flipped bit is found, and named by its line`() throws {
        let lineOf = bytes.reduce(into: [1]) { lines, byte in
            lines.append((lines.last ?? 1) + (byte == 10 ? 1 : 0))
        }
        var found = 0
        for offset in bytes.indices {
            for bit in offset % 2 == 0 ? [0, 3, 5] : [1, 4, 7] {
                var changed = bytes
                changed[offset] ^= 1 << UInt8(bit)
                let damage = try damage(changed)
                guard let damage, damage.file == path else {
                    Issue.record("byte \(offset), bit \(bit): \(String(describing: damage))")
                    continue
                }
                // The line feeds of the last two lines: what is missing is told behind them.
                let isNear = abs(damage.line - lineOf[offset]) <= (bytes[offset] == 10 ? 1 : 0)
                if isNear { found += 1 } else { Issue.record("byte \(offset): \(damage)") }
            }
        }
        #expect(found == bytes.count * 3)
    }

    @Test @DiskAside func `every cut is found`() throws {
        var found = 0
        for count in 0..<bytes.count where try damage(Array(bytes[..<count])) != nil {
            found += 1
        }
        #expect(found == bytes.count)
    }

    @Test @DiskAside func `bytes behind the foot are found`() throws {
        let lines = bytes.split(separator: 10).map { Array($0) + [10] }
        for more in [[10], [0], [32], Array("x\n".utf8), lines[1], lines[5], bytes] {
            #expect(try damage(bytes + more)?.reason == "there are bytes behind the foot")
        }
    }

    @Test @DiskAside func `lines that are good each, but lost, doubled or moved, are found`() throws
    {
        let lines = bytes.split(separator: 10).map { Array($0) + [10] }
        var changes: [[[UInt8]]] = []
        for place in 1..<5 {
            var lost = lines
            lost.remove(at: place)
            var doubled = lines
            doubled.insert(lines[place], at: place)
            var replaced = lines
            replaced[place] = lines[place == 1 ? 2 : 1]
            changes += [lost, doubled, replaced]
            for other in 1..<place {
                var swapped = lines
                swapped.swapAt(place, other)
                changes.append(swapped)
            }
        }
        // The head of another snapshot of the same name, the foot of another.
        let another = try SnapshotSample(7, ["other"]).bytes().split(separator: 10)
        changes.append(lines.dropLast() + [Array(another[another.count - 1]) + [10]])
        var renamed = sample
        renamed.head.cluster = "c2"
        let head = Array(try renamed.bytes().prefix { $0 != 10 }) + [10]
        changes.append([head] + lines.dropFirst())
        for change in changes {
            let damage = try damage(Array(change.joined()))
            #expect(damage?.reason == "the lines are not those that the foot counts")
        }
        #expect(changes.count == 20)
        #expect(try damage(Array(lines.dropLast().joined()))?.reason == "the foot is missing")
    }

    @Test @DiskAside func `a file under another's name is refused`() throws {
        try fixture.disk.rename(path, to: SnapshotFixture.path(8))
        let found = try fixture.store.newest()
        #expect(found.head == older.head)
        #expect(found.damages.map(\.reason) == ["the snapshot ends at 7@3"])
        #expect(found.damages.first?.file == SnapshotFixture.path(8))
    }

    @Test @DiskAside func `names that no snapshot has are passed by`() throws {
        for name in [
            "snapshot-.jsonl", "snapshot-0000000000.jsonl", "snapshot-9.jsonl",
            "snapshot-00000000099.jsonl", "snapshot-18446744073709551615.jsonl",
            "snapshot-0000000009.jsonl.partial", "snapshot-0000000009.jsonl.incoming",
            "snapshot-0000000009.json", "snapshot-99999999999999999999999.jsonl",
        ] {
            try fixture.disk.create("\(SnapshotFixture.directory)/\(name)").write([1], at: 0)
        }
        let found = try fixture.store.newest()
        #expect(found.head == sample.head && found.damages == [])
    }

    @Test @DiskAside func `a newer version is refused by name, and nothing else is used`() throws {
        var writer = JSONWriter()
        Line.write(to: &writer) { writer in
            writer.member("snapshot", 2)
            writer.member("other", 1)
        }
        fixture.disk.setContents(of: path, to: writer.bytes)
        #expect(throws: SnapshotError.newerFormat(file: path)) { _ = try fixture.store.newest() }
        #expect(throws: SnapshotError.newerFormat(file: path)) {
            _ = try fixture.store.read(sample.head.position)
        }
        #expect("\(SnapshotError.newerFormat(file: path))".contains("start that one"))
    }

    @Test @DiskAside func `what reads well the second time is no damage`() throws {
        for offset in bytes.indices {
            fixture.disk.misread(bit: offset * 8 + offset % 8, of: path)
            let found = try fixture.store.newest()
            if found.head != sample.head || found.damages != [] {
                Issue.record("byte \(offset): \(found)")
            }
        }
    }

    @Test @DiskAside func `one that is read back wrong once is written all the same`() throws {
        let newer = SnapshotSample(9)
        fixture.disk.misread(bit: 100, of: ".partial")
        try newer.write(to: fixture.store)
        #expect(try fixture.holdsAlone(newer))
    }

    @Test @DiskAside func `a damaged one is never read to its end`() throws {
        for offset in stride(from: 0, to: bytes.count, by: 7) {
            var changed = bytes
            changed[offset] ^= 2
            fixture.disk.setContents(of: path, to: changed)
            let error = #expect(throws: SnapshotError.self, "byte \(offset)") {
                var reader = try fixture.store.read(sample.head.position)
                _ = try reader.texts()
            }
            #expect(error?.damage != nil, "byte \(offset)")
        }
    }

    @Test @DiskAside func `garbage of any kind is damage, and no trap`() throws {
        var generator = SeededGenerator(seed: 11)
        let samples: [[UInt8]] = [
            [], [10], [10, 10], [0], [UInt8](repeating: 10, count: 5_000),
            [UInt8](repeating: 0, count: 300_000), Array("{}\n".utf8),
            Array("{\"snapshot\":1}".utf8),
        ]
        for changed in samples { #expect(try damage(changed) != nil) }
        for _ in 0..<200 {
            var changed = bytes
            for _ in 0..<Int.random(in: 1...8, using: &generator) {
                let start = Int.random(in: changed.indices, using: &generator)
                let end = min(changed.count, start + Int.random(in: 1...40, using: &generator))
                for offset in start..<end {
                    changed[offset] = UInt8.random(in: 0...255, using: &generator)
                }
            }
            if try damage(changed) == nil { Issue.record("\(changed)") }
        }
    }
}
