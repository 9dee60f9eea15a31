import Replication
import Storage
import TestSupport
import Testing

/// The state as lines: what comes back is equal, goes on equally, and is whole or refused.
@Suite struct ReplicatedStateSnapshotTests {
    private static var limits: ExactlyOnce.Limits {
        var limits = ExactlyOnce.Limits()
        limits.count = 12
        limits.age = .seconds(30)
        return limits
    }

    private static var empty: ReplicatedState<Register> {
        ReplicatedState(limits: StateLimits(keys: limits, events: 9))
    }

    /// Entries of all kinds, with keys that come again and keys used for another request.
    private static func entries(_ count: Int, seed: UInt64) -> [LogEntry] {
        var generator = SeededGenerator(seed: seed)
        var (term, time) = (UInt64(1), Int64(1_000))
        return (1...UInt64(count)).map { index in
            let draw = Int.random(in: 0..<20, using: &generator)
            if draw == 0 { term += 1 }
            time += Int64.random(in: 0...3_000, using: &generator)
            let key = Int.random(in: 0..<40, using: &generator)
            let proposal = Proposal(
                by: key % 3 == 0 ? "al" : "bøb\n",
                key: "key \(key)",
                request: draw == 1 ? "another request" : "request \(key)",
                operation: Register.Append(value: "\(index) \"quoted\"").lineBytes
            )
            return LogEntry(
                position: LogPosition(index: LogIndex(index), term: Term(term)),
                time: Timestamp(milliseconds: time),
                payload: draw < 2 ? .noop : .operation(proposal)
            )
        }
    }

    @Test(arguments: 1...12 as ClosedRange<UInt64>)
    @Aside func `pitfall 35: a restored state is equal and goes on equally`(seed: UInt64) throws {
        let entries = Self.entries(80, seed: seed)
        let copies = try SnapshotCopy()
        var state = Self.empty
        var restored = state
        var generator = SeededGenerator(seed: seed)
        for entry in entries {
            #expect(try state.apply(entry) == restored.apply(entry), "seed \(seed), \(entry)")
            if Int.random(in: 0..<4, using: &generator) == 0 {
                restored = try copies.copy(of: state)
            }
            #expect(restored == state, "seed \(seed), after \(entry.position)")
        }
        #expect(state.exactlyOnce.floor > .zero && state.events.floor > .zero)
    }

    private static let good = [
        #"{"state":{"applied":{"index":9,"term":2},"time":5000,"#
            + #""keys":{"count":2,"floor":1},"events":{"count":3,"floor":4}}}"#,
        key("a", 3, 1_000), key("b", 8, 2_000), event("1-5.0"), event("1-5.1"), event("1-9.0"),
        #"{"value":"x"}"#,
    ]

    private static func key(_ key: String, _ index: Int, _ time: Int) -> String {
        #"{"key":{"by":"al","key":"\#(key)","index":\#(index),"time":\#(time),"#
            + #""request":"r","output":1}}"#
    }

    private static func event(_ id: String) -> String {
        #"{"event":{"id":"\#(id)","event":"x"}}"#
    }

    private func read(_ lines: [String], schema: UInt64 = 1) throws(SnapshotError) {
        let copies: SnapshotCopy
        do { copies = try SnapshotCopy() } catch { throw .invalid("\(error)") }
        try copies.reading(lines, SnapshotCopy.head(9, term: 2, schema: schema)) {
            (reader) throws(SnapshotError) in
            _ = try ReplicatedState<Register>(from: &reader)
        }
    }

    @Test @Aside func `the lines are those that the documents show`() throws {
        try read(Self.good)
        let copies = try SnapshotCopy()
        let head = SnapshotCopy.head(9, term: 2)
        let state = try copies.reading(Self.good, head) { (reader) throws(SnapshotError) in
            try ReplicatedState<Register>(from: &reader)
        }
        let lines = try copies.lines(head) { (writer) throws(SnapshotError) in
            try state.write(to: &writer)
        }
        #expect(lines == Self.good)
    }

