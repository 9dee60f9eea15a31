import Replication
import Storage
import TestSupport
import Testing

/// What clients were told, compared with the log: what is wrong is found.
@Suite struct SimulatedHistoryTests {
    private typealias History = SimulatedHistory<Purse>

    private static func entry(_ index: UInt64, _ key: String, _ amount: Int64) -> [UInt8] {
        let move = Purse.Move(amount: amount).lineBytes
        let proposal = Proposal(
            by: "anybody",
            key: key,
            request: SHA256.hexDigest(move),
            operation: move
        )
        return LogEntry(
            position: LogPosition(index: LogIndex(index), term: Term(1)),
            time: Timestamp(milliseconds: 5),
            payload: .operation(proposal)
        ).line
    }

    /// What is put in first, and then taken out.
    private static let log = [entry(1, "in", 5), entry(2, "out", -9), entry(3, "more", 7)]

    private static func instant(_ second: Int64) -> Instant {
        Instant(nanoseconds: second * 1_000_000_000)
    }

    private static func move(_ key: String, _ amount: Int64, at second: Int64) -> History.Call {
        History.Call(
            kind: .request(Purse.Move(amount: amount)),
            key: key,
            caller: Caller(),
            began: instant(second)
        )
    }

    private static let refusal = Refusal(.conflict, code: "too_little", message: "there are 5")

    /// The three moves, of which the second has no answer yet.
    private static func history() throws -> (history: History, out: Int) {
        var history = History()
        let first = history.begin(move("in", 5, at: 1))
        try history.end(
            first,
            (LogIndex(1), Purse.Outcome(rest: 5, isTooLittle: false).lineBytes),
            at: instant(2)
        )
        let out = history.begin(move("out", -9, at: 3))
        _ = history.begin(move("more", 7, at: 3))
        return (history, out)
    }

    private func flaw(_ body: () throws -> Void) -> Violation.Promise? {
        do { try body() } catch { return (error as? SimulatedFlaw)?.promise }
        return nil
    }

    @Test @Aside func `a refusal that the log gives is true`() throws {
        var (history, out) = try Self.history()
        history.refuse(out, Self.refusal, at: Self.instant(4))
        #expect(try history.check(Self.log).machine.rest == 12)
    }

    @Test @Aside func `a refusal of what took effect, or was refused otherwise, is found`() throws {
        var (history, out) = try Self.history()
        var other = Self.refusal
        other.message = "there are 4"
        history.refuse(out, other, at: Self.instant(4))
        #expect(flaw { _ = try history.check(Self.log) } == .linearizability)
        let taken = [Self.log[0], Self.entry(2, "more", 7), Self.entry(3, "out", -9)]
        #expect(flaw { _ = try history.check(taken) } == .linearizability)
    }

    @Test @Aside func `a refusal that nothing in the log explains is found`() throws {
        var (history, out) = try Self.history()
        history.refuse(out, Self.refusal, at: Self.instant(4))
        #expect(flaw { _ = try history.check([Self.log[0]]) } == .linearizability)
    }

    @Test @Aside func `an answer after a refusal, and another refusal, are found`() throws {
        var (history, out) = try Self.history()
        history.refuse(out, Self.refusal, at: Self.instant(4))
        history.refuse(out, Self.refusal, at: Self.instant(5))
        #expect(try history.check(Self.log).machine.rest == 12)
        let taken = Purse.Outcome(rest: 3, isTooLittle: false).lineBytes
        var answered = history
        try answered.end(out, (LogIndex(3), taken), at: Self.instant(5))
        #expect(flaw { _ = try answered.check(Self.log) } == .linearizability)
        var other = Self.refusal
        other.code = "other"
        history.refuse(out, other, at: Self.instant(5))
        #expect(flaw { _ = try history.check(Self.log) } == .linearizability)
    }

    @Test @Aside func `a key that stands for another request in the log is found`() throws {
        let history = try Self.history().history
        let exchanged = [Self.log[0], Self.entry(2, "out", 7), Self.entry(3, "more", -9)]
        #expect(flaw { _ = try history.check(exchanged) } == .nothingInvented)
    }
}
