import ChatCore
import TestSupport
import Testing

@Suite struct DeletionTests {
    /// Al has sent three messages to bob; bob has sent one to al.
    private struct Scene {
        var chat = Chat()
        let al: SessionID
        let bob: SessionID
        var ids: [MessageID] = []

        init() throws {
            al = try chat.join("al")
            bob = try chat.join("bob")
            for text in ["1", "2", "3"] { ids.append(try chat.send(text, to: "bob", by: al).id) }
            ids.append(try chat.send("4", to: "al", by: bob).id)
            chat.events = []
        }
    }

    @Test @Aside func `what I delete for me is gone for me alone`() throws {
        var scene = try Scene()
        let results = try scene.chat.delete([scene.ids[0], scene.ids[3]], for: .me, by: scene.bob)
        #expect(results.map(\.error) == [nil, nil])
        #expect(try scene.chat.texts(of: "bob", with: "al") == ["2", "3"])
        #expect(try scene.chat.texts(of: "al", with: "bob") == ["1", "2", "3", "4"])
        let bob = try scene.chat.id("bob")
        #expect(scene.chat.state.view(of: scene.ids[0], for: bob) == nil)
        #expect(try scene.chat.state.messages([scene.ids[0]], for: bob).items == [])
        #expect(
            scene.chat.events == [
                .deleted(scene.ids[0], scope: .me, to: [bob]),
                .deleted(scene.ids[3], scope: .me, to: [bob]),
            ]
        )
    }

    @Test @Aside func `what I delete for all leaves a tombstone without a text`() throws {
        var scene = try Scene()
        scene.chat.time += 5
        try scene.chat.delete([scene.ids[1]], for: .all, by: scene.al)
        #expect(try scene.chat.texts(of: "bob", with: "al") == ["1", nil, "3", "4"])
        let members = [try scene.chat.id("al"), try scene.chat.id("bob")]
        let view = try #require(scene.chat.state.view(of: scene.ids[1], for: members[1]))
        #expect(
            view.deletion
                == .init(by: "al", time: LogTime(milliseconds: scene.chat.time))
        )
        #expect(!view.isUnread)
        #expect(scene.chat.events == [.deleted(scene.ids[1], scope: .all, to: members)])
        #expect(!"\(scene.chat.state)".contains("text: \"2\""))
        #expect("\(scene.chat.state)".contains("text: \"3\""))
    }

    @Test @Aside func `each message is answered by itself`() throws {
        var scene = try Scene()
        let unknown = MessageID(entry: 999)
        let results = try scene.chat.delete(
            [scene.ids[0], scene.ids[3], unknown, scene.ids[2]],
            for: .all,
            by: scene.al
        )
        #expect(results.map(\.error) == [nil, .notYours, .messageUnknown, nil])
        #expect(try scene.chat.texts(of: "al", with: "bob") == [nil, "2", nil, "4"])
    }

    @Test @Aside func `to delete again is no error and no event`() throws {
        var scene = try Scene()
        for scope in ChatState.Delete.Scope.allCases {
            try scene.chat.delete([scene.ids[0]], for: scope, by: scene.al)
            let before = scene.chat.events
            let again = try scene.chat.delete(
                [scene.ids[0], scene.ids[0]],
                for: scope,
                by: scene.al
            )
            #expect(again.map(\.error) == [nil, nil])
            #expect(scene.chat.events == before)
        }
    }

    @Test @Aside func `deleting an unread message makes the counts right`() throws {
        var scene = try Scene()
        try scene.chat.delete([scene.ids[1]], for: .all, by: scene.al)
        #expect(try scene.chat.unread("bob") == 2)
        try scene.chat.delete([scene.ids[1], scene.ids[2]], for: .me, by: scene.bob)
        #expect(try scene.chat.unread("bob") == 1)
        #expect(try scene.chat.unread("al") == 1)
        try scene.chat.delete([scene.ids[2]], for: .all, by: scene.al)
        #expect(try scene.chat.unread("bob") == 1)
        #expect(scene.chat.state.violations() == [])
    }

    @Test @Aside func `at most 256 messages are deleted at once, and at least one`() throws {
        var scene = try Scene()
        for count in [0, 257] {
            let ids = [MessageID](repeating: scene.ids[0], count: count)
            let delete = ChatState.Delete(session: scene.al, ids: ids, scope: .me)
            #expect(code(scene.chat.apply(.delete(delete))) == .countInvalid)
        }
    }
}
