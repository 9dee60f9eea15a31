import Storage
import TestSupport
import Testing

@testable import Replication

/// What is taken for an entry that a damaged disk lost.
@Suite struct RepairTests {
    private static let other = NodeIdentity(id: "n2", incarnation: "00000000000000bb")
    private static let third = NodeIdentity(id: "n3", incarnation: "00000000000000cc")
    private static let start = Instant(nanoseconds: 0)

    private static func position(_ index: UInt64, _ term: UInt64) -> LogPosition {
        LogPosition(index: LogIndex(index), term: Term(term))
    }

    private static func entries(
        _ positions: (UInt64, UInt64)...
    ) throws -> [(head: LogEntry.Head, line: [UInt8])] {
        try positions.map { index, term in
            let entry = LogEntry(
                position: position(index, term),
                time: Timestamp(milliseconds: 5),
                payload: .noop
            )
            return (try LogEntry.head(ofLine: entry.line), entry.line)
        }
    }

    /// A log of six entries of term 1, of which four more up to 10@2 are lost, and nothing is kept.
    private static func asked() throws -> (repair: Repair, log: LogTerms, wanted: EntriesWanted) {
        var log = LogTerms()
        log.append(term: Term(1), count: 6)
        var repair = Repair(lost: position(10, 2), kept: [], begin: start)
        guard case .ask(other, let wanted) = repair.next(log, [other, third], start) else {
            throw LineError(.invalid("nobody is asked"))
        }
        return (repair, log, wanted)
    }

    private static func found(holdsPin: Bool, after: LogPosition? = position(6, 1)) -> EntriesFound
    {
        EntriesFound(
            pin: position(10, 2),
            holdsPin: holdsPin,
            previous: after,
            last: position(9, 2)
        )
    }

    @Test @Aside func `a log that holds the pin is believed up to there`() throws {
        var (repair, log, wanted) = try Self.asked()
        #expect(wanted.after == Self.position(6, 1) && wanted.through == LogIndex(10))
        #expect(wanted.pin == Self.position(10, 2))
        let entries = try Self.entries((7, 1), (8, 1), (9, 2))
        let fill = repair.take(Self.found(holdsPin: true), entries, from: Self.other, log)
        #expect(fill?.entries.count == 3 && fill?.previous == Self.position(6, 1))
    }

    @Test @Aside func `a log without the pin is believed up to its last entry of the pin's term`()
        throws
    {
        var (repair, log, _) = try Self.asked()
        let fill = repair.take(
            Self.found(holdsPin: false),
            try Self.entries((7, 1), (8, 2), (9, 3)),
            from: Self.other,
            log
        )
        #expect(fill?.entries.map(\.head.position) == [Self.position(7, 1), Self.position(8, 2)])
    }

    @Test @Aside func `a log of other terms is not believed, and the next one is asked`() throws {
        var (repair, log, _) = try Self.asked()
        let entries = try Self.entries((7, 1), (8, 1), (9, 1))
        let fill = repair.take(Self.found(holdsPin: false), entries, from: Self.other, log)
        #expect(fill == nil)
        guard case .ask(Self.third, _) = repair.next(log, [Self.other, Self.third], Self.start)
        else {
            Issue.record("the next one is not asked")
            return
        }
        let again = repair.take(Self.found(holdsPin: false), entries, from: Self.third, log)
        #expect(again == nil)
        guard case .giveUp = repair.next(log, [Self.other, Self.third], Self.start) else {
            Issue.record("nothing is said")
            return
        }
        // All are asked again, in a while.
        guard case .nothing = repair.next(log, [Self.other], Self.start) else {
            Issue.record("asked again at once")
            return
        }
        guard case .ask = repair.next(log, [Self.other], Self.start + .seconds(2)) else {
            Issue.record("never asked again")
            return
        }
    }

    @Test @Aside func `answers that nobody asked for are dropped`() throws {
        var (repair, log, _) = try Self.asked()
        let entries = try Self.entries((7, 1))
        #expect(repair.take(Self.found(holdsPin: true), entries, from: Self.third, log) == nil)
        var other = Self.found(holdsPin: true)
        other.pin = Self.position(9, 2)
        #expect(repair.take(other, entries, from: Self.other, log) == nil)
    }

    @Test @Aside func `where two logs differ before the hole the question goes further back`()
        throws
    {
        var (repair, log, _) = try Self.asked()
        log.truncate(after: LogIndex(4))
        log.append(term: Term(2), count: 2)
        let answer = Self.found(holdsPin: true, after: Self.position(5, 1))
        #expect(repair.take(answer, [], from: Self.other, log) == nil)
        guard case .ask(Self.other, let wanted) = repair.next(log, [Self.other], Self.start) else {
            Issue.record("not asked again")
            return
        }
        #expect(wanted.after == Self.position(4, 1))
    }

    @Test @Aside func `one without an answer is passed over`() throws {
        var (repair, log, _) = try Self.asked()
        let peers = [Self.other, Self.third]
        guard case .nothing = repair.next(log, peers, Self.start + .milliseconds(900)) else {
            Issue.record("two are asked at once")
            return
        }
        guard case .ask(Self.third, _) = repair.next(log, peers, Self.start + .seconds(1)) else {
            Issue.record("nobody else is asked")
            return
        }
    }
}
