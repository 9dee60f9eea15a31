import ChatCore
import ChatService
import Storage
import TestSupport
import Testing

/// Each literal is a format that is promised: on disk, on the wire, or to scripts.
@Suite struct LinesTests {
    private func check<Value: LineCodable>(_ type: Value.Type, _ text: String) throws {
        let value = try Value(lineBytes: Array(text.utf8))
        #expect(String(decoding: value.lineBytes, as: UTF8.self) == text)
    }

    @Test(
        arguments: [
            #"{"register":{"name":"bob","password":"secret words","display":"Bob"}}"#,
            #"{"register":{"name":"bob","password":"secret words"}}"#,
            #"{"login":{"name":"bob","password":"secret words","device":"phone"}}"#,
            #"{"login":{"name":"bob","password":"secret words"}}"#,
            #"{"logout":{}}"#, #"{"logout":{"which":"all"}}"#, #"{"logout":{"which":"others"}}"#,
            #"{"logout":{"which":"sb12"}}"#,
            #"{"send":{"to":"bob","text":"hi\n\"\u001b ø"}}"#,
            #"{"read":{"ids":["mb42","mb43"]}}"#, #"{"read":{"next":5}}"#,
            #"{"read":{"next":5,"with":"bob"}}"#, #"{"read":{"through":"mb42"}}"#,
            #"{"delete":{"ids":["mb42"],"for":"me"}}"#, #"{"delete":{"ids":[],"for":"all"}}"#,
        ])
    @Aside func `a request has one form`(text: String) throws {
        try check(ChatState.Request.self, text)
    }

