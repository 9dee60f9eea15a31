import Storage
import TestSupport
import Testing

/// Each call of a journal's life fails in turn, each way that a disk can fail.
///
/// Guards pitfalls 36, 39 and 40.
@Suite struct FaultEnumerationTests {
    static let reasons: [FileError.Reason] = [
        .noSpace(.disk), .noSpace(.quota), .noSpace(.fileSize), .noSpace(.descriptors),
        .system(code: 30, text: "read-only file system"),
        .system(code: 13, text: "permission denied"), .inputOutput,
    ]

    @Test(arguments: reasons, [1, .max])
    @DiskAside
    func `any call may fail in any way, once or for good, and nothing acknowledged is lost`(
        reason: FileError.Reason,
        times: Int
    ) throws {
        let calls = try FaultRun.calls()
        var counts: [FaultRun.Outcome: Int] = [:]
        for (kind, count) in calls.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            for skipped in 0..<count {
                let place = "\(kind) \(skipped) x \(times): \(reason)"
                var run = FaultRun(place)
                run.disk.fail(kind, with: reason, after: skipped, times: times)
                run.watchSyncs(kind, after: skipped)
                counts[try run.play(), default: 0] += 1
            }
        }
        let isWaitedFor = if case .noSpace = reason { true } else { false }
        let total = counts.values.reduce(0, +)
        #expect(total == calls.values.reduce(0, +) && total > 100)
        #expect(counts[.harmless, default: 0] > 0 && counts[.ended, default: 0] > 20)
        #expect(counts[.refused, default: 0] > 5)
        #expect((counts[.waited, default: 0] > 0) == isWaitedFor)
    }
}

/// A journal is opened, written and closed while one call fails; then the disk is well again.
private struct FaultRun {
    enum Outcome {
        /// Nobody noticed.
        case harmless
        /// The start was refused, and nothing changed.
        case refused
        /// There was no space; once there was, it went on.
        case waited
        /// The journal ended, and the next start had all that was acknowledged.
        case ended
    }

    private static let configuration = JournalConfiguration(
        segmentBytes: 1_600,
        fillBytes: 100,
        indexBytes: 256,
        reserveBytes: 512
    )

    let disk = MemoryFileSystem()
    private let place: String
    private let fixture: JournalFixture
    private var acknowledged = JournalModel()
    private var allowed: [JournalModel] = []
    private var outcome = Outcome.harmless
    /// Syncs that were tried after one had failed.
    private let syncs = SyncWatch()

    init(_ place: String) {
        self.place = place
        fixture = JournalFixture(disk: disk, configuration: Self.configuration)
    }

    /// How often a life without faults makes each call.
    static func calls() throws -> [FileCall.Kind: Int] {
        let counts = CallCounts()
        var run = FaultRun("no fault")
        run.disk.onCall { (call) throws(FileError) in counts.note(call.kind) }
        #expect(try run.play(checks: false) == .harmless)
        return counts.all
    }

    func watchSyncs(_ failing: FileCall.Kind, after skipped: Int) {
        syncs.watch(disk, failing, after: skipped)
    }

    mutating func play(checks: Bool = true) throws -> Outcome {
        do {
            var journal = try open()
            for step in JournalStep.script.prefix(5) { try perform(step, on: journal) }
            // A life of two processes: also a recovery's calls fail.
            journal.close()
            journal = try open()
            for step in JournalStep.script.dropFirst(5) { try perform(step, on: journal) }
            journal.close()
        } catch JournalError.failed {
            outcome = .ended
        } catch JournalError.file, JournalError.unreadable {
            outcome = .refused
        } catch JournalError.damaged(let damage) where damage.reason.contains("input/output") {
            // Not even a head was given back.
            outcome = .refused
        }
        guard checks else { return outcome }
        if syncs.again > 0 { Issue.record("\(place): \(syncs.again) syncs after a failed one") }
        try goOn(1)
        return outcome
    }

    private mutating func open() throws -> Journal {
        // Another process begins, in which no sync has failed yet.
        syncs.forget()
        let journal: Journal
        do {
            (journal, _) = try fixture.open()
        } catch JournalError.full {
            outcome = .waited
            disk.heal()
            (journal, _) = try fixture.open()
        }
        acknowledged.incarnation = journal.identity.node.incarnation
        allowed = [acknowledged]
        #expect(try journal.allLines() == acknowledged.lines, "\(place)")
        return journal
    }

    private mutating func perform(_ step: JournalStep, on journal: Journal) throws {
        let next = step.applied(to: acknowledged)
        allowed = [acknowledged, next]
        do {
            try step.perform(on: journal)
        } catch JournalError.full {
            outcome = .waited
            disk.heal()
            try step.perform(on: journal)
        }
        if journal.shortage != nil {
            outcome = .waited
            try journal.endShortage()
        }
        acknowledged = next
        allowed = [next]
    }

    /// The next process, after the power was gone as well.
    private func goOn(_ seed: UInt64) throws {
        var copy = fixture
        copy.disk = disk.clone()
        copy.disk.onCall(nil)
        var generator = SeededGenerator(seed: seed)
        copy.disk.powerLoss(using: &generator)
        let (journal, found, recovered) = try JournalRun(fixture: copy).recover()
        if recovered.isNew {
            if acknowledged.incarnation != nil { Issue.record("\(place): all is lost") }
        } else {
            var expected = allowed
            if acknowledged.incarnation == nil {
                expected = [JournalModel(incarnation: found.incarnation)]
            }
            if !expected.contains(found) {
                Issue.record("\(place), seed \(seed): \(found.lines.count) lines, \(found.vote)")
            }
        }
        try journal.append([vote(found.vote.term.value + 1, for: "n2")])
    }
}

/// Counts calls by kind.
private final class CallCounts: Sendable {
    private let counts = Lock<[FileCall.Kind: Int]>([:])

    var all: [FileCall.Kind: Int] { counts.withLock { $0 } }

    func note(_ kind: FileCall.Kind) { counts.withLock { $0[kind, default: 0] += 1 } }
}

/// Counts the syncs that are tried after one has failed, as calls of one kind do from some call on.
private final class SyncWatch: Sendable {
    private let state = Lock((calls: 0, failed: false, again: 0))

    var again: Int { state.withLock { $0.again } }

    func forget() { state.withLock { $0.failed = false } }

    func watch(_ disk: MemoryFileSystem, _ failing: FileCall.Kind, after skipped: Int) {
        let syncs: [FileCall.Kind] = [.synchronize, .syncDirectory]
        guard syncs.contains(failing) else { return }
        disk.onCall { [state] (call) throws(FileError) in
            guard syncs.contains(call.kind) else { return }
            state.withLock { state in
                if state.failed { state.again += 1 }
                guard call.kind == failing else { return }
                state.calls += 1
                if state.calls == skipped + 1 { state.failed = true }
            }
        }
    }
}
