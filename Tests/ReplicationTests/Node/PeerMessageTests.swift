import Replication
import Storage
import TestSupport
import Testing

@Suite struct PeerMessageTests {
    private static let from = NodeIdentity(id: "n1", incarnation: "00000000000000aa")
    private static let other = NodeIdentity(id: "n2", incarnation: "00000000000000bb")
    private static let plan = FormationPlan(addresses: ["b:1", "a:1"], expect: 2)

    private static func hello(_ cluster: String?, _ to: NodeIdentity?) -> Hello {
        Hello(
            cluster: cluster,
            from: from,
            peerAddress: "a:1",
            clientAddress: "a:2",
            to: to
        )
    }

    private static func member(_ role: Member.Role) -> Member {
        Member(identity: from, peerAddress: "a:1", clientAddress: "a:2", role: role)
    }

    private static let position = LogPosition(index: LogIndex(41), term: Term(3))

    private static func append(_ entries: EntryBatch) -> Append {
        Append(
            term: Term(3),
            previous: position,
            entries: entries,
            commit: LogIndex(40),
            round: AppendRound(9),
            session: ReplicationSession(2)
        )
    }

    private static let entries = EntryBatch(
        first: LogIndex(42),
        terms: [TermRun(term: Term(3), count: 2)],
        bytes: 100
    )