    @Test(
        arguments: [
            #"{"send":{"to":"bob"}}"#, #"{"send":{"to":"bob","text":"hi","cc":"al"}}"#,
            #"{"send":{"to":"bob","text":"hi","text":"ho"}}"#, #"{"send":{}}"#, "{}", "[]", "",
            #"{"send":{"to":"bob","text":"hi"},"logout":{}}"#, #"{"shout":{}}"#,
            #"{"send":{"to":7,"text":"hi"}}"#, #"{"send":{"to":"bob","text":"hi"}} x"#,
            #"{"read":{}}"#, #"{"read":{"ids":["mb42"],"next":1}}"#, #"{"read":{"with":"bob"}}"#,
            #"{"read":{"next":-1}}"#, #"{"read":{"next":1.5}}"#, #"{"read":{"ids":["sb42"]}}"#,
            #"{"read":{"through":"mb42","with":"bob"}}"#, #"{"logout":{"which":"none"}}"#,
            #"{"delete":{"ids":["mb42"]}}"#, #"{"delete":{"ids":["mb42"],"for":"you"}}"#,
            #"{"register":{"name":"bob","password":"secret","admin":true}}"#,
            #"{"login":{"name":"bob","token":"x"}}"#,
        ])
    @Aside func `a request of another form is refused`(text: String) {
        #expect(throws: LineError.self) {
            try ChatState.Request(lineBytes: Array(text.utf8))
        }
    }

    @Test(
        arguments: [
            #"{"register":{"name":"bob","display":"Bob","password_hash":"$y$jCT$a$b"}}"#,
            #"{"login":{"name":"bob","password_version":7,"token":"\#(hash)","device":""}}"#,
            #"{"rekey":{"session":"sb12","login":{"name":"bob","password_version":7,"#
                + #""token":"\#(hash)","device":"tv"}}}"#,
            #"{"logout":{"session":"sb12","which":"this"}}"#,
            #"{"send":{"session":"sb12","to":"bob","text":"hi"}}"#,
            #"{"read":{"session":"sb12","next":5,"with":"bob"}}"#,
            #"{"delete":{"session":"sb12","ids":["mb42"],"for":"all"}}"#,
        ])
    @Aside func `an operation has one form`(text: String) throws {
        try check(ChatState.Operation.self, text)
    }

    private static let hash = String(repeating: "0f", count: 32)

    @Test(arguments: [
        "", "0f", String(repeating: "0F", count: 32), String(repeating: "x", count: 64),
    ])
    @Aside func `a token's hash is 64 lower-case hex digits`(text: String) {
        #expect(throws: LineError.self) { try TokenHash(lineBytes: Array("\"\(text)\"".utf8)) }
    }

    @Test(
        arguments: [
            #"{"registered":{"account":"aa7","name":"bob"}}"#,
            #"{"logged_in":{"session":"sb12","account":"aa7","name":"bob"}}"#,
            #"{"logged_out":{"sessions":["sb12"]}}"#,
            #"{"sent":{"id":"mb42","conversation":"cb13","position":7,"time":1763697600123}}"#,
            #"{"read":{"ids":["mb42"],"count":1,"unread":0}}"#,
            #"{"deleted":{"results":[{"id":"mb42"},{"id":"mb43","error":"not_yours"}]}}"#,
            #"{"refused":{"code":"user_unknown","about":"carol"}}"#,
            #"{"refused":{"code":"session_unknown"}}"#,
        ])
    @Aside func `an output has one form`(text: String) throws {
        try check(ChatState.Output.self, text)
    }

    @Test(
        arguments: [
            #"{"message":{"id":"mb42","to":["aa1","aa2"]}}"#,
            #"{"read":{"ids":["mb42"],"to":["aa1"]}}"#,
            #"{"read_through":{"id":"mb42","to":["aa1"]}}"#,
            #"{"deleted":{"id":"mb42","for":"all","to":["aa1","aa2"]}}"#,
            #"{"session_ended":{"session":"sb12","to":["aa1"]}}"#,
        ])
    @Aside func `an event has one form`(text: String) throws {
        try check(ChatState.Event.self, text)
    }

    @Test(
        arguments: [
            #"{"read":{"ids":["mb42"],"to":[]}}"#, #"{"read":{"ids":["mb42"],"to":["aa1","aa2"]}}"#,
            #"{"message":{"to":["aa1"]}}"#, #"{"message":{"id":"mb42"}}"#,
            #"{"message":{"id":"mb42","for":"all","to":["aa1"]}}"#, #"{"other":{"to":["aa1"]}}"#,
        ])
    @Aside func `an event of another form is refused`(text: String) {
        #expect(throws: LineError.self) { try ChatState.Event(lineBytes: Array(text.utf8)) }
    }

    @Test(
        arguments: [
            #"{"whoami":{}}"#, #"{"name_free":{"name":"bob"}}"#, #"{"users":{}}"#,
            #"{"users":{"pattern":"a*","after":"al","limit":50}}"#, #"{"inbox":{}}"#,
            #"{"inbox":{"limit":20}}"#, #"{"unread":{}}"#, #"{"conversations":{}}"#,
            #"{"conversations":{"after":"cb13","limit":5}}"#,
            #"{"history":{"with":"bob","order":"newest","limit":50}}"#,
            #"{"history":{"with":"bob","before":"mb42","after":"mb13","order":"oldest","limit":5}}"#,
            #"{"messages":{"ids":["mb42"]}}"#, #"{"sessions":{}}"#,
        ])
    @Aside func `a query has one form`(text: String) throws {
        try check(ChatState.Query.self, text)
    }

    @Test(
        arguments: [
            #"{"whoami":{"limit":5}}"#, #"{"name_free":{}}"#, #"{"inbox":{"after":"mb42"}}"#,
            #"{"users":{"with":"bob"}}"#, #"{"history":{}}"#, #"{"messages":{}}"#,
            #"{"history":{"with":"bob","order":"random"}}"#, #"{"users":{"limit":-1}}"#,
            #"{"messages":{"ids":["mb42"],"limit":1}}"#, #"{"rooms":{}}"#,
            #"{"conversations":{"after":"mb42"}}"#,
        ])
    @Aside func `a query of another form is refused`(text: String) {
        #expect(throws: LineError.self) { try ChatState.Query(lineBytes: Array(text.utf8)) }
    }

    @Test @Aside func `the order of a history follows from its cursor`() throws {
        func isNewestFirst(_ members: String) throws -> Bool {
            let query = try ChatState.Query(
                lineBytes: Array(#"{"history":{"with":"bob"\#(members)}}"#.utf8)
            )
            guard case .history(_, let range) = query else { return false }
            return range.newestFirst
        }
        #expect(try isNewestFirst(""))
        #expect(try isNewestFirst(#","before":"mb42""#))
        #expect(try !isNewestFirst(#","after":"mb42""#))
        #expect(try isNewestFirst(#","after":"mb42","order":"newest""#))
    }

    private static let message =
        #"{"id":"mb42","conversation":"cb13","from":"al","to":"bob","text":"hi","position":7,"#
        + #""time":1763697600123,"unread":true}"#
    private static let tombstone =
        #"{"id":"mb42","conversation":"cb13","from":"al","to":"bob","position":7,"#
        + #""time":1763697600123,"deleted":{"by":"al","time":1763697600200}}"#

    @Test(
        arguments: [
            #"{"whoami":{"user":{"account":"aa7","name":"bob","display":"Bob"},"#
                + #""session":"sb12","unread":3}}"#,
            #"{"name_free":{"free":true}}"#,
            #"{"users":{"users":[{"account":"aa7","name":"bob"}],"next":"bob"}}"#,
            #"{"users":{"users":[]}}"#,
            #"{"inbox":{"unread":1,"conversations":[{"conversation":"cb13","with":"al","#
                + #""unread":1,"messages":[\#(message)]}]}}"#,
            #"{"unread":{"unread":1,"conversations":[{"conversation":"cb13","with":"al","#
                + #""unread":1,"messages":[]}]}}"#,
            #"{"conversations":{"conversations":[],"next":"cb13"}}"#,
            #"{"history":{"messages":[\#(message),\#(tombstone)],"next":"mb42"}}"#,
            #"{"messages":{"messages":[]}}"#,
            #"{"sessions":{"sessions":[{"session":"sb12","device":"tv","created":1,"#
                + #""last_seen":2,"current":true}]}}"#,
        ])
    @Aside func `an answer has one form`(text: String) throws {
        try check(ChatState.Answer.self, text)
    }
}
