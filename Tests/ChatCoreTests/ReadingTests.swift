import ChatCore
import TestSupport
import Testing

@Suite struct ReadingTests {
    /// Bob has unread from al `1 2 4`, and from cy `3 5`, in the order of the numbers.
    private struct Scene {
        var chat = Chat()
        let bob: SessionID
        var ids: [Int: MessageID] = [:]

        init() throws {
            bob = try chat.join("bob")
            let al = try chat.join("al")
            let cy = try chat.join("cy")
            for (number, session) in [(1, al), (2, al), (3, cy), (4, al), (5, cy)] {
                ids[number] = try chat.send("\(number)", to: "bob", by: session).id
            }
            chat.events = []
        }

        func id(_ number: Int) throws -> MessageID { try #require(ids[number]) }

        func numbers(_ list: [MessageID]) -> [Int] {
            list.compactMap { id in ids.first { $0.value == id }?.key }
        }
    }

    @Test @Aside func `the inbox has all unread, by conversation, oldest first`() throws {
        let scene = try Scene()
        let inbox = try scene.chat.state.inbox(of: try scene.chat.id("bob"))
        #expect(inbox.map(\.with) == ["al", "cy"])
        #expect(inbox.map(\.unread) == [3, 2])
        #expect(inbox.map { $0.messages.map(\.text) } == [["1", "2", "4"], ["3", "5"]])
        #expect(inbox.allSatisfy { $0.messages.allSatisfy(\.isUnread) })
        #expect(try scene.chat.unread("bob") == 5)
        #expect(try scene.chat.unread("al") == 0)
    }

    @Test @Aside func `a limit of the inbox leaves the counts exact`() throws {
        let scene = try Scene()
        let inbox = try scene.chat.state.inbox(of: try scene.chat.id("bob"), limit: 2)
        #expect(inbox.map(\.unread) == [3, 2])
        #expect(inbox.map { $0.messages.map(\.text) } == [["1", "2"], []])
    }

    @Test @Aside func `the next N are the oldest of all conversations, and exactly those`() throws {
        var scene = try Scene()
        let first = try scene.chat.read(.next(3, with: nil), by: scene.bob)
        #expect(scene.numbers(first.ids) == [1, 2, 3])
        #expect(first.unread == 2)
        let rest = try scene.chat.read(.next(5, with: nil), by: scene.bob)
        #expect(scene.numbers(rest.ids) == [4, 5])
        #expect(try scene.chat.read(.next(5, with: nil), by: scene.bob).ids == [])
        let bob = try scene.chat.id("bob")
        #expect(scene.chat.events == [.read(first.ids, to: bob), .read(rest.ids, to: bob)])
    }

    @Test @Aside func `the next N with one user leave the others`() throws {
        var scene = try Scene()
        let marked = try scene.chat.read(.next(1, with: "Cy"), by: scene.bob)
        #expect(scene.numbers(marked.ids) == [3])
        #expect(try scene.chat.read(.next(1, with: "bob"), by: scene.bob).ids == [])
        let counts = scene.chat.state.unreadCounts(of: try scene.chat.id("bob"))
        #expect(counts.map(\.with) == ["al", "cy"])
        #expect(counts.map(\.unread) == [3, 1])
        let unknown = ChatState.Read(session: scene.bob, which: .next(1, with: "eve"))
        #expect(code(scene.chat.apply(.read(unknown))) == .userUnknown)
    }

    @Test @Aside func `messages are read in any order, and once`() throws {
        var scene = try Scene()
        let ids = [try scene.id(4), try scene.id(2), try scene.id(4)]
        let marked = try scene.chat.read(.these(ids), by: scene.bob)
        #expect(scene.numbers(marked.ids) == [2, 4])
        #expect(marked.count == 2)
        #expect(marked.unread == 3)
        let again = try scene.chat.read(.these(ids + [try scene.id(1)]), by: scene.bob)
        #expect(scene.numbers(again.ids) == [1])
        #expect(scene.chat.state.violations() == [])
    }

