import ChatCore
import TestSupport
import Testing

@Suite struct MessageTests {
    @Test @Aside func `a message gets an id, a conversation, a position and a time`() throws {
        var chat = Chat()
        let al = try chat.join("al")
        let bob = try chat.join("bob")
        let first = try chat.send("hi", to: "BOB", by: al)
        #expect(first.id == MessageID(entry: chat.entry))
        #expect(first.conversation == ConversationID(entry: chat.entry))
        #expect(first.position == 1)
        #expect(first.time == LogTime(milliseconds: chat.time))
        let answer = try chat.send("hi yourself", to: "al", by: bob)
        #expect(answer.conversation == first.conversation)
        #expect(answer.position == 2)
        #expect(answer.id > first.id)
        #expect(
            chat.events.first
                == .message(first.id, to: [try chat.id("al"), try chat.id("bob")])
        )
    }

    @Test(arguments: ["nobody", "", "not a name"])
    @Aside func `a message to an unknown user is refused`(name: String) throws {
        var chat = Chat()
        let al = try chat.join("al")
        let send = ChatState.Send(session: al, to: name, text: "hi")
        #expect(chat.apply(.send(send)) == .refused(ChatError(.userUnknown, about: name)))
    }

    @Test @Aside func `a text has 1 to 8192 bytes of UTF-8`() throws {
        var chat = Chat()
        let al = try chat.join("al")
        let largest = String(repeating: "ø", count: 4_096)
        try chat.send(largest, to: "al", by: al)
        try chat.send("\u{1B}[31m\u{0}", to: "al", by: al)
        for (text, refusal) in [
            ("", ChatError.Code.messageEmpty), (largest + "x", .messageTooLarge),
        ] {
            let send = ChatState.Send(session: al, to: "al", text: text)
            #expect(code(chat.apply(.send(send))) == refusal)
        }
        #expect(try chat.texts(of: "al", with: "al").count == 2)
    }

    @Test @Aside func `notes to oneself are a conversation and never unread`() throws {
        var chat = Chat()
        let al = try chat.join("al")
        let first = try chat.send("note", to: "al", by: al)
        try chat.send("note 2", to: "al", by: al)
        #expect(try chat.unread("al") == 0)
        #expect(try chat.texts(of: "al", with: "al") == ["note", "note 2"])
        try chat.delete([first.id], for: .all, by: al)
        #expect(try chat.texts(of: "al", with: "al") == [nil, "note 2"])
        #expect(chat.events.first == .message(first.id, to: [try chat.id("al")]))
    }

    @Test @Aside func `a conversation is shown from both ends, in pages, between cursors`() throws {
        var chat = Chat()
        let al = try chat.join("al")
        _ = try chat.join("bob")
        let ids = try (1...7).map { try chat.send("\($0)", to: "bob", by: al).id }
        let bob = try chat.id("bob")
        func page(_ range: HistoryRange) throws -> String {
            let page = try chat.state.history(of: bob, with: "al", range)
            let next = page.next.flatMap(ids.firstIndex(of:)).map { " >\($0 + 1)" } ?? ""
            return page.items.map { $0.text ?? "-" }.joined() + next
        }
        #expect(try page(HistoryRange(limit: 3)) == "765 >5")
        #expect(try page(HistoryRange(before: ids[4], limit: 3)) == "432 >2")
        #expect(try page(HistoryRange(before: ids[1], limit: 3)) == "1")
        #expect(try page(HistoryRange(newestFirst: false, limit: 3)) == "123 >3")
        #expect(try page(HistoryRange(after: ids[2], limit: 3)) == "456 >6")
        #expect(try page(HistoryRange(after: ids[5], limit: 3)) == "7")
        #expect(try page(HistoryRange(before: ids[4], after: ids[1])) == "43")
        #expect(try page(HistoryRange(before: ids[4], after: ids[1], newestFirst: false)) == "34")
        #expect(try page(HistoryRange(before: ids[1], after: ids[4])) == "")
        #expect(try page(HistoryRange(before: ids[0])) == "")
        #expect(try page(HistoryRange(limit: 7)) == "7654321")
    }

    @Test @Aside func `a conversation can be asked for before it begins`() throws {
        var chat = Chat()
        let al = try chat.join("al")
        _ = try chat.join("bob")
        #expect(try chat.texts(of: "al", with: "bob") == [])
        let note = try chat.send("note", to: "al", by: al)
        let id = try chat.id("al")
        for other in ["bob", "al"] {
            let cursor = other == "al" ? MessageID(entry: 1) : note.id
            #expect(throws: ChatError(.messageUnknown, about: cursor.description)) {
                try chat.state.history(of: id, with: other, HistoryRange(before: cursor))
            }
        }
        #expect(throws: ChatError(.userUnknown, about: "eve")) {
            try chat.state.history(of: id, with: "eve")
        }
    }

    @Test @Aside func `pitfall 57: a page ends after 256 KiB, and the next one goes on`() throws {
        var chat = Chat()
        let al = try chat.join("al")
        let id = try chat.id("al")
        let texts = (0..<200).map { "\($0) " + String(repeating: "\u{1}", count: 8_000) }
        let ids = try texts.map { try chat.send($0, to: "al", by: al).id }
        var range = HistoryRange(newestFirst: false, limit: 200)
        var (seen, pages) = ([String?](), 0)
        repeat {
            let page = try chat.state.history(of: id, with: "al", range)
            let bytes = page.items.reduce(0) { $0 + 6 * ($1.text?.utf8.count ?? 0) }
            #expect(bytes <= Limits.pageBytes && !page.items.isEmpty)
            seen += page.items.map(\.text)
            range.after = page.next
            pages += 1
        } while range.after != nil
        #expect(seen == texts && pages == 40)
        let found = try chat.state.messages(Array(ids.prefix(100)), for: id)
        #expect(found.items.map(\.text) == Array(texts.prefix(5)) && found.next == ids[5])
    }

    @Test @Aside func `an inbox shows as many messages as a page holds, and counts all`() throws {
        var chat = Chat()
        let al = try chat.join("al")
        for name in ["bob", "carol"] {
            let session = try chat.join(name)
            for _ in 0..<40 {
                try chat.send(String(repeating: "x", count: 8_000), to: "al", by: session)
            }
        }
        _ = al
        let views = try chat.state.inbox(of: try chat.id("al"))
        #expect(views.map(\.unread) == [40, 40])
        #expect(views.map(\.messages.count) == [31, 0])
    }

    @Test @Aside func `conversations come in pages, each with its last message that is seen`()
        throws
    {
        var chat = Chat()
        let al = try chat.join("al")
        for name in ["b", "c", "d"] {
            _ = try chat.join(name)
            try chat.send("to \(name)", to: name, by: al)
        }
        let hidden = try chat.send("oops", to: "c", by: al)
        try chat.delete([hidden.id], for: .me, by: al)
        let first = try chat.state.conversations(of: try chat.id("al"), limit: 2)
        #expect(first.items.map(\.with) == ["b", "c"])
        #expect(first.items.map { $0.messages.first?.text } == ["to b", "to c"])
        let rest = try chat.state.conversations(of: try chat.id("al"), after: first.next)
        #expect(rest.items.map(\.with) == ["d"])
        #expect(rest.next == nil)
    }

    @Test @Aside func `a stranger sees no message, by id or otherwise`() throws {
        var chat = Chat()
        let al = try chat.join("al")
        _ = try chat.join("bob")
        let eve = try chat.join("eve")
        let secret = try chat.send("secret", to: "bob", by: al)
        let unknown = ChatError(.messageUnknown, about: secret.id.description)
        let id = try chat.id("eve")
        #expect(throws: unknown) { try chat.state.messages([secret.id], for: id) }
        #expect(chat.state.view(of: secret.id, for: id) == nil)
        let read = ChatState.Read(session: eve, which: .these([secret.id]))
        #expect(chat.apply(.read(read)) == .refused(unknown))
        let through = ChatState.Read(session: eve, which: .through(secret.id))
        #expect(chat.apply(.read(through)) == .refused(unknown))
        for scope in ChatState.Delete.Scope.allCases {
            let results = try chat.delete([secret.id], for: scope, by: eve)
            #expect(results == [.init(id: secret.id, error: .messageUnknown)])
        }
        #expect(try chat.texts(of: "bob", with: "al") == ["secret"])
    }
}
