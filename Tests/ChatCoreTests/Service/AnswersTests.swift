import ChatCore
import ChatService
import Replication
import Storage
import TestSupport
import Testing

@Suite struct AnswersTests {
    @Test @Aside func `anybody may ask whether a name is free`() throws {
        var server = Server()
        _ = try server.join("bob")
        #expect(try server.ask(.nameFree("al")) == .nameFree(true))
        #expect(try server.ask(.nameFree("BOB")) == .nameFree(false))
        #expect(refusal { _ = try server.ask(.nameFree("a b")) } == "invalid name_invalid")
    }

    @Test(
        arguments: [
            .whoami, .users(pattern: nil, after: nil, limit: nil), .inbox(limit: nil), .unread,
            .conversations(after: nil, limit: nil), .history(with: "bob", HistoryRange()),
            .messages([MessageID(entry: 3)]), .sessions,
        ] as [ChatState.Query]
    )
    @Aside func `all other queries need a session`(query: ChatState.Query) throws {
        var server = Server()
        let token = try server.join("bob")
        try server.post(.send(to: "bob", text: "note"), token)
        #expect(refusal { _ = try server.ask(query) } == "unauthenticated session_unknown")
        #expect(refusal { _ = try server.ask(query, token) } == nil)
        let answer = try server.ask(query, token)
        #expect(try ChatState.Answer(lineBytes: answer.lineBytes) == answer)
    }

    @Test @Aside func `an answer's line is what scripts read`() throws {
        var server = Server()
        let al = try server.join("al")
        let bob = try server.join("bob")
        try server.post(.send(to: "bob", text: "hi"), al)
        let line = String(
            decoding: try server.ask(.inbox(limit: nil), bob).lineBytes,
            as: UTF8.self
        )
        #expect(
            line == #"{"inbox":{"unread":1,"conversations":[{"conversation":"ca5","with":"al","#
                + #""unread":1,"messages":[{"id":"ma5","conversation":"ca5","from":"al","#
                + #""to":"bob","text":"hi","position":1,"time":1000000,"unread":true}]}]}}"#
        )
    }

    @Test @Aside func `a session idle for 30 days of log time has no answers`() throws {
        var server = Server()
        let bob = try server.join("bob")
        let al = try server.join("al")
        server.time = server.time + .seconds(29 * 24 * 3_600)
        try server.post(.send(to: "al", text: "still here"), al)
        server.time = server.time + .seconds(2 * 24 * 3_600)
        #expect(refusal { _ = try server.ask(.whoami, bob) } == nil)
        try server.post(.send(to: "al", text: "later"), al)
        #expect(refusal { _ = try server.ask(.whoami, bob) } == "unauthenticated session_unknown")
        #expect(refusal { _ = try server.ask(.whoami, al) } == nil)
    }

    @Test(arguments: ChatError.Code.allCases)
    @Aside func `every code has a kind and a message`(code: ChatError.Code) throws {
        let output = ChatState.Output.refused(ChatError(code, about: "this"))
        let refusal = try #require(ChatState.refusal(in: output))
        #expect(refusal.code == code.rawValue)
        #expect(!refusal.message.isEmpty)
    }
}
