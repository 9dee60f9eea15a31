import ChatCore
import TestSupport
import Testing

@Suite struct SessionTests {
    private let day: Int64 = 24 * 3_600 * 1_000

    @Test @Aside func `an account is logged in on several devices at once`() throws {
        var chat = Chat()
        let first = try chat.join("bob")
        let second = try chat.login("bob", device: "phone")
        #expect(first != second)
        let sessions = chat.state.sessions(asSeenFrom: try chat.state.session(second))
        #expect(sessions.map(\.id) == [first, second])
        #expect(sessions.map(\.device) == ["", "phone"])
        #expect(sessions.map(\.isCurrent) == [false, true])
    }

    @Test @Aside func `a login against a password that has changed is refused`() throws {
        var chat = Chat()
        _ = try chat.join("bob")
        let login = ChatState.Login(name: "bob", passwordVersion: 99, token: try chat.token())
        #expect(code(chat.apply(.login(login))) == .passwordChanged)
    }

    @Test @Aside func `a login under an unknown name is refused`() throws {
        var chat = Chat()
        let login = ChatState.Login(name: "bob", passwordVersion: 1, token: try chat.token())
        #expect(code(chat.apply(.login(login))) == .credentialsWrong)
    }

    @Test @Aside func `no two sessions have one token`() throws {
        var chat = Chat()
        let session = try chat.join("bob")
        let token = try chat.state.session(session).token
        let login = ChatState.Login(name: "bob", passwordVersion: 1, token: token)
        #expect(code(chat.apply(.login(login))) == .sessionUnknown)
        _ = chat.logout(session)
        #expect(code(chat.apply(.login(login))) == .sessionUnknown)
    }

    @Test @Aside func `a logout ends the session and its token`() throws {
        var chat = Chat()
        let session = try chat.join("bob")
        let token = try chat.state.session(session).token
        #expect(chat.state.session(token: token)?.id == session)
        #expect(chat.logout(session) == .loggedOut([session]))
        #expect(chat.state.session(token: token) == nil)
        #expect(chat.state.owner(of: token) == (try chat.id("bob")))
        #expect(code(chat.logout(session)) == .sessionUnknown)
        let send = ChatState.Send(session: session, to: "bob", text: "x")
        #expect(code(chat.apply(.send(send))) == .sessionUnknown)
        #expect(chat.events == [.sessionEnded(session, to: try chat.id("bob"))])
    }

    @Test @Aside func `a logout of all ends all of the account and no other`() throws {
        var chat = Chat()
        let first = try chat.join("bob")
        let other = try chat.join("al")
        let second = try chat.login("bob")
        #expect(chat.logout(first, .all) == .loggedOut([first, second]))
        #expect(code(chat.logout(second)) == .sessionUnknown)
        #expect(chat.logout(other) == .loggedOut([other]))
    }

    @Test @Aside func `one session or all others can be revoked`() throws {
        var chat = Chat()
        let first = try chat.join("bob")
        let second = try chat.login("bob")
        let third = try chat.login("bob")
        let stranger = try chat.join("al")
        #expect(chat.logout(first, .one(second)) == .loggedOut([second]))
        #expect(code(chat.logout(first, .one(second))) == .deviceUnknown)
        #expect(code(chat.logout(first, .one(stranger))) == .deviceUnknown)
        #expect(chat.logout(first, .others) == .loggedOut([third]))
        #expect(chat.state.violations() == [])
    }

    @Test @Aside func `a session ends when it was idle for 30 days of log time`() throws {
        var chat = Chat()
        let session = try chat.join("bob")
        chat.time += 30 * day - 1
        try chat.send("still here", to: "bob", by: session)
        chat.time += 30 * day - 1
        try chat.send("and again", to: "bob", by: session)
        chat.time += 30 * day
        let send = ChatState.Send(session: session, to: "bob", text: "late")
        #expect(code(chat.apply(.send(send))) == .sessionUnknown)
        let again = try chat.login("bob")
        #expect(chat.state.sessions(asSeenFrom: try chat.state.session(again)).count == 1)
        #expect(chat.events.last == .sessionEnded(session, to: try chat.id("bob")))
    }

    @Test @Aside func `whatever a session does counts as use`() throws {
        var chat = Chat()
        let session = try chat.join("bob")
        let note = try chat.send("note", to: "bob", by: session)
        let operations: [ChatState.Operation] = [
            .send(.init(session: session, to: "bob", text: "x")),
            .read(.init(session: session, which: .these([note.id]))),
            .read(.init(session: session, which: .next(1, with: nil))),
            .read(.init(session: session, which: .through(note.id))),
            .delete(.init(session: session, ids: [note.id], scope: .me)),
            .logout(.init(session: session, which: .others)),
        ]
        for operation in operations {
            chat.time += 60_000
            chat.apply(operation)
            #expect(try chat.state.session(session).lastSeen.milliseconds == chat.time)
        }
        chat.time += 59_999
        chat.apply(operations[0])
        #expect(try chat.state.session(session).lastSeen.milliseconds == chat.time - 59_999)
    }

