import Replication
import Storage
import TestSupport
import Testing

@Suite struct LogEntryTests {
    private static let position = LogPosition(index: LogIndex(42), term: Term(3))
    private static let membership = Membership(
        incoming: [
            Member(
                identity: NodeIdentity(id: "n1", incarnation: "00000000000000aa"),
                peerAddress: "a:1",
                clientAddress: "a:2"
            )
        ]
    )

    static let entries: [LogEntry] = [
        .operation(
            Proposal(
                by: "ann",
                key: "k \"1\"",
                request: "00ff",
                operation: Array(#"{"send":{"crc":"x"}}"#.utf8)
            )
        ),
        .members(membership, cluster: "c1"), .members(membership, cluster: nil), .noop,
    ].map {
        LogEntry(position: position, time: Timestamp(milliseconds: 1_763_697_600_123), payload: $0)
    }

    @Test @Aside func `an entry is one line, and says what it is`() throws {
        let line = try #require(String(validating: Self.entries[3].line, as: UTF8.self))
        #expect(line.hasPrefix(#"{"index":42,"term":3,"time":1763697600123,"noop":true,"crc":""#))
        #expect(line.hasSuffix("\"}\n"))
    }

    @Test(arguments: entries)
    @Aside func `an entry is read as it was written, and so is its head`(entry: LogEntry) throws {
        let line = entry.line
        #expect(try LogEntry(line: line) == entry)
        #expect(try LogEntry(line: line.dropLast()) == entry)
        let head = try LogEntry.head(ofLine: line)
        #expect(head.position == entry.position && head.time == entry.time)
        if case .members(let members, _) = entry.payload {
            #expect(head.membership == members)
        } else {
            #expect(head.membership == nil)
        }
    }

    @Test(arguments: entries)
    @Aside func `an entry with any bit flipped is refused`(entry: LogEntry) {
        let line = entry.line
        for place in 0..<line.count - 1 {
            for bit in 0..<8 {
                var flipped = line
                flipped[place] ^= 1 << bit
                #expect(throws: LineError.self) { try LogEntry(line: flipped) }
                #expect(throws: LineError.self) { try LogEntry.head(ofLine: flipped) }
            }
        }
    }

    @Test @Aside func `a time that could overflow is refused`() {
        for time in [Int64.max, Int64.min, (1 << 53) + 1] as [Int64] {
            let line = LogEntry(
                position: Self.position,
                time: Timestamp(milliseconds: time),
                payload: .noop
            ).line
            #expect(throws: LineError.self) { try LogEntry(line: line) }
            #expect(throws: LineError.self) { try LogEntry.head(ofLine: line) }
        }
    }
}