    @Test(
        arguments: [
            (0, good[0].replacing("\"index\":9", with: "\"index\":8"), "of entry 8@2"),
            (0, good[0].replacing("\"floor\":4", with: "\"floor\":10"), "a floor is above"),
            (0, good[0].replacing("\"count\":2", with: "\"count\":1"), "expected a line 'event'"),
            (0, good[0].replacing("\"count\":2", with: "\"count\":3"), "expected a line 'key'"),
            (0, good[0].replacing("\"count\":3", with: "\"count\":4"), "expected a line 'event'"),
            (0, good[0].replacing("\"count\":3", with: "\"count\":2"), "unknown member 'event'"),
            (0, "{\"start\":{}}", "expected a line 'state'"),
            (1, key("b", 3, 1_000), "the key stands twice"),
            (1, key("a", 1, 1_000), "its entry comes earlier"),
            (1, key("a", 8, 1_000), "its entry comes earlier"),
            (1, key("a", 3, 2_001), "its time comes earlier"),
            (2, key("b", 10, 2_000), "later than the state"),
            (2, key("b", 8, 5_001), "later than the state"),
            (2, "{\"key\":{\"by\":\"al\"}}", "member 'key' is missing"),
            (3, event("1-4.0"), "below the window"), (3, event("1-5.1"), "cannot follow none"),
            (4, event("1-5.2"), "event 1-5.2 cannot follow 1-5.0"),
            (4, event("1-5.0"), "event 1-5.0 cannot follow 1-5.0"),
            (5, event("1-10.0"), "later than the state"), (5, event("2-9.0"), "cannot follow"),
            (6, "{\"shout\":1}", "unknown member 'shout'"),
            (6, "{\"value\":1}", "expected a string"),
            (6, "{\"value\":\"x\",\"value2\":\"y\"}", "unknown member 'value2'"),
        ] as [(Int, String, String)]
    )
    @Aside func `a line that does not fit is named`(place: Int, line: String, reason: String) throws
    {
        var lines = Self.good
        lines[place] = line
        let error = try #require(throws: SnapshotError.self) { try read(lines) }
        #expect(error.description.contains(reason), "\(error)")
    }

    @Test @Aside func `a state without an end, or with a line too many, is refused`() throws {
        for count in 0..<6 {
            let error = try #require(throws: SnapshotError.self) {
                try read(Array(Self.good.prefix(count)))
            }
            #expect(error.description.contains("ends where a line"), "\(error)")
        }
        let error = try #require(throws: SnapshotError.self) {
            try read(Self.good, schema: 2)
        }
        #expect(error.description.contains("schema 2"), "\(error)")
    }

    @Test @Aside func `a small machine is one line, and what it leaves is refused`() throws {
        let copies = try SnapshotCopy()
        var limits = ExactlyOnce.Limits()
        limits.count = 3
        var state = ReplicatedState<Tally>(limits: StateLimits(keys: limits, events: 5))
        for index in 1...5 as ClosedRange<UInt64> {
            let proposal = Proposal(
                by: "al",
                key: "\(index)",
                request: "r",
                operation: Tally.Add(amount: 7).lineBytes
            )
            _ = try state.apply(
                LogEntry(
                    position: LogPosition(index: LogIndex(index), term: Term(1)),
                    time: Timestamp(milliseconds: 5),
                    payload: .operation(proposal)
                )
            )
        }
        let again = try copies.copy(of: state)
        #expect(again.machine.lineBytes == state.machine.lineBytes)
        #expect(again.machine.lineBytes == Array(#"{"total":35}"#.utf8))
        var lines = try copies.lines(SnapshotCopy.head(5)) { (writer) throws(SnapshotError) in
            try state.write(to: &writer)
        }
        #expect(lines.last == #"{"machine":{"total":35}}"#)
        lines.append(lines[lines.count - 1])
        let doubled = lines
        let error = try #require(throws: SnapshotError.self) {
            try copies.reading(doubled, SnapshotCopy.head(5)) { (reader) throws(SnapshotError) in
                _ = try ReplicatedState<Tally>(from: &reader)
            }
        }
        #expect(error.description.contains("left a line unread: 'machine'"), "\(error)")
    }
}
