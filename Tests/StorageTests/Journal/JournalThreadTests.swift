import Storage
import TestSupport
import Testing

@Suite struct JournalThreadTests {
    let fixture = JournalFixture(
        configuration: JournalConfiguration(
            segmentBytes: 1 << 16,
            fillBytes: 1_024,
            reserveBytes: 512
        )
    )

    /// What the callbacks said.
    final class Report: Sendable {
        let tokens = Mailbox<UInt64>()
        let failures = Mailbox<JournalError>()
        let loads = Mailbox<JournalThread.Loaded>()

        func start(_ journal: sending Journal, idle: Duration = .seconds(60)) -> JournalThread {
            JournalThread(
                journal,
                idle: idle,
                onDurable: { [self] in tokens.push($0) },
                onFailure: { [self] in failures.push($0) }
            )
        }
    }

    @Test @DiskAside func `what gathers during a sync becomes one batch, in order`() throws {
        let (journal, _) = try fixture.open()
        // The first sync waits until all the others are submitted.
        let gate = Mailbox<Void>()
        let counts = Mailbox<Void>()
        fixture.disk.onCall { (call) throws(FileError) in
            guard call.kind == .synchronize else { return }
            counts.push(())
            _ = gate.takeAll()
        }
        let report = Report()
        let thread = report.start(journal)
        thread.submit([entry(1, 1)], token: 1)
        #expect(counts.takeAll()?.count == 1)
        for index in 2...200 as ClosedRange<UInt64> {
            thread.submit([entry(index, 1)], token: index)
        }
        gate.close()
        var tokens: [UInt64] = []
        while tokens.last != 200, let more = report.tokens.takeAll() { tokens += more }
        #expect(tokens == [1, 200])
        #expect(counts.takeAll()?.count == 1)
        thread.stop()
        let (again, recovered) = try fixture.reopen()
        #expect(recovered.terms.last.index == LogIndex(200))
        #expect(try again.allLines().count == 200)
    }

    @Test @DiskAside func `a load sees what was submitted before it and nothing after`() throws {
        let (journal, _) = try fixture.open()
        let report = Report()
        let thread = report.start(journal)
        thread.submit([entry(1, 1), entry(2, 1)], token: 1)
        thread.load(after: .zero, through: LogIndex(9), maximumBytes: .max) { [report] in
            report.loads.push($0)
        }
        thread.submit([.truncate(after: LogIndex(1))], token: 2)
        thread.stop()
        let loaded = try #require(report.loads.takeAll()?.first).get()
        #expect(loaded.map(\.line) == [entryLine(1, 1), entryLine(2, 1)])
        #expect(report.tokens.takeAll() == [1, 2])
    }

    @Test @DiskAside func `loads force no sync, and each sees what was submitted before it`() throws
    {
        let (journal, _) = try fixture.open()
        let gate = Mailbox<Void>()
        let syncs = Mailbox<Void>()
        fixture.disk.onCall { (call) throws(FileError) in
            guard call.kind == .synchronize else { return }
            syncs.push(())
            _ = gate.takeAll()
        }
        let report = Report()
        let thread = report.start(journal)
        thread.submit([entry(1, 1)], token: 1)
        #expect(syncs.takeAll()?.count == 1)
        for index in 2...50 as ClosedRange<UInt64> {
            thread.submit([entry(index, 1)], token: index)
            thread.load(
                after: LogIndex(index - 1),
                through: LogIndex(index),
                maximumBytes: .max
            ) { [report] in report.loads.push($0) }
        }
        gate.close()
        var loads: [JournalThread.Loaded] = []
        while loads.count < 49, let more = report.loads.takeAll() { loads += more }
        thread.stop()
        #expect(
            try loads.map { try $0.get().map(\.line) } == (2...50).map { [entryLine($0, 1)] }
        )
        // All that gathered was one batch, whatever was read between.
        #expect(report.tokens.takeAll() == [1, 50])
    }

    @Test @DiskAside func `an idle journal vouches for its last batch`() throws {
        let (journal, _) = try fixture.open()
        let report = Report()
        let syncs = Mailbox<Void>()
        fixture.disk.onCall { (call) throws(FileError) in
            if call.kind == .synchronize { syncs.push(()) }
        }
        let thread = report.start(journal, idle: .milliseconds(1))
        thread.submit([entry(1, 1)], token: 1)
        var count = 0
        while count < 2, let more = syncs.takeAll() { count += more.count }
        thread.stop()
        let text = String(
            decoding: try #require(fixture.disk.contents(of: fixture.path(1))),
            as: UTF8.self
        )
        #expect(text.contains(#"{"batch":3,"bytes":0,"through":{"index":1,"term":1}"#))
    }

    /// Guards pitfall 36.
    @Test @DiskAside func `pitfall 36: after a failure nothing is written and no token named`()
        throws
    {
        let (journal, _) = try fixture.open()
        let report = Report()
        fixture.disk.failSynchronize()
        let thread = report.start(journal)
        thread.submit([entry(1, 1)], token: 1)
        #expect(report.failures.takeAll()?.count == 1)
        let calls = fixture.disk.calls
        thread.submit([entry(2, 1)], token: 2)
        let adopted = Mailbox<Bool>()
        thread.adopt(cluster: "c1") { result in
            if case .failure(.failed) = result { adopted.push(true) } else { adopted.push(false) }
        }
        thread.load(after: .zero, through: LogIndex(1), maximumBytes: 1) { [report] in
            report.loads.push($0)
        }
        thread.stop()
        #expect(adopted.takeAll() == [true])
        if case .failure(.failed) = try #require(report.loads.takeAll()?.first) {
        } else {
            Issue.record("the load did not fail")
        }
        report.tokens.close()
        report.failures.close()
        #expect(report.tokens.takeAll() == nil && report.failures.takeAll() == nil)
        #expect(fixture.disk.calls == calls)
    }

    /// Guards pitfall 46.
    @Test @DiskAside func `pitfall 46: a request after the stop is answered`() throws {
        let (journal, _) = try fixture.open()
        let report = Report()
        let thread = report.start(journal)
        thread.stop()
        thread.stop()
        thread.load(after: .zero, through: LogIndex(1), maximumBytes: 1) { [report] in
            report.loads.push($0)
        }
        guard case .failure(.closed) = try #require(report.loads.takeAll()?.first) else {
            Issue.record("the load was not refused")
            return
        }
        _ = try fixture.open()
    }
}
