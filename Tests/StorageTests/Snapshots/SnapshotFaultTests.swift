import Storage
import TestSupport
import Testing

/// Guards pitfalls 36 and 40: a disk that fails or is full costs no snapshot that was there.
@Suite struct SnapshotFaultTests {
    typealias Work = SnapshotCrashTests.Work

    @Test(arguments: [FileError.Reason.inputOutput, .noSpace(.disk)], [1, .max])
    @DiskAside func `whichever call fails, the old one is there, and the next one works`(
        reason: FileError.Reason,
        times: Int
    ) throws {
        let bytes = try Work.new.bytes()
        var failures = 0
        for work in Work.allCases where work.old != nil {
            let base = try SnapshotFixture()
            try work.old?.write(to: base.store)
            for kind in FileCall.Kind.allCases {
                var skipped = 0
                while try fail(work, base, bytes, (kind, reason, skipped, times)) { skipped += 1 }
                failures += skipped
            }
        }
        #expect(failures >= 58, "\(failures)")
    }

    /// Makes one call fail.
    ///
    /// - Returns: False if it was never made.
    private func fail(
        _ work: Work,
        _ base: SnapshotFixture,
        _ bytes: [UInt8],
        _ fault: (kind: FileCall.Kind, reason: FileError.Reason, skipped: Int, times: Int)
    ) throws -> Bool {
        let place = "\(work), \(fault)"
        let fixture = SnapshotFixture(cloning: base)
        let counts = CallWatch(fixture.disk, fault.kind)
        fixture.disk.fail(
            fault.kind,
            with: fault.reason,
            after: fault.skipped,
            times: fault.times
        )
        var isDone = false
        do {
            try work.run(fixture.store, bytes)
            isDone = true
        } catch {
            #expect(error.file?.reason == fault.reason, "\(place): \(error)")
        }
        guard counts.count > fault.skipped else { return false }
        fixture.disk.heal()
        fixture.disk.onCall(nil)
        let found = try fixture.store.newest()
        #expect(found.damages == [], "\(place)")
        let old = try #require(work.old)
        if isDone || found.head == Work.new.head {
            // Told of, or at least renamed: whole.
            #expect(try Work.new.isWhole(in: fixture.store), "\(place)")
            let isLate: Set<FileCall.Kind> = [.syncDirectory, .remove, .list, .exists]
            #expect(isLate.contains(fault.kind), "\(place)")
        } else {
            #expect(try found.head == old.head && old.isWhole(in: fixture.store), "\(place)")
        }
        // What failed is not tried again on the same file: a sync that succeeds then is a lie.
        do { try work.run(fixture.store, bytes) } catch {
            Issue.record("\(place): then \(error)")
        }
        if try !fixture.holdsAlone(Work.new) { Issue.record("\(place): lost without power") }
        try SnapshotSample(9).write(to: fixture.store)
        #expect(try fixture.names() == ["snapshot-0000000009.jsonl"], "\(place)")
        return true
    }

    @Test(arguments: [0, 100, 700, 1_100])
    @DiskAside func `on a full disk nothing is left that takes space`(room: Int) throws {
        let bytes = try Work.new.bytes()
        for work in [Work.newer, .transfer] {
            let fixture = try SnapshotFixture()
            let old = try #require(work.old)
            try old.write(to: fixture.store)
            let used = fixture.disk.usedBytes
            fixture.disk.setCapacity(used + room)
            for _ in 0..<3 {
                let error = #expect(throws: SnapshotError.self) {
                    try work.run(fixture.store, bytes)
                }
                #expect(error?.file?.isNoSpace == true)
                #expect(try fixture.store.newest().head == old.head)
            }
            // What came of a transfer stays, for it goes on when there is space.
            if work == .newer { #expect(fixture.disk.usedBytes == used) }
            fixture.disk.setCapacity(nil)
            try work.run(fixture.store, bytes)
            #expect(try fixture.holdsAlone(Work.new))
        }
    }

    @Test @DiskAside func `a transfer is not synced again after a sync failed`() throws {
        let fixture = try SnapshotFixture()
        let position = SnapshotSample(7).head.position
        let piece = [UInt8](repeating: 10, count: 1 << 20)
        let receiver = try fixture.store.receive(position, bytes: 9 << 20)
        fixture.disk.failSynchronize()
        for place in 0..<3 { try receiver.append(piece, at: place << 20) }
        let first = #expect(throws: SnapshotError.self) { try receiver.append(piece, at: 3 << 20) }
        let again = #expect(throws: SnapshotError.self) { try receiver.append(piece, at: 3 << 20) }
        #expect(first?.file?.reason == .inputOutput && again == first)
        #expect(try fixture.names() == [])
        #expect(try fixture.store.receive(position, bytes: 9 << 20).offset == 0)
    }

    @Test @DiskAside func `what a failed sync left in the cache alone is written again`() throws {
        let fixture = try SnapshotFixture()
        let sample = Work.new
        let bytes = try sample.bytes()
        let receiver = try fixture.store.receive(sample.head.position, bytes: bytes.count)
        try receiver.take(bytes, by: 512)
        fixture.disk.failSynchronize()
        fixture.disk.fail(.remove)
        #expect(throws: SnapshotError.self) { try receiver.finish() }
        fixture.disk.processCrash()
        let next = try fixture.store.receive(sample.head.position, bytes: bytes.count)
        #expect(next.offset == bytes.count)
        _ = try next.finish()
        #expect(try fixture.holdsAlone(sample))
    }
}

/// Counts the calls of one kind.
final class CallWatch: Sendable {
    private let calls = Lock(0)

    init(_ disk: MemoryFileSystem, _ kind: FileCall.Kind) {
        disk.onCall { [calls] (call) throws(FileError) in
            if call.kind == kind { calls.withLock { $0 += 1 } }
        }
    }

    var count: Int { calls.withLock { $0 } }
}
