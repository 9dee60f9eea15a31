import ChatCore
import ChatService
import Replication
import TestSupport
import Testing

@Suite struct EventVisibilityTests {
    /// Al has sent bob a message, entry 7; eve looks on.
    private struct Scene {
        var server = Server()
        let al: String
        let bob: String
        let accounts: [AccountID]
        let id = MessageID(entry: 7)

        init() throws {
            al = try server.join("al")
            bob = try server.join("bob")
            _ = try server.join("eve")
            let state = server.state
            accounts = try ["al", "bob", "eve"].map {
                try #require(state.account(named: $0)).id
            }
            server.events = []
            try server.post(.send(to: "bob", text: "hi"), al)
        }

        func shown(_ event: ChatState.Event) -> [String?] {
            accounts.map { server.show(event, to: $0) }
        }
    }

    @Test @Aside func `a message is shown to its two accounts and to no other`() throws {
        let scene = try Scene()
        let event = try #require(scene.server.events.first)
        let base =
            #"message {"id":"ma7","conversation":"ca7","from":"al","to":"bob","text":"hi","#
            + #""position":1,"time":1000000"#
        #expect(scene.shown(event) == [base + "}", base + #","unread":true}"#, nil])
        #expect(
            scene.server.state.recipients(of: event)
                == scene.accounts.dropLast().map(\.description)
        )
    }

    @Test @Aside func `a text that was deleted meanwhile is in no replay`() throws {
        var scene = try Scene()
        let event = try #require(scene.server.events.first)
        try scene.server.post(.delete([scene.id], for: .all), scene.al)
        for text in scene.shown(event).compactMap(\.self) {
            #expect(!text.contains(#""text""#))
            #expect(text.contains(#""deleted":{"by":"al","time":1000000}"#))
        }
        #expect(scene.shown(event).compactMap(\.self).count == 2)
    }

    @Test @Aside func `a message that an account has deleted for itself is not shown to it`() throws
    {
        var scene = try Scene()
        let event = try #require(scene.server.events.first)
        try scene.server.post(.delete([scene.id], for: .me), scene.bob)
        #expect(scene.shown(event).map { $0 == nil } == [false, true, true])
        let deleted = try #require(scene.server.events.last)
        #expect(scene.shown(deleted) == [nil, #"deleted {"id":"ma7","for":"me"}"#, nil])
    }

    @Test @Aside func `an unsent message is pushed to both`() throws {
        var scene = try Scene()
        try scene.server.post(.delete([scene.id], for: .all), scene.al)
        let event = try #require(scene.server.events.last)
        let texts = scene.shown(event)
        #expect(texts[0] == texts[1])
        #expect(texts[2] == nil)
        #expect(texts[1]?.hasPrefix(#"deleted {"id":"ma7","for":"all","message":{"#) == true)
    }

    @Test @Aside func `a reading is shown to the reader's own devices`() throws {
        var scene = try Scene()
        try scene.server.post(.read(.next(1, with: nil)), scene.bob)
        let event = try #require(scene.server.events.last)
        #expect(scene.shown(event) == [nil, #"read {"ids":["ma7"]}"#, nil])
        try scene.server.post(.send(to: "bob", text: "more"), scene.al)
        try scene.server.post(.read(.through(MessageID(entry: 9))), scene.bob)
        let through = try #require(scene.server.events.last)
        #expect(scene.shown(through) == [nil, #"read {"through":"ma9"}"#, nil])
    }

    @Test @Aside func `the end of a session is shown to its account, and it hears no more`() throws
    {
        var scene = try Scene()
        let caller = Caller(token: scene.bob)
        let audience = try scene.server.state.audience(of: caller)
        #expect(audience == scene.accounts[1].description)
        try scene.server.post(.logout(.this), scene.bob)
        let event = try #require(scene.server.events.last)
        #expect(scene.shown(event) == [nil, #"session-ended {"session":"sa4"}"#, nil])
        let state = scene.server.state
        #expect(refusal { _ = try state.audience(of: caller) } == "unauthenticated session_unknown")
    }

    @Test(arguments: ["", "al", "ma7", "aa", "az9"])
    @Aside func `an audience that is no account sees nothing`(audience: String) throws {
        let scene = try Scene()
        let event = try #require(scene.server.events.first)
        #expect(scene.server.state.render(event, for: audience) == nil)
    }
}
