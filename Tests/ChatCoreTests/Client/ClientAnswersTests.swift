import ChatCore
import ChatService
import Replication
import Storage
import TestSupport
import Testing

@Suite struct ClientAnswersTests {
    private let message = MessageView(
        id: MessageID(entry: 42),
        conversation: ConversationID(entry: 13),
        position: 7,
        from: "ann",
        to: "bob",
        time: LogTime(milliseconds: 5),
        text: "hi"
    )

    private func kind(_ name: String, _ data: String) throws -> ChatEvent.Kind {
        try ChatEvent.Kind(ServerEvent(name: name, data: Array(data.utf8)))
    }

    @Test @Aside func `events are what the server rendered`() throws {
        let text = String(decoding: message.lineBytes, as: UTF8.self)
        #expect(try kind("message", text) == .message(message))
        #expect(try kind("read", #"{"ids":["mb42"]}"#) == .read([MessageID(entry: 42)]))
        #expect(try kind("read", #"{"through":"mb42"}"#) == .readThrough(MessageID(entry: 42)))
        #expect(
            try kind("deleted", #"{"id":"mb42","for":"all","message":\#(text)}"#)
                == .deleted(MessageID(entry: 42), scope: .all, message)
        )
        #expect(
            try kind("session-ended", #"{"session":"sb12"}"#)
                == .sessionEnded(SessionID(entry: 12))
        )
        #expect(try kind("reset", #"{"index":9}"#) == .reset)
    }

    @Test @Aside func `an event of a newer server is no error`() throws {
        #expect(try kind("typing", "[1]") == .other(name: "typing"))
    }

    @Test(arguments: [
        ("message", "{}"), ("read", "{}"), ("deleted", #"{"id":"mb42"}"#), ("read", "[]"),
        ("session-ended", #"{"session":7}"#),
    ])
    @Aside func `an event that lacks something is refused`(_ name: String, _ data: String) {
        #expect(throws: LineError.self) { try kind(name, data) }
    }

    @Test @Aside func `the place after a message is that of its entry`() {
        #expect(ChatClient.eventID(after: MessageID(entry: 42)) == "0-42.999999")
    }

    @Test @Aside func `a report of the cluster may have nulls and news`() throws {
        let text = """
            {"cluster":"c1","node":"n2","role":"follower","term":3,"leader":null,"applied":9,\
            "news":{"x":[1]},"members":[{"id":"n1","client":"h:1","peer":"h:2","voter":true,\
            "connected":false,"incarnation":5},{"id":"n2","peer":"h:3","voter":false}]}
            """
        let report = try ClusterReport(Array(text.utf8))
        #expect(report.cluster == "c1")
        #expect(report.leader == nil)
        #expect(report.term == 3)
        #expect(report.members.map(\.id) == ["n1", "n2"])
        #expect(report.members.map(\.isVoter) == [true, false])
        #expect(report.members.map(\.client) == ["h:1", ""])
        #expect(throws: LineError.self) { try ClusterReport(Array(#"{"term":-1}"#.utf8)) }
    }
}
