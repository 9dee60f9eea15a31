import Storage
import TestSupport
import Testing

/// Guards pitfall 40: a journal's thread on a full disk waits, in order, and goes on by itself.
@Suite struct JournalSpaceTests {
    let fixture = JournalFixture(
        configuration: JournalConfiguration(
            segmentBytes: 1 << 14,
            fillBytes: 1_024,
            indexBytes: 256,
            reserveBytes: 4_096
        )
    )

    /// How long to wait for what must come.
    static let patience = Duration.seconds(120)

    /// What the callbacks said.
    final class Told: Sendable {
        let tokens = Mailbox<UInt64>()
        let failures = Mailbox<JournalError>()
        let space = Mailbox<JournalSpace>()
        let loads = Mailbox<JournalThread.Loaded>()

        func start(_ journal: sending Journal) -> JournalThread {
            JournalThread(
                journal,
                idle: .seconds(60),
                retry: .milliseconds(2),
                onDurable: { [self] in tokens.push($0) },
                onFailure: { [self] in failures.push($0) },
                onSpace: { [self] in space.push($0) }
            )
        }

        /// Waits until this token was named.
        func token(_ last: UInt64) -> Bool {
            while let more = tokens.takeAll(waiting: JournalSpaceTests.patience), !more.isEmpty {
                if more.contains(last) { return true }
            }
            return false
        }
    }

    @Test @DiskAside
    func `out of the reserve it goes on writing, then waits, then goes on by itself`()
        throws
    {
        let (journal, _) = try fixture.open()
        let told = Told()
        let thread = told.start(journal)
        fixture.disk.setCapacity(fixture.disk.usedBytes)
        let long = String(repeating: "x", count: 1_000)
        var index: UInt64 = 0
        for _ in 1...4 {
            index += 1
            thread.submit([vote(index, for: "n2"), entry(index, index, long)], token: index)
            #expect(told.token(index))
        }
        #expect(told.space.takeAll(waiting: Self.patience).map { $0.count } == 1)
        for _ in 1...20 {
            index += 1
            thread.submit([vote(index), entry(index, index, long)], token: index)
        }
        // What is there is read while the rest waits.
        thread.load(after: .zero, through: LogIndex(4), maximumBytes: .max) { told.loads.push($0) }
        #expect(try told.loads.takeAll(waiting: Self.patience)?.first?.get().count == 4)
        #expect(told.tokens.takeAll(waiting: .milliseconds(20)) == [])
        fixture.disk.setCapacity(nil)
        #expect(told.token(index))
        #expect(told.space.takeAll(waiting: Self.patience) == [.free])
        thread.stop()
        #expect(told.failures.takeAll(waiting: .zero) == [])
        let (again, recovered) = try fixture.reopen()
        #expect(recovered.notes.isEmpty && recovered.vote.term == Term(index))
        #expect(try again.allLines().count == Int(index))
    }

    @Test @DiskAside func `what waits stays in order, a cluster's id among it`() throws {
        var without = fixture
        without.configuration.reserveBytes = 0
        let (journal, _) = try without.open()
        let told = Told()
        let adopted = Mailbox<Bool>()
        let thread = told.start(journal)
        fixture.disk.setCapacity(fixture.disk.usedBytes)
        let long = String(repeating: "x", count: 5_000)
        thread.submit([entry(1, 1, long)], token: 1)
        guard case .full = told.space.takeAll(waiting: Self.patience)?.first else {
            Issue.record("nothing was said")
            return
        }
        thread.adopt(cluster: "c1") { adopted.push((try? $0.get()) != nil) }
        thread.submit([entry(2, 1)], token: 2)
        thread.submit([.truncate(after: LogIndex(1)), entry(2, 2, "other")], token: 3)
        #expect(adopted.takeAll(waiting: .milliseconds(20)) == [])
        fixture.disk.setCapacity(nil)
        #expect(told.token(3) && adopted.takeAll(waiting: Self.patience) == [true])
        #expect(told.space.takeAll(waiting: Self.patience) == [.free])
        thread.stop()
        let (again, recovered) = try without.reopen()
        #expect(recovered.identity.cluster == "c1")
        #expect(try again.allLines().last?.contains("other") == true)
    }

    @Test @DiskAside func `entries that a waiting truncation takes away are not read`() throws {
        let (journal, _) = try fixture.open()
        try journal.append([entry(1, 1), entry(2, 1), entry(3, 1)])
        let told = Told()
        let thread = told.start(journal)
        fixture.disk.setCapacity(0)
        let long = String(repeating: "x", count: 5_000)
        thread.submit([.truncate(after: LogIndex(2)), entry(3, 2, long)], token: 1)
        _ = told.space.takeAll(waiting: Self.patience)
        thread.submit([.truncate(after: LogIndex(1))], token: 2)
        thread.load(after: .zero, through: LogIndex(9), maximumBytes: .max) { told.loads.push($0) }
        let loaded = try #require(told.loads.takeAll(waiting: Self.patience)?.first).get()
        #expect(loaded.map(\.position.index) == [LogIndex(1)])
        thread.stop()
    }

    @Test @DiskAside
    func `a stop does not wait for space, and what waited was never called durable`()
        throws
    {
        let (journal, _) = try fixture.open()
        try journal.append([entry(1, 1)])
        let told = Told()
        let adopted = Mailbox<Bool>()
        let thread = told.start(journal)
        fixture.disk.setCapacity(0)
        let long = String(repeating: "x", count: 5_000)
        thread.submit([entry(2, 1, long)], token: 2)
        _ = told.space.takeAll(waiting: Self.patience)
        thread.adopt(cluster: "c1") { result in
            if case .failure(.closed) = result { adopted.push(true) } else { adopted.push(false) }
        }
        thread.stop()
        #expect(
            adopted.takeAll(waiting: Self.patience) == [true]
                && told.tokens.takeAll(waiting: .zero) == []
        )
        fixture.disk.setCapacity(nil)
        let (_, recovered) = try fixture.open()
        #expect(recovered.terms.last.index == LogIndex(1) && recovered.identity.cluster == nil)
    }

    @Test @DiskAside func `a start without room says at once that there is none`() throws {
        fixture.disk.setCapacity(2_000)
        let (journal, _) = try fixture.open()
        let told = Told()
        let thread = told.start(journal)
        guard case .full(let error) = told.space.takeAll(waiting: Self.patience)?.first else {
            Issue.record("nothing was said")
            return
        }
        #expect(error.reason == .noSpace(.disk))
        fixture.disk.setCapacity(nil)
        #expect(told.space.takeAll(waiting: Self.patience) == [.free])
        thread.stop()
    }

    /// Guards pitfall 36: a shortage is waited for, a failed sync never.
    @Test @DiskAside func `a sync that fails for want of space ends the journal`() throws {
        let (journal, _) = try fixture.open()
        let told = Told()
        let thread = told.start(journal)
        fixture.disk.fail(.synchronize, with: .noSpace(.disk))
        thread.submit([entry(1, 1)], token: 1)
        guard case .failed = told.failures.takeAll(waiting: Self.patience)?.first else {
            Issue.record("it goes on")
            return
        }
        let calls = fixture.disk.calls
        thread.submit([entry(1, 1)], token: 2)
        thread.stop()
        #expect(fixture.disk.calls == calls && told.tokens.takeAll(waiting: .zero) == [])
        #expect(told.space.takeAll(waiting: .zero) == [])
    }
}
