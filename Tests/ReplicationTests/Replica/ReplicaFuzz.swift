import Replication
import Storage

/// Random bytes and random messages, from a seed.
struct ReplicaFuzz {
    private var generator: SeededGenerator

    init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

    mutating func number(_ range: ClosedRange<Int>) -> Int {
        Int.random(in: range, using: &generator)
    }

    /// Small ones mostly, and now and then one at an edge.
    private mutating func ordinal() -> UInt64 {
        let edges: [UInt64] = [0, 1 << 20, 1 << 53, 1 << 53 - 1, UInt64.max]
        return number(0...9) == 0 ? edges[number(0...4)] : UInt64(number(0...6))
    }

    /// Good bytes with a few of them changed, doubled or taken out; or nothing but noise.
    mutating func bytes(from samples: [[UInt8]]) -> [UInt8] {
        if number(0...4) == 0 {
            return (0..<number(1...300)).map { _ in UInt8(number(0...255)) }
        }
        var bytes: [UInt8] = []
        for _ in 0..<number(1...4) { bytes += samples[number(0...samples.count - 1)] }
        for _ in 0..<number(0...4) {
            let place = number(0...bytes.count - 1)
            switch number(0...3) {
            case 0: bytes[place] = UInt8(number(0...255))
            case 1: bytes.insert(bytes[place], at: place)
            case 2: bytes.removeSubrange(place..<min(place + number(1...20), bytes.count - 1))
            default: bytes[place] = Array("\r\n :;,0{}\"".utf8)[number(0...9)]
            }
        }
        return bytes
    }

    /// A message that is well formed and means anything.
    mutating func message() -> PeerMessage {
        switch number(0...9) {
        case 0: .forward(id: ordinal(), proposal())
        case 1:
            .forwarded(
                id: ordinal(),
                number(0...1) == 0
                    ? .applied(LogIndex(ordinal()), output: Array("1".utf8), isRepeated: true)
                    : .failed(RequestFailure.allCases[number(0...3)])
            )
        case 2: .read(id: ordinal())
        case 3: .readIndex(id: ordinal(), number(0...1) == 0 ? nil : LogIndex(ordinal()))
        case 4: .formationRound(ordinal())
        case 5: .blank(round: ordinal(), FormationPlan(addresses: ["a:1"], expect: number(0...2)))
        default: .consensus(consensus(), clock: Timestamp(milliseconds: Int64(ordinal() >> 12)))
        }
    }

    private mutating func proposal() -> Proposal {
        Proposal(
            by: "client",
            key: "k\(number(0...3))",
            request: String(repeating: "0", count: 64),
            operation: Array([#"{"append":"a"}"#, "{}", "[1]"][number(0...2)].utf8)
        )
    }

    private mutating func position() -> LogPosition {
        LogPosition(index: LogIndex(ordinal()), term: Term(ordinal()))
    }

    private mutating func consensus() -> Message {
        switch number(0...5) {
        case 0: .preVote(VoteRequest(term: Term(ordinal()), last: position()))
        case 1: .vote(VoteRequest(term: Term(ordinal()), last: position()))
        case 2:
            .preVoteReply(
                VoteReply(term: Term(ordinal()), asked: Term(ordinal()), isGranted: true)
            )
        case 3:
            .voteReply(VoteReply(term: Term(ordinal()), asked: Term(ordinal()), isGranted: true))
        case 4:
            .appendReply(
                AppendReply(
                    term: Term(ordinal()),
                    round: AppendRound(ordinal()),
                    session: ReplicationSession(ordinal()),
                    outcome: [
                        .matched(through: LogIndex(ordinal())),
                        .conflict(previous: LogIndex(ordinal()), hint: position()), .stale,
                    ][number(0...2)]
                )
            )
        default: .append(append())
        }
    }

    private mutating func append() -> Append {
        let previous = position()
        let count = number(0...2)
        let last = LogIndex(previous.index.value == .max ? 0 : previous.index.value + 1)
        return Append(
            term: Term(ordinal()),
            previous: previous,
            entries: EntryBatch(
                first: last,
                terms: count == 0 ? [] : [TermRun(term: previous.term, count: count)],
                bytes: count * 100
            ),
            commit: LogIndex(ordinal()),
            round: AppendRound(ordinal()),
            session: ReplicationSession(ordinal())
        )
    }

    /// The lines that an append announces, or others.
    mutating func lines(after message: PeerMessage) -> [UInt8] {
        guard case .consensus(.append(let append), _) = message else { return [] }
        var index = append.entries.first
        var lines: [UInt8] = []
        for _ in 0..<append.entries.count {
            let entry = LogEntry(
                position: LogPosition(index: index, term: append.previous.term),
                time: Timestamp(milliseconds: 1),
                payload: number(0...3) == 0 ? .noop : .operation(proposal())
            )
            lines += entry.line
            if number(0...5) > 0, index.value < .max { index = index.next }
        }
        return lines
    }
}
