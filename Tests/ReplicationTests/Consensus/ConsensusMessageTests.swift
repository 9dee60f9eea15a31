import Replication
import Storage
import TestSupport
import Testing

@Suite struct ConsensusMessageTests {
    private static let position = LogPosition(index: LogIndex(41), term: Term(3))

    private static let lines: [(Message, String)] = [
        (
            .preVote(VoteRequest(term: Term(4), last: position)),
            #"{"preVote":{"term":4,"last":{"index":41,"term":3}}}"#
        ),
        (
            .preVoteReply(VoteReply(term: Term(3), asked: Term(4), isGranted: true)),
            #"{"preVoteReply":{"term":3,"asked":4,"granted":true}}"#
        ),
        (
            .vote(VoteRequest(term: Term(4), last: position)),
            #"{"vote":{"term":4,"last":{"index":41,"term":3}}}"#
        ),
        (
            .voteReply(VoteReply(term: Term(4), asked: Term(4), isGranted: false)),
            #"{"voteReply":{"term":4,"asked":4,"granted":false}}"#
        ),
        (
            .vote(VoteRequest(term: Term(4), last: position, isTransfer: true)),
            #"{"vote":{"term":4,"last":{"index":41,"term":3},"transfer":true}}"#
        ),
        (.timeoutNow(Term(4)), #"{"timeoutNow":4}"#),
        (
            .append(append(EntryBatch(first: LogIndex(42)))),
            #"{"append":{"term":5,"previous":{"index":41,"term":3},"commit":40,"round":9,"session":2}}"#
        ),
        (
            .append(
                append(
                    EntryBatch(
                        first: LogIndex(42),
                        terms: [
                            TermRun(term: Term(3), count: 2), TermRun(term: Term(5), count: 1),
                        ],
                        bytes: 310
                    )
                )
            ),
            #"{"append":{"term":5,"previous":{"index":41,"term":3},"terms":[{"term":3,"count":2},"#
                + #"{"term":5,"count":1}],"bytes":310,"commit":40,"round":9,"session":2}}"#
        ),
        (
            reply(.matched(through: LogIndex(43))),
            #"{"appendReply":{"term":5,"round":9,"session":2,"outcome":{"matched":{"through":43}}}}"#
        ),
        (
            reply(.full(through: LogIndex(43))),
            #"{"appendReply":{"term":5,"round":9,"session":2,"outcome":{"full":{"through":43}}}}"#
        ),
        (
            reply(.conflict(previous: LogIndex(50), hint: position)),
            #"{"appendReply":{"term":5,"round":9,"session":2,"outcome":"#
                + #"{"conflict":{"previous":50,"hint":{"index":41,"term":3}}}}}"#
        ),
        (
            reply(.stale),
            #"{"appendReply":{"term":5,"round":9,"session":2,"outcome":{"stale":{}}}}"#
        ),
    ]

    private static func append(_ entries: EntryBatch) -> Append {
        Append(
            term: Term(5),
            previous: position,
            entries: entries,
            commit: LogIndex(40),
            round: AppendRound(9),
            session: ReplicationSession(2)
        )
    }

    private static func reply(_ outcome: AppendReply.Outcome) -> Message {
        .appendReply(
            AppendReply(
                term: Term(5),
                round: AppendRound(9),
                session: ReplicationSession(2),
                outcome: outcome
            )
        )
    }

    @Test(arguments: lines)
    @Aside func `a message has one line, and the line gives it back`(message: Message, line: String)
        throws
    {
        #expect(message.lineBytes == Array(line.utf8))
        #expect(try Message(lineBytes: Array(line.utf8)) == message)
    }

    @Test @Aside func `a reply names the term that it answers if it is not its own`() throws {
        let reply = AppendReply(
            term: Term(5),
            asked: Term(3),
            round: AppendRound(9),
            session: ReplicationSession(2),
            outcome: .stale
        )
        let line = Message.appendReply(reply).lineBytes
        #expect(String(decoding: line, as: UTF8.self).contains(#""term":5,"asked":3,"#))
        #expect(try Message(lineBytes: line) == .appendReply(reply))
        // A reply of an earlier version does not name it.
        let old = #"{"appendReply":{"term":5,"round":9,"session":2,"outcome":{"stale":{}}}}"#
        guard case .appendReply(let read) = try Message(lineBytes: Array(old.utf8)) else { return }
        #expect(read.asked == Term(5) && read.outcome == .stale)
    }

    @Test(arguments: lines)
    @Aside func `a line that is cut short is refused`(message: Message, line: String) {
        for length in 0..<line.utf8.count {
            #expect(throws: LineError.self) {
                try Message(lineBytes: Array(line.utf8.prefix(length)))
            }
        }
    }

    @Test(arguments: [
        #"{}"#,
        #"{"transfer":{}}"#,
        #"{"vote":{"term":4}}"#,
        #"{"vote":{"term":4,"last":{"index":1,"term":1},"force":true}}"#,
        #"{"vote":{"term":4,"last":{"index":1,"term":1}},"preVote":{}}"#,
        #"{"vote":{"term":18446744073709551615,"last":{"index":1,"term":1}}}"#,
        #"{"vote":{"term":4,"last":{"index":18446744073709551615,"term":1}}}"#,
        #"{"voteReply":{"term":4,"asked":4,"granted":1}}"#,
        #"{"appendReply":{"term":5,"round":9,"session":2,"outcome":{"lost":{}}}}"#,
        #"{"appendReply":{"term":5,"round":9,"session":2,"outcome":{"stale":{"a":1}}}}"#,
        #"{"appendReply":{"term":5,"round":9,"session":2,"outcome":{"matched":{"through":-1}}}}"#,
    ])
    @Aside func `what no core sends is refused`(line: String) {
        #expect(throws: LineError.self) { try Message(lineBytes: Array(line.utf8)) }
    }

    @Test(arguments: [
        #"[{"term":3,"count":0}],"bytes":1"#,
        #"[{"term":3,"count":9223372036854775807}],"bytes":1"#,
        #"[{"term":3,"count":1}]"#,
        #"[],"bytes":1"#,
        #"[{"term":2,"count":1}],"bytes":1"#,
        #"[{"term":6,"count":1}],"bytes":1"#,
        #"[{"term":4,"count":1},{"term":3,"count":1}],"bytes":1"#,
        #"[{"term":4,"count":1},{"term":4,"count":1}],"bytes":1"#,
    ])
    @Aside func `entries that no log holds are refused`(terms: String) {
        let line =
            #"{"append":{"term":5,"previous":{"index":41,"term":3},"terms":"# + terms
            + #","commit":40,"round":9,"session":2}}"#
        #expect(throws: LineError.self) { try Message(lineBytes: Array(line.utf8)) }
    }
}
