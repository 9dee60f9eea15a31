import ChatCore
import ChatService
import Replication
import Storage
import TestSupport
import Testing

/// The chat as the lines of a snapshot.
@Suite struct ChatSnapshotTests {
    private func copy(_ chat: Chat) throws -> ChatState {
        let head = SnapshotCopy.head(max(1, chat.entry))
        let lines = try lines(of: chat.state, head)
        return try read(lines, head)
    }

    private func lines(
        of state: ChatState,
        _ head: SnapshotHead
    ) throws -> [String] {
        try SnapshotCopy().lines(head) { (writer) throws(SnapshotError) in
            try state.writeSnapshot(to: &writer)
        }
    }

    private func read(_ lines: [String], _ head: SnapshotHead) throws -> ChatState {
        try SnapshotCopy().reading(lines, head) { (reader) throws(SnapshotError) in
            try ChatState(snapshot: &reader)
        }
    }

    @Test(arguments: 1...6 as ClosedRange<UInt64>)
    @Aside func `a restored chat is equal and goes on equally`(seed: UInt64) throws {
        var draw = RandomChat(seed: seed)
        var chat = Chat()
        var again = chat
        again.state = try copy(chat)
        for step in 0..<300 {
            let days = draw.number(0...40) == 0 ? 20 : 0
            chat.time += Int64(draw.number(0...3_600_000) + days * 86_400_000)
            again.time = chat.time
            let operation = try draw.operation(in: chat)
            let output = chat.apply(operation)
            draw.note(output)
            #expect(again.apply(operation).lineBytes == output.lineBytes, "seed \(seed), \(step)")
            if draw.number(0...12) == 0 {
                again.state = try copy(chat)
                #expect(again.state.violations() == [], "seed \(seed), \(step)")
            }
            #expect(again.state == chat.state, "seed \(seed), \(step)")
        }
        #expect(again.events == chat.events)
    }

    /// Every kind of part, a few of each.
    private static let good = [
        #"{"chat":{"entry":30,"time":5000,"parts":16}}"#,
        #"{"account":{"id":"aa1","name":"al","display":"Al \"the\" one","password_hash":"$y$a","#
            + #""password_version":1,"created":10}}"#,
        #"{"account":{"id":"aa2","name":"Bob","password_hash":"h","password_version":2,"#
            + #""created":11}}"#,
        session("sa3", "aa1", 3), session("sa4", "aa2", 4), ended("aa1", 5),
        #"{"conversation":{"id":"ca6","between":["aa1","aa2"]}}"#,
        #"{"conversation":{"id":"ca7","between":["aa2","aa2"]}}"#, message("ma6", "ca6", 1, "aa1"),
        #"{"message":{"id":"ma7","conversation":"ca7","position":1,"from":"aa2","time":9,"#
            + #""deleted":{"by":"aa2","time":12}}}"#,
        message("ma8", "ca6", 2, "aa1"), reading("aa1", "ca6", 2, 0), reading("aa2", "ca6", 0, 1),
        reading("aa2", "ca7", 1, 0), mark("settled", "aa2", "ca6", 2),
        mark("hidden", "aa1", "ca6", 1), mark("hidden", "aa2", "ca6", 2),
    ]

    private static func session(_ id: String, _ account: String, _ token: Int) -> String {
        #"{"session":{"id":"\#(id)","account":"\#(account)","device":"tv","token":"\#(hash(token))","#
            + #""created":10,"seen":20}}"#
    }
    private static func ended(_ account: String, _ token: Int) -> String {
        #"{"ended":{"token":"\#(hash(token))","account":"\#(account)"}}"#
    }
    private static func hash(_ number: Int) -> String {
        String(repeating: "0", count: 63) + "\(number)"
    }
    private static func message(
        _ id: String,
        _ conversation: String,
        _ position: Int,
        _ sender: String
    ) -> String {
        #"{"message":{"id":"\#(id)","conversation":"\#(conversation)","position":\#(position),"#
            + #""from":"\#(sender)","time":9,"text":"hi\n"}}"#
    }
    private static func reading(
        _ account: String,
        _ conversation: String,
        _ through: Int,
        _ unread: Int
    ) -> String {
        #"{"reading":{"account":"\#(account)","conversation":"\#(conversation)","#
            + #""through":\#(through),"unread":\#(unread)}}"#
    }
    private static func mark(
        _ kind: String,
        _ account: String,
        _ conversation: String,
        _ position: Int
    ) -> String {
        #"{"\#(kind)":{"account":"\#(account)","conversation":"\#(conversation)","#
            + #""position":\#(position)}}"#
    }

