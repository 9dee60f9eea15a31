import Storage
import TestSupport
import Testing

/// Guards pitfalls 1, 2, 37 and 38: what was acknowledged is there after any crash.
@Suite struct JournalCrashTests {
    /// How the machine comes back.
    enum Fault: CustomTestStringConvertible {
        case processCrash
        case powerLoss(seed: UInt64)

        static let all: [Fault] = [.processCrash] + (1...2).map { .powerLoss(seed: $0) }

        func strike(_ disk: MemoryFileSystem) {
            switch self {
            case .processCrash: disk.processCrash()
            case .powerLoss(let seed):
                var generator = SeededGenerator(seed: seed)
                disk.powerLoss(using: &generator)
            }
        }

        var testDescription: String {
            switch self {
            case .processCrash: "process crash"
            case .powerLoss(let seed): "power loss with seed \(seed)"
            }
        }
    }

    static let fixture = JournalFixture(
        configuration: JournalConfiguration(
            segmentBytes: 1_600,
            fillBytes: 100,
            indexBytes: 256,
            reserveBytes: 512
        )
    )

    @Test(arguments: Fault.all, MemoryFileSystem.CrashPoint.allCases)
    @DiskAside func `a crash at any call loses nothing acknowledged`(
        fault: Fault,
        point: MemoryFileSystem.CrashPoint
    ) throws {
        var calls = 0
        while true {
            var fixture = Self.fixture
            fixture.disk = MemoryFileSystem()
            fixture.disk.crash(afterCalls: calls, point)
            var run = JournalRun(fixture: fixture)
            try run.run(JournalStep.script)
            guard fixture.disk.isCrashed else { break }
            fault.strike(fixture.disk)
            try goOn(run, "crash at call \(calls)", fault)
            calls += 1
        }
        #expect(calls > 40)
    }

    @Test(arguments: Fault.all, MemoryFileSystem.CrashPoint.allCases)
    @DiskAside func `pitfall 37: a crash at any call of a recovery loses nothing`(
        fault: Fault,
        point: MemoryFileSystem.CrashPoint
    ) throws {
        for before in [0, 1, 2, 3] as [UInt64] {
            var base = JournalRun(fixture: Self.fixture)
            base.fixture.disk = MemoryFileSystem()
            base.fixture.disk.crash(
                afterCalls: 20 + 7 * Int(before),
                before < 2 ? .before : .after
            )
            try base.run(JournalStep.script)
            if before % 2 == 0 {
                var generator = SeededGenerator(seed: before)
                base.fixture.disk.powerLoss(using: &generator)
            } else {
                // The recovery reads what is in the page cache alone.
                base.fixture.disk.processCrash()
            }
            var calls = 0
            while true {
                var run = base
                run.fixture.disk = base.fixture.disk.clone()
                run.fixture.disk.crash(afterCalls: calls, point)
                do {
                    _ = try run.fixture.open()
                } catch {
                    guard run.fixture.disk.isCrashed else { throw error }
                }
                guard run.fixture.disk.isCrashed else { break }
                fault.strike(run.fixture.disk)
                try goOn(run, "base \(before), crash at call \(calls)", fault)
                calls += 1
            }
            #expect(calls > 10)
        }
    }

    /// Checks what is there, writes more, loses power again, and checks again.
    private func goOn(_ run: JournalRun, _ place: String, _ fault: Fault) throws {
        let (journal, found, recovered) = try run.recover()
        var expected = run.allowed
        if recovered.isNew {
            // Nothing was acknowledged, or there would be a journal.
            #expect(run.acknowledged.incarnation == nil, "\(place)")
            expected = [found]
        } else if run.acknowledged.incarnation == nil {
            expected = expected.map { model in
                var model = model
                model.incarnation = found.incarnation
                return model
            }
        }
        if !expected.contains(found) {
            Issue.record("\(place): \(found.vote), \(found.lines.count) lines")
        }
        let more: [JournalRecord] = [
            vote(found.vote.term.value + 1, for: "n2"),
            entry(UInt64(found.lines.count) + 1, 9, "more"),
        ]
        try journal.append(more)
        let next = found.applying(more)
        for seed in 10...11 as ClosedRange<UInt64> {
            var generator = SeededGenerator(seed: seed)
            run.fixture.disk.powerLoss(using: &generator)
            let (_, again, _) = try run.recover()
            if again != next { Issue.record("\(place), then power loss with seed \(seed)") }
        }
    }
}