    static let messages: [PeerMessage] =
        [
            .hello(hello(nil, nil)), .hello(hello("c1", other)), .welcome(hello("c1", other)),
            .refused(LinkRefusal(code: "node_mismatch", message: "a \"quote\"\n")),
            .read(id: 0), .read(id: .max), .readIndex(id: 7, LogIndex(42)), .readIndex(id: 7, nil),
            .formationRound(3), .blank(round: 3, plan),
            .blank(round: 3, FormationPlan(addresses: [], expect: nil)),
            .forward(
                id: .max,
                Proposal(by: "ann", key: "k", request: "00", operation: Array(#"{"a":1}"#.utf8))
            ),
            .forward(
                id: 1,
                Proposal(
                    by: "ann",
                    key: "k",
                    request: "00",
                    operation: Array("1".utf8),
                    since: LogIndex(4),
                    carriesSecret: true
                )
            ),
            .forwarded(id: 1, .applied(LogIndex(4), output: Array("7".utf8), isRepeated: false)),
            .forwarded(id: 1, .applied(LogIndex(4), output: Array("7".utf8), isRepeated: true)),
            .consensus(
                .preVote(VoteRequest(term: Term(4), last: position)),
                clock: Timestamp(milliseconds: -5)
            ),
            .consensus(.append(append(EntryBatch(first: LogIndex(42)))), clock: now),
            .consensus(.append(append(entries)), clock: now),
            .ping(7), .pong(.max), .join(member(.joining)), .join(member(.learner)),
            .removed(LogIndex(42)),
            .acknowledged([]),
            .acknowledged([
                Acknowledged(node: from, position: position, term: Term(4)),
                Acknowledged(node: other, position: .zero, term: Term(3)),
            ]),
            .digest(.question(LogIndex(42))), .digest(.wanted(from: LogIndex(42))),
            .digest(.answer(LogIndex(42), StateDigest(after: .zero), copied: nil)),
            .digest(.answer(LogIndex(42), StateDigest(after: LogIndex(7)), copied: other)),
            .digest(.agreed(LogIndex(42), StateDigest(after: .zero))),
            .digest(.diverged(LogIndex(42), StateDigest(after: .zero))),
            .contradiction(
                Contradiction(node: from, entry: position, leader: other, other: position)
            ),
            .joinAnswer(other, .admitted),
            .joinAnswer(other, .refused(LinkRefusal(code: "id_in_use", message: "n2 \"\n"))),
            .entriesWanted(
                EntriesWanted(after: position, through: LogIndex(42), pin: position)
            ),
            .entriesFound(
                EntriesFound(pin: position, holdsPin: true, previous: position, last: position)
            ),
            .entriesFound(
                EntriesFound(pin: position, holdsPin: false, previous: nil, last: .zero)
            ),
            .snapshot(piece),
            .snapshot(
                SnapshotPiece(term: Term(3), position: position, bytes: 90, offset: 90, lines: 0)
            ),
        ]
        + [.wants(offset: 4_096), .installed, .damaged("line \"1\"\n"), .failed("")].map {
            .snapshotReply(SnapshotReply(term: Term(3), position: position, outcome: $0))
        } + RequestFailure.allCases.map { .forwarded(id: 1, .failed($0)) }

    private static let piece = SnapshotPiece(
        term: Term(3),
        position: position,
        bytes: 4_096,
        offset: 90,
        lines: 2
    )

    private static let now = Timestamp(milliseconds: 1_763_697_600_123)

    private func read(_ line: [UInt8]) throws(LineError) -> PeerMessage {
        try PeerMessage(line, in: 0..<line.count - 1)
    }

    @Test @Aside func `there is a message of each kind`() {
        #expect(PeerMessageKind.missing(in: Self.messages) == [])
    }

    @Test(arguments: messages)
    @Aside func `a message is read as it was written`(message: PeerMessage) throws {
        let line = message.line
        #expect(
            line.last == UInt8(ascii: "\n") && line.dropLast().contains(UInt8(ascii: "\n")) == false
        )
        #expect(try read(line) == message)
    }

    @Test(arguments: messages)
    @Aside func `a message with any byte changed, cut or added is refused`(message: PeerMessage) {
        let line = message.line
        for place in 0..<line.count - 1 {
            for change in [1, 0x20, 0x80] as [UInt8] {
                var changed = line
                changed[place] ^= change
                // Upper-case digits of the checksum are other bytes, and no checksum.
                #expect(throws: LineError.self) { try read(changed) }
            }
            #expect(throws: LineError.self) { try read(line[..<place] + [UInt8(ascii: "\n")]) }
        }
        #expect(throws: LineError.self) { try read(line.dropLast() + [0x20, 0x0A]) }
    }

    private static let malformed = [
        #"{"hello":1}"#, #"{}"#, #"{"id":1}"#, #"{"read":{}}"#, #"{"read":{"a":1},"id":1}"#,
        #"{"read":{},"id":1,"id":2}"#, #"{"read":{},"read":{},"id":1}"#,
        #"{"read":{},"formationRound":1,"id":1}"#, #"{"readIndex":{},"id":-1}"#,
        #"{"forward":{"by":"a"},"id":1}"#, #"{"forwarded":{"failed":1},"id":1}"#,
        #"{"forwarded":{"applied":{"index":1}},"id":1}"#, #"{"what":{}}"#,
        #"{"consensus":{"vote":{"term":1,"last":{"index":0,"term":0}}}}"#,
        #"{"consensus":{"vote":{"term":1,"last":{"index":0,"term":0}}},"clock":9223372036854775807}"#,
        #"{"consensus":{"vote":{"term":99999999999999999,"last":{"index":0,"term":0}}},"clock":1}"#,
        #"{"snapshot":{"term":1,"position":{"index":1,"term":1},"bytes":-1,"offset":0,"lines":0}}"#,
        #"{"snapshot":{"term":1,"position":{"index":1,"term":1},"bytes":1,"offset":0}}"#,
        #"{"snapshotReply":{"term":1,"position":{"index":1,"term":1},"outcome":{"gone":1}}}"#,
        #"{"blank":{"addresses":[1]},"id":1}"#, #"{"hello":{"protocol":1,"from":"n1"}}"#,
    ]

    @Test(arguments: malformed)
    @Aside func `what no node says is refused`(body: String) throws {
        let text = Array(body.utf8.dropFirst().dropLast())
        let seal = CRC32C.checksum(Array("{".utf8) + text)
        let line = Array("{".utf8) + text + Array(#","crc":"\#(hex(seal))"}"#.utf8) + [0x0A]
        #expect(throws: LineError.self) { try read(line) }
    }

    @Test @Aside func `the lines of these tests are sealed right`() throws {
        let text = Array(#""read":{},"id":1"#.utf8)
        let seal = CRC32C.checksum(Array("{".utf8) + text)
        let line = Array("{".utf8) + text + Array(#","crc":"\#(hex(seal))"}"#.utf8) + [0x0A]
        #expect(try read(line) == .read(id: 1))
    }

    private func hex(_ value: UInt32) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }

    private func entry(_ index: UInt64) -> [UInt8] {
        LogEntry(
            position: LogPosition(index: LogIndex(index), term: Term(3)),
            time: Self.now,
            payload: .noop
        ).line
    }

    /// All messages, each append with its entries, a piece of a snapshot with its lines.
    private var stream: (bytes: [UInt8], items: [(PeerMessage, [[UInt8]])]) {
        var bytes: [UInt8] = []
        var items: [(PeerMessage, [[UInt8]])] = []
        for message in Self.messages {
            var lines: [[UInt8]] = []
            if case .consensus(.append(let append), _) = message, !append.entries.isEmpty {
                lines = [entry(42), entry(43)]
            }
            if message == .snapshot(Self.piece) { lines = [[0x7B, 0x0A], [0x0A]] }
            bytes += message.line + lines.flatMap { $0 }
            items.append((message, lines))
        }
        return (bytes, items)
    }

    @Test(arguments: [1, 2, 7, 100, 1 << 20])
    @Aside func `a reader cuts the same messages from pieces of any size`(size: Int) throws {
        let (bytes, expected) = stream
        var reader = PeerReader()
        var found: [(PeerMessage, [[UInt8]])] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            reader.receive(rest.prefix(size))
            rest = rest.dropFirst(size)
            while let item = try reader.next() { found.append((item.message, item.lines)) }
        }
        #expect(found.map(\.0) == expected.map(\.0))
        #expect(found.map(\.1) == expected.map(\.1))
    }

    @Test(arguments: 0..<60 as Range<UInt64>)
    @Aside func `a reader of anything takes it or refuses it, and never traps`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var bytes = stream.bytes
        for _ in 0..<Int.random(in: 1...20, using: &generator) {
            let place = Int.random(in: 0..<bytes.count, using: &generator)
            switch Int.random(in: 0..<4, using: &generator) {
            case 0: bytes[place] = UInt8.random(in: 0...255, using: &generator)
            case 1: bytes.remove(at: place)
            case 2: bytes.insert(0x0A, at: place)
            default: bytes.removeSubrange(place..<min(bytes.count, place + 40))
            }
        }
        var reader = PeerReader()
        do throws(LineError) {
            for byte in bytes {
                reader.receive([byte])
                while try reader.next() != nil {}
            }
        } catch {}
    }

    @Test @Aside func `a line without an end is refused`() {
        var reader = PeerReader()
        let piece = [UInt8](repeating: UInt8(ascii: "a"), count: 1 << 20)
        #expect(throws: LineError.self) {
            for _ in 0..<6 {
                reader.receive(piece[...])
                _ = try reader.next()
            }
        }
    }

    @Test @Aside func `before a hello, only as much is taken as a hello may have`() throws {
        var reader = PeerReader(allowance: .hello)
        reader.receive(
            [UInt8](repeating: UInt8(ascii: "a"), count: PeerReader.maximumStrangerBytes)[...]
        )
        let none = try reader.next() == nil
        #expect(none)
        reader.receive([UInt8(ascii: "a")])
        #expect(throws: LineError.self) { _ = try reader.next() }
        let (bytes, expected) = stream
        reader = PeerReader(allowance: .hello)
        reader.receive(bytes[...])
        // What announces lines to follow is no hello.
        #expect(throws: LineError.self) {
            for _ in expected { _ = try reader.next() }
        }
    }
}