    @Test @Aside func `each part has one form`() throws {
        let head = SnapshotCopy.head(30)
        let state = try read(Self.good, head)
        #expect(state.violations() == [])
        #expect(try lines(of: state, head) == Self.good)
    }

    @Test(
        arguments: [
            (0, #"{"chat":{"entry":31,"time":5000,"parts":16}}"#, "of a later entry"),
            (0, #"{"chat":{"entry":30,"time":5000,"parts":17}}"#, "16 parts where 17 must be"),
            (0, #"{"chat":{"entry":7,"time":5000,"parts":16}}"#, "ma8 is of a later entry"),
            (0, #"{"account":{}}"#, "expected 'chat'"),
            (1, #"{"shout":{}}"#, "unknown member 'shout'"),
            (1, good[1].replacing("aa1", with: "ab31"), "ab31 is of a later entry"),
            (1, good[1].replacing("\"al\"", with: "\"a l\""), "no name of an account"),
            (2, good[1], "aa1 comes after aa1"),
            (2, good[2].replacing("Bob", with: "AL"), "the name AL is taken"),
            (3, session("sa3", "aa9", 3), "no account aa9"),
            (4, session("sa3", "aa2", 4), "sa3 comes after sa3"),
            (4, session("sa4", "aa2", 3), "the token opens another session"),
            (4, good[1], "its kind comes earlier"), (5, ended("aa9", 5), "no account aa9"),
            (5, ended("aa1", 4), "stands for a session already"),
            (6, good[6].replacing("\"aa1\",\"aa2\"", with: "\"aa2\",\"aa1\""), "out of order"),
            (6, good[6].replacing("\"aa1\",", with: ""), "between two accounts"),
            (7, good[7].replacing("\"aa2\",", with: "\"aa1\","), "have a conversation already"),
            (8, message("ma6", "ca9", 1, "aa1"), "no conversation ca9"),
            (8, message("ma6", "ca6", 2, "aa1"), "position 2 where 1 must be"),
            (8, message("ma6", "ca6", 1, "aa9"), "aa9 is not of ca6"),
            (9, message("ma7", "ca6", 3, "aa1"), "position 3 where 2 must be"),
            (
                9,
                good[9].replacing("\"deleted\"", with: "\"text\":\"x\",\"deleted\""),
                "it is deleted and has a text"
            ), (10, message("ma7", "ca6", 2, "aa1"), "ma7 comes after ma7"),
            (10, message("ma8", "ca7", 2, "aa2"), "there are 1 messages to read"),
            (11, reading("aa1", "ca7", 0, 0), "aa1 is not of ca7"),
            (11, reading("aa1", "ca6", 3, 0), "there are 2 messages to read"),
            (12, reading("aa1", "ca6", 0, 0), "out of order or stands twice"),
            (12, reading("aa2", "ca6", 2, 0), "all up to there was read"),
            (14, mark("settled", "aa2", "ca6", 3), "no such message for aa2"),
            (15, mark("hidden", "aa1", "ca7", 1), "no such message for aa1"),
            (16, mark("hidden", "aa1", "ca6", 1), "out of order or stands twice"),
            (16, mark("settled", "aa2", "ca6", 2), "its kind comes earlier"),
        ] as [(Int, String, String)]
    )
    @Aside func `a part that does not fit is named`(place: Int, line: String, reason: String) throws
    {
        var lines = Self.good
        lines[place] = line
        let bad = lines
        let error = try #require(throws: SnapshotError.self) {
            try read(bad, SnapshotCopy.head(30))
        }
        #expect(error.description.contains(reason), "\(error)")
    }

    @Test @Aside func `no line can be left out, doubled or exchanged with the next`() throws {
        let head = SnapshotCopy.head(30)
        for place in Self.good.indices {
            var (without, doubled, exchanged) = (Self.good, Self.good, Self.good)
            without.remove(at: place)
            doubled.insert(Self.good[place], at: place)
            if place > 0 { exchanged.swapAt(place - 1, place) }
            for lines in [without, doubled] {
                #expect(throws: SnapshotError.self, "\(Self.good[place])") {
                    try read(lines, head)
                }
            }
            if place > 0 {
                #expect(throws: SnapshotError.self, "\(Self.good[place])") {
                    try read(exchanged, head)
                }
            }
        }
    }
}
