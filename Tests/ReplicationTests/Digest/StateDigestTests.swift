import Replication
import Storage
import TestSupport
import Testing

/// The chained digest as part of the state.
@Suite struct StateDigestTests {
    private static func entry(_ index: UInt64, _ value: String?, key: String? = nil) -> LogEntry {
        LogEntry(
            position: LogPosition(index: LogIndex(index), term: Term(1)),
            time: Timestamp(milliseconds: Int64(index)),
            payload: value.map { value in
                .operation(
                    Proposal(
                        by: "al",
                        key: key ?? value,
                        request: "r",
                        operation: Register.Append(value: value).lineBytes
                    )
                )
            } ?? .noop
        )
    }

    private typealias State = ReplicatedState<Register>

    private static var empty: State {
        State(limits: StateLimits(events: 10))
    }

    private static func state(_ values: [String?]) throws -> State {
        var state = empty
        for (place, value) in values.enumerated() {
            _ = try state.apply(entry(UInt64(place) + 1, value), seal: UInt64(place) + 7)
        }
        return state
    }

    @Test @Aside func `equal histories have equal digests, and a later entry changes it`() throws {
        let digest = try #require(try Self.state([nil, "a", "b"]).digest)
        #expect(try Self.state([nil, "a", "b"]).digest == digest)
        #expect(try Self.state([nil, "a"]).digest != digest)
        #expect(try Self.state([nil, "a", "b", nil]).digest != digest)
        #expect(digest.base == .zero)
    }

    @Test @Aside func `an entry's seal, an output and its kind each change the digest`() throws {
        func digest(_ seal: UInt64, _ change: (inout State) -> Void = { _ in }) throws
            -> StateDigest?
        {
            var state = try Self.state([nil, "a"])
            change(&state)
            _ = try state.apply(Self.entry(3, "b"), seal: seal)
            return state.digest
        }
        let digest = try digest(9)
        #expect(try digest == Self.state([nil, "a", "b"]).digest)
        // Another place in the list is another output.
        var (good, bad) = (try Self.state([nil, "a"]), try Self.state([nil, "a"]))
        _ = try good.apply(Self.entry(3, "a"), seal: 9)
        _ = try bad.apply(Self.entry(3, "a", key: "new"), seal: 9)
        #expect(good.digest != bad.digest)
        var other = try Self.state([nil, "a"])
        _ = try other.apply(Self.entry(3, "b"), seal: 10)
        #expect(other.digest != digest)
    }

    @Test @Aside func `the seal of a line is its checksum's digits, with or without a line feed`() {
        let line = Self.entry(4, "x").line
        let text = String(decoding: line, as: UTF8.self)
        let digits = text.suffix(11).prefix(8)
        let number = digits.utf8.reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
        #expect(LogEntry.seal(ofLine: line) == number)
        #expect(LogEntry.seal(ofLine: Array(line.dropLast())) == number)
    }

    @Test @Aside func `a digest survives a snapshot`() throws {
        let copies = try SnapshotCopy()
        let state = try Self.state([nil, "a", "b"])
        let restored = try copies.copy(of: state)
        #expect(restored == state && restored.digest != nil)
    }

    private static let old = [
        #"{"state":{"applied":{"index":3,"term":1},"time":3,"#
            + #""keys":{"count":0,"floor":0},"events":{"count":0,"floor":0}}}"#
    ]

    private func restored(_ lines: [String]) throws -> State {
        try SnapshotCopy().reading(lines, SnapshotCopy.head(3, term: 1)) {
            (reader) throws(SnapshotError) in
            try State(from: &reader)
        }
    }

    @Test @Aside func `a state of an older version has none until a leader's first entry`() throws {
        var state = try restored(Self.old)
        #expect(state.digest == nil)
        _ = try state.apply(Self.entry(4, "a"), seal: 1)
        #expect(state.digest == nil)
        _ = try state.apply(Self.entry(5, nil), seal: 1)
        #expect(state.digest?.base == LogIndex(5))
    }

    @Test @Aside func `nodes that were updated one by one share a chain from the next leader on`()
        throws
    {
        var early = try restored(Self.old)
        _ = try early.apply(Self.entry(4, nil), seal: 1)
        var late = try restored(Self.old)
        _ = try late.apply(Self.entry(4, "a"), seal: 1)
        #expect(late.digest == nil)
        for state in [early, late] {
            var state = state
            _ = try state.apply(Self.entry(5, nil), seal: 1)
            #expect(state.digest == StateDigest(after: LogIndex(5)))
        }
        // One that began with the log never forgets what it has seen.
        var whole = try Self.state([nil, "a"])
        _ = try whole.apply(Self.entry(3, nil), seal: 1)
        #expect(whole.digest?.base == .zero && whole.digest != StateDigest(after: .zero))
    }

    @Test(arguments: [
        #"{"base":4,"value":"0000000000000001"}"#, #"{"base":0,"value":"1"}"#,
        #"{"base":0,"value":"+000000000000001x"}"#, #"{"base":0}"#, #"{"value":1}"#, "7",
    ])
    @Aside func `a digest that cannot be one is refused`(digest: String) throws {
        let line = Self.old[0].replacing("}}}", with: "},\"digest\":\(digest)}}")
        #expect(throws: SnapshotError.self) { try restored([line]) }
    }

    @Test(arguments: [
        DigestMessage.question(LogIndex(1 << 40)), .wanted(from: .zero),
        .answer(LogIndex(3), StateDigest(after: LogIndex(2))),
        .diverged(LogIndex(9), StateDigest(after: .zero)),
    ])
    @Aside func `messages about digests come back as they were`(message: DigestMessage) throws {
        let line = PeerMessage.digest(message).line
        #expect(try PeerMessage(line, in: 0..<line.count - 1) == .digest(message))
    }
}