    @Test @Aside func `a reading through a message marks its conversation up to it`() throws {
        var scene = try Scene()
        let marked = try scene.chat.read(.through(try scene.id(2)), by: scene.bob)
        #expect(marked == .init(ids: [], count: 2, unread: 3))
        let again = try scene.chat.read(.through(try scene.id(1)), by: scene.bob)
        #expect(again == .init(ids: [], count: 0, unread: 3))
        let rest = try scene.chat.read(.next(9, with: nil), by: scene.bob)
        #expect(scene.numbers(rest.ids) == [3, 4, 5])
        #expect(
            scene.chat.events.first
                == .readThrough(try scene.id(2), to: try scene.chat.id("bob"))
        )
        #expect(scene.chat.events.count == 2)
    }

    @Test @Aside func `what was read out of order counts once in a reading through`() throws {
        var scene = try Scene()
        try scene.chat.read(.these([try scene.id(2)]), by: scene.bob)
        #expect(try scene.chat.read(.through(try scene.id(4)), by: scene.bob).count == 2)
        #expect(scene.chat.state.violations() == [])
    }

    @Test @Aside func `what one device has read is read on the other`() throws {
        var scene = try Scene()
        let phone = try scene.chat.login("bob")
        try scene.chat.read(.these([try scene.id(1)]), by: scene.bob)
        let marked = try scene.chat.read(.next(1, with: nil), by: phone)
        #expect(scene.numbers(marked.ids) == [2])
    }

    @Test @Aside func `my own messages do not count, and do not hide unread ones`() throws {
        var scene = try Scene()
        for _ in 0..<3 { try scene.chat.send("mine", to: "al", by: scene.bob) }
        #expect(try scene.chat.unread("bob") == 5)
        #expect(try scene.chat.read(.next(9, with: "al"), by: scene.bob).count == 3)
        #expect(try scene.chat.unread("al") == 3)
        #expect(scene.chat.state.violations() == [])
    }

    @Test(arguments: [0, -1, 257, .max])
    @Aside func `the number of messages to read has bounds`(count: Int) throws {
        var scene = try Scene()
        let read = ChatState.Read(session: scene.bob, which: .next(count, with: nil))
        #expect(code(scene.chat.apply(.read(read))) == .countInvalid)
    }

    @Test @Aside func `one unknown message among several and nothing is marked`() throws {
        var scene = try Scene()
        let ids = [try scene.id(1), MessageID(entry: 999)]
        let read = ChatState.Read(session: scene.bob, which: .these(ids))
        #expect(code(scene.chat.apply(.read(read))) == .messageUnknown)
        #expect(try scene.chat.unread("bob") == 5)
        #expect(scene.chat.events == [])
    }

    @Test @Aside func `pitfall 56: a reading walks past so many messages, and the next goes on`()
        throws
    {
        var chat = Chat()
        let (al, bob) = (try chat.join("al"), try chat.join("bob"))
        let count = Limits.stepsPerOperation + 100
        var last: MessageID?
        for _ in 0..<count { last = try chat.send("x", to: "bob", by: al).id }
        chat.events = []
        let first = try chat.read(.through(try #require(last)), by: bob)
        #expect(first.count == Limits.stepsPerOperation && first.unread == 100 && first.isPartial)
        let second = try chat.read(.through(try #require(last)), by: bob)
        #expect(second.count == 100 && second.unread == 0 && !second.isPartial)
        #expect(chat.events.count == 2)
        #expect(chat.events.last == .readThrough(try #require(last), to: try chat.id("bob")))
    }

    @Test @Aside func `pitfall 56: what was settled long ago is walked past once`() throws {
        var chat = Chat()
        let (al, bob) = (try chat.join("al"), try chat.join("bob"))
        let first = try chat.send("x", to: "bob", by: al).id
        for _ in 0..<Limits.stepsPerOperation + 100 { try chat.send("y", to: "al", by: bob) }
        let last = try chat.send("z", to: "bob", by: al).id
        var found: [MessageID] = []
        var tries = 0
        while true {
            let marked = try chat.read(.next(5, with: "al"), by: bob)
            found += marked.ids
            tries += 1
            guard marked.isPartial, tries < 9 else { break }
        }
        #expect(found == [first, last] && (2...4).contains(tries))
        #expect(try chat.unread("bob") == 0)
    }
}
