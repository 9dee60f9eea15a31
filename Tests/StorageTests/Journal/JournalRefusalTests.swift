import Storage
import TestSupport
import Testing

/// What a journal refuses, and that it changes nothing then.
@Suite struct JournalRefusalTests {
    let fixture = JournalFixture()

    /// Guards pitfall 36.
    @Test(arguments: [FileCall.Kind.synchronize, .write])
    @DiskAside func `pitfall 36: after a failed write or sync every call throws`(
        kind: FileCall.Kind
    )
        throws
    {
        let (journal, _) = try fixture.open()
        try journal.append([entry(1, 1)])
        if kind == .synchronize { fixture.disk.failSynchronize() } else { fail(.write) }
        let first = try #require(
            #expect(throws: JournalError.self) { try journal.append([entry(2, 1)]) }
        )
        fixture.disk.onCall(nil)
        let calls = fixture.disk.calls
        #expect(throws: first) { try journal.append([]) }
        #expect(throws: first) { try journal.adopt(cluster: "c1") }
        #expect(throws: first) {
            _ = try journal.entries(after: .zero, through: LogIndex(1), maximumBytes: 1)
        }
        #expect(fixture.disk.calls == calls)
    }

    /// Guards pitfall 36: reading shows the page cache, which the disk never got.
    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    @DiskAside func `pitfall 36: what a failed sync left in the cache is made durable elsewhere`(
        seed: UInt64
    )
        throws
    {
        let (journal, _) = try fixture.open()
        try journal.append([entry(1, 1)])
        fixture.disk.failSynchronize()
        #expect(throws: JournalError.self) { try journal.append([vote(2, for: "n2")]) }
        let (_, recovered) = try fixture.reopen()
        var generator = SeededGenerator(seed: seed)
        fixture.disk.powerLoss(using: &generator)
        let (_, again) = try fixture.open()
        #expect(again.vote == recovered.vote && again.terms == recovered.terms)
    }

    @Test @DiskAside func `a failed sync of a new file is no different`() throws {
        let (journal, _) = try fixture.open()
        try journal.append([entry(1, 1)])
        fixture.disk.failSynchronize(of: "2.jsonl")
        #expect(throws: JournalError.self) { try journal.adopt(cluster: "c1") }
        let (_, recovered) = try fixture.reopen()
        var generator = SeededGenerator(seed: 1)
        fixture.disk.powerLoss(using: &generator)
        let (_, again) = try fixture.open()
        #expect(again.identity == recovered.identity && again.terms == recovered.terms)
    }

    /// Guards pitfall 40.
    @Test @DiskAside func `a full disk is an error and no loss`() throws {
        let (journal, _) = try fixture.open()
        try journal.append([entry(1, 1)])
        fail(.write, .noSpace(.disk))
        let error = #expect(throws: JournalError.self) { try journal.append([entry(2, 1)]) }
        #expect(error?.description.contains("no space left") == true)
        fixture.disk.onCall(nil)
        #expect(try fixture.reopen().recovered.terms.last.index == LogIndex(1))
    }

    /// Guards pitfall 39.
    @Test @DiskAside func `pitfall 39: a second opener is refused until the first has closed`()
        throws
    {
        let (journal, _) = try fixture.open()
        let before = try fixture.files()
        #expect(throws: JournalError.locked(directory: JournalFixture.directory)) {
            _ = try fixture.open()
        }
        #expect(try fixture.files() == before)
        journal.close()
        #expect(throws: JournalError.closed) { try journal.append([]) }
        _ = try fixture.open()
    }

    @Test @DiskAside func `a directory of another node is refused`() throws {
        _ = try fixture.open(id: "n2")
        fixture.disk.processCrash()
        let error = #expect(throws: JournalError.self) { _ = try fixture.open(id: "n1") }
        #expect(error?.description.contains("belongs to node n2/8f3a91c04be7d215") == true)
    }

    @Test @DiskAside func `pitfall 26: a cluster is adopted once`() throws {
        let (journal, _) = try fixture.open()
        try journal.adopt(cluster: "c1")
        try journal.adopt(cluster: "c1")
        #expect(throws: JournalError.otherCluster(found: "c1", asked: "c2")) {
            try journal.adopt(cluster: "c2")
        }
        #expect(try fixture.reopen().recovered.identity.cluster == "c1")
    }

    @Test(arguments: [
        [entry(3, 2)], [entry(1, 2)], [entry(2, 1)], [entry(2, 2), entry(4, 2)],
        [vote(1)], [vote(2, for: "n3")], [vote(2)], [.truncate(after: LogIndex(2))],
        [.entry(LogPosition(index: LogIndex(2), term: Term(2)), line: entryLine(2, 3))],
        [.entry(LogPosition(index: LogIndex(2), term: Term(2)), line: entryLine(2, 2).dropLast())],
        [.entry(LogPosition(index: LogIndex(2), term: Term(2)), line: [])],
    ])
    @DiskAside func `records that do not follow are refused and nothing is written`(
        records: [JournalRecord]
    ) throws {
        let (journal, _) = try fixture.open()
        try journal.append([vote(2, for: "n2"), entry(1, 2)])
        let calls = fixture.disk.calls
        let error = #expect(throws: JournalError.self) { try journal.append(records) }
        guard case .refused = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(fixture.disk.calls == calls)
        try journal.append([entry(2, 2)])
    }

    private func fail(_ kind: FileCall.Kind, _ reason: FileError.Reason? = nil) {
        fixture.disk.onCall { (call) throws(FileError) in
            guard call.kind == kind else { return }
            throw FileError(
                reason ?? .system(code: 5, text: "input/output error"),
                call: kind.rawValue,
                path: call.path
            )
        }
    }
}