    @Test @Aside func `the log's time never falls back`() throws {
        var chat = Chat()
        let session = try chat.join("bob")
        let first = try chat.send("1", to: "bob", by: session)
        chat.time -= 5_000
        let second = try chat.send("2", to: "bob", by: session)
        #expect(second.time == first.time)
    }

    @Test @Aside func `a login beyond the limit ends the idlest session`() throws {
        var chat = Chat()
        let first = try chat.join("bob")
        var others: [SessionID] = []
        for _ in 1..<Limits.sessionsPerAccount {
            chat.time += 1_000
            others.append(try chat.login("bob"))
        }
        chat.time += 120_000
        try chat.send("used", to: "bob", by: first)
        _ = try chat.login("bob")
        #expect(chat.logout(first) == .loggedOut([first]))
        #expect(code(chat.logout(others[0])) == .sessionUnknown)
        #expect(chat.logout(others[1]) == .loggedOut([others[1]]))
        #expect(chat.state.violations() == [])
    }

    @Test @Aside func `a login that is retried gets another token for its first session`() throws {
        var chat = Chat()
        let session = try chat.join("bob")
        let old = try chat.state.session(session).token
        let login = ChatState.Login(name: "bob", passwordVersion: 1, token: try chat.token())
        let output = chat.apply(.rekey(ChatState.Rekey(login: login, session: session)))
        #expect(
            output == .loggedIn(.init(session: session, account: try chat.id("bob"), name: "bob"))
        )
        // Which of the two answers the client has is not known here.
        #expect(chat.state.session(token: old)?.id == session)
        #expect(chat.state.session(token: login.token)?.id == session)
        #expect(chat.state.violations() == [])
    }

    @Test @Aside func `a try of a login that is applied twice opens its session`() throws {
        var chat = Chat()
        let session = try chat.join("bob")
        let first = try chat.state.session(session).token
        let login = ChatState.Login(name: "bob", passwordVersion: 1, token: first)
        let again = ChatState.Rekey(login: login, session: session)
        let name = try chat.id("bob")
        #expect(
            chat.apply(.rekey(again))
                == .loggedIn(.init(session: session, account: name, name: "bob"))
        )
        let second = ChatState.Login(name: "bob", passwordVersion: 1, token: try chat.token())
        _ = chat.apply(.rekey(.init(login: second, session: session)))
        // The first try comes late: both go on, and the session has two tokens.
        _ = chat.apply(.rekey(again))
        #expect(chat.state.session(token: first)?.id == session)
        #expect(chat.state.session(token: second.token)?.id == session)
        let held = try chat.state.session(session)
        #expect((held.earlierTokens, held.token) == ([first], second.token))
        #expect(chat.state.violations() == [])
    }

    @Test @Aside func `a session has few tokens, and all end with it`() throws {
        var chat = Chat()
        let session = try chat.join("bob")
        var tokens = [try chat.state.session(session).token]
        for _ in 0...Limits.earlierTokens {
            tokens.append(try chat.token())
            let login = ChatState.Login(name: "bob", passwordVersion: 1, token: tokens.last!)
            _ = chat.apply(.rekey(.init(login: login, session: session)))
        }
        #expect(chat.state.session(token: tokens[0]) == nil)
        #expect(tokens.dropFirst().allSatisfy { chat.state.session(token: $0)?.id == session })
        #expect(chat.state.violations() == [])
        _ = chat.logout(session)
        #expect(tokens.allSatisfy { chat.state.session(token: $0) == nil })
        #expect(chat.state.violations() == [])
    }

    @Test @Aside func `a new token is only for a session of the same account that lives`() throws {
        var chat = Chat()
        let bob = try chat.join("bob")
        let al = try chat.join("al")
        let version = try #require(chat.state.account(named: "al")).passwordVersion
        let login = ChatState.Login(name: "al", passwordVersion: version, token: try chat.token())
        let stolen = ChatState.Rekey(login: login, session: bob)
        #expect(code(chat.apply(.rekey(stolen))) == .sessionUnknown)
        let stale = ChatState.Login(name: "al", passwordVersion: 77, token: try chat.token())
        #expect(
            code(chat.apply(.rekey(ChatState.Rekey(login: stale, session: al))))
                == .passwordChanged
        )
        _ = chat.logout(al)
        let ended = ChatState.Rekey(login: login, session: al)
        #expect(code(chat.apply(.rekey(ended))) == .sessionUnknown)
        #expect(chat.state.session(token: login.token) == nil)
    }
}
