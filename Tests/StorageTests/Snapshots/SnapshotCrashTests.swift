import Storage
import TestSupport
import Testing

/// Guards pitfalls 35 and 37: after any crash there is the old snapshot or the new one, whole.
@Suite struct SnapshotCrashTests {
    /// What is under way when the machine goes down.
    enum Work: CaseIterable {
        case first, newer, sameName, transfer, transferOverSameName

        var old: SnapshotSample? {
            switch self {
            case .first: nil
            case .newer, .transfer: SnapshotSample(3)
            case .sameName, .transferOverSameName: Self.another
            }
        }

        private static let another: SnapshotSample = {
            var sample = SnapshotSample(7, ["another", "one"])
            sample.head.schema = 1
            return sample
        }()

        /// Longer than a sector, so that a power loss tears it.
        static let new = SnapshotSample(
            7,
            (0..<12).map { "\($0) " + String(repeating: "x", count: 50) }
        )

        func run(_ store: SnapshotStore, _ bytes: [UInt8]) throws(SnapshotError) {
            switch self {
            case .first, .newer, .sameName: try Self.new.write(to: store)
            case .transfer, .transferOverSameName:
                let receiver = try store.receive(Self.new.head.position, bytes: bytes.count)
                try receiver.take(bytes, by: 700)
                _ = try receiver.finish()
                try store.removeOthers(keeping: Self.new.head.position)
            }
        }
    }

    @Test(arguments: JournalCrashTests.Fault.all, MemoryFileSystem.CrashPoint.allCases)
    @DiskAside func `pitfall 35: a crash at any call leaves the old one or the new one`(
        fault: JournalCrashTests.Fault,
        point: MemoryFileSystem.CrashPoint
    ) throws {
        let bytes = try Work.new.bytes()
        var counts: [Int] = []
        for work in Work.allCases {
            let base = try SnapshotFixture()
            try work.old?.write(to: base.store)
            var outcomes = (old: 0, new: 0)
            var calls = 0
            while true {
                let fixture = SnapshotFixture(cloning: base)
                fixture.disk.crash(afterCalls: calls, point)
                do { try work.run(fixture.store, bytes) } catch {
                    guard fixture.disk.isCrashed else { throw error }
                }
                guard fixture.disk.isCrashed else { break }
                fault.strike(fixture.disk)
                let place = "\(work), crash at call \(calls)"
                if try expectOne(of: work, fixture, place) == Work.new {
                    outcomes.new += 1
                } else {
                    outcomes.old += 1
                }
                try goOn(work, fixture, bytes, place)
                calls += 1
            }
            // Both happen: otherwise nothing was in danger.
            #expect(outcomes.old > 3 && outcomes.new > 0, "\(work)")
            counts.append(calls)
        }
        #expect(zip(counts, [13, 14, 13, 16, 15]).allSatisfy { $0 >= $1 }, "\(counts)")
    }

    /// - Returns: What is there.
    private func expectOne(
        of work: Work,
        _ fixture: SnapshotFixture,
        _ place: String
    ) throws -> SnapshotSample? {
        let found = try fixture.store.newest()
        #expect(found.damages == [], "\(place)")
        guard let head = found.head else {
            #expect(work.old == nil, "\(place): nothing is left")
            return nil
        }
        let samples = [work.old, Work.new].compactMap { $0 }
        let whole = try samples.first {
            try $0.head == head && $0.isWhole(in: fixture.store)
        }
        if whole == nil { Issue.record("\(place): \(head)") }
        return whole
    }

    /// The next process does it again, then writes a newer one; both stay without power.
    private func goOn(
        _ work: Work,
        _ fixture: SnapshotFixture,
        _ bytes: [UInt8],
        _ place: String
    ) throws {
        do { try work.run(fixture.store, bytes) } catch {
            // What a power loss left of the transfer is found at its end, and begun anew.
            #expect(error.damage != nil, "\(place): \(error)")
            try work.run(fixture.store, bytes)
        }
        if try !fixture.holdsAlone(Work.new) { Issue.record("\(place): not done again") }
        let next = SnapshotSample(9, ["next"])
        try next.write(to: fixture.store)
        let names = try fixture.names()
        if names != ["snapshot-0000000009.jsonl"] { Issue.record("\(place): \(names)") }
        if try !fixture.holdsAlone(next) { Issue.record("\(place): no next one") }
    }
}
