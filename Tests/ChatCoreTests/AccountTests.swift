import ChatCore
import TestSupport
import Testing

@Suite struct AccountTests {
    @Test(
        arguments: [
            "a", "Bob", "al.ice_2-x", "0", "...", String(repeating: "x", count: 32),
        ])
    @Aside func `a name of the allowed characters can be registered`(name: String) throws {
        var chat = Chat()
        let output = chat.apply(.register(ChatState.Register(name: name, passwordHash: "h")))
        #expect(output == .registered(.init(account: AccountID(entry: 1), name: name)))
        #expect(chat.state.account(named: name)?.name.text == name)
    }

    @Test(
        arguments: [
            "", " ", "a b", "bob\n", "bøb", "ｂob", "a/b", "a:b", "#a", "a\u{0}",
            String(repeating: "x", count: 33),
        ])
    @Aside func `any other name is refused`(name: String) {
        var chat = Chat()
        let output = chat.apply(.register(ChatState.Register(name: name, passwordHash: "h")))
        #expect(code(output) == .nameInvalid)
        #expect(chat.state.account(named: name) == nil)
    }

    @Test @Aside func `names are unique without regard to case`() throws {
        var chat = Chat()
        _ = try chat.join("Bob")
        let output = chat.apply(.register(ChatState.Register(name: "bOB", passwordHash: "h")))
        #expect(code(output) == .nameTaken)
        #expect(chat.state.account(named: "BOB")?.name.text == "Bob")
        #expect(chat.state.account(named: "bob")?.passwordHash == "hash of Bob")
    }

    @Test(arguments: ["tab\there", "\u{9B}31m", String(repeating: "x", count: 65)])
    @Aside func `a display name with control characters or too long is refused`(label: String) {
        var chat = Chat()
        let register = ChatState.Register(name: "bob", displayName: label, passwordHash: "h")
        #expect(code(chat.apply(.register(register))) == .labelInvalid)
        #expect(chat.state.account(named: "bob") == nil)
    }

    @Test @Aside func `a refusal changes nothing but the moment`() throws {
        var chat = Chat()
        _ = try chat.join("bob")
        var other = chat
        chat.apply(.register(ChatState.Register(name: "bob", passwordHash: "other")))
        other.apply(.send(ChatState.Send(session: SessionID(entry: 9), to: "bob", text: "x")))
        #expect(chat.state == other.state)
    }

    @Test(
        arguments: [
            ("*", "abe,Al,alice,bob,x.y"), ("a*", "abe,Al,alice"), ("A?", "Al"),
            ("*l*", "Al,alice"), ("*e", "abe,alice"), ("a*c*", "alice"), ("?????", "alice"),
            ("bob", "bob"), ("b", ""), ("", ""), ("x.?", "x.y"), ("é*", ""), ("**b**", "abe,bob"),
        ])
    @Aside func `a wildcard finds users by name, in order`(pattern: String, names: String) throws {
        var chat = Chat()
        for name in ["bob", "alice", "Al", "x.y", "abe"] { _ = try chat.join(name) }
        let found = try chat.state.users(matching: pattern).items.map(\.name)
        #expect(found.joined(separator: ",") == names)
    }

    @Test @Aside func `pages of users are stable under change`() throws {
        var chat = Chat()
        for name in ["d", "B", "a", "e", "c"] { _ = try chat.join(name) }
        let first = try chat.state.users(limit: 2)
        #expect(first.items.map(\.name) == ["a", "B"])
        #expect(first.next == "B")
        _ = try chat.join("aa")
        _ = try chat.join("bb")
        let second = try chat.state.users(after: first.next, limit: 3)
        #expect(second.items.map(\.name) == ["bb", "c", "d"])
        let third = try chat.state.users(after: second.next, limit: 3)
        #expect(third.items.map(\.name) == ["e"])
        #expect(third.next == nil)
    }

    @Test @Aside func `a page that is just full has no next one`() throws {
        var chat = Chat()
        for name in ["a", "b"] { _ = try chat.join(name) }
        #expect(try chat.state.users(limit: 2).next == nil)
    }

    @Test(arguments: [0, 201, -1, .max])
    @Aside func `a page has a limit`(limit: Int) {
        #expect(throws: ChatError(.limitInvalid)) { try ChatState().users(limit: limit) }
    }

    @Test @Aside func `a cursor is a name and a pattern is short`() {
        #expect(throws: ChatError(.nameInvalid)) { try ChatState().users(after: "no name") }
        #expect(throws: ChatError(.patternInvalid)) {
            try ChatState().users(matching: String(repeating: "*", count: 65))
        }
    }
}
