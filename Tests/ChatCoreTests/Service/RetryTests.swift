import ChatCore
import ChatService
import Replication
import Storage
import TestSupport
import Testing

@Suite struct RetryTests {
    @Test @Aside
    func `a login that is retried opens its first session with another token`() throws {
        var server = Server()
        try server.post(.register(.init(name: "bob", password: "correct horse")))
        let request = ChatState.Request.login(.init(name: "bob", password: "correct horse"))
        let first = try server.admit(request)
        let output = server.apply(first.operation, by: first.by)
        let second = try server.admit(request)
        let again = try #require(server.state.repeated(second.operation, answered: output))
        #expect(server.apply(again, by: second.by) == output)
        let tokens = try [first, second].map {
            try Secret(lineBytes: try #require($0.secret)).token
        }
        #expect(refusal { _ = try server.ask(.whoami, tokens[0]) } == nil)
        #expect(refusal { _ = try server.ask(.whoami, tokens[1]) } == nil)
        guard case .sessions(let sessions) = try server.ask(.sessions, tokens[1]) else { return }
        #expect(sessions.count == 1)
    }

    @Test @Aside func `nothing but an answered login gets a new token`() throws {
        var server = Server()
        let token = try server.join("bob")
        let login = try server.admit(.login(.init(name: "bob", password: "password of bob")))
        let refused = ChatState.Output.refused(ChatError(.passwordChanged))
        #expect(server.state.repeated(login.operation, answered: refused) == nil)
        let send = try server.admit(.send(to: "bob", text: "hi"), token)
        let sent = server.apply(send.operation, by: send.by)
        #expect(server.state.repeated(send.operation, answered: sent) == nil)
    }

    @Test @Aside func `the retry of a logout is known by its ended token`() throws {
        var server = Server()
        let token = try server.join("bob")
        let by = try server.admit(.logout(.this), token).by
        try server.post(.logout(.this), token)
        let claimant = server.state.claimant(of: .logout(.this), from: Caller(token: token))
        #expect(claimant == by)
        #expect(server.state.claimant(of: .logout(.this), from: Caller(token: "x")) == nil)
        #expect(server.state.claimant(of: .logout(.this), from: Caller()) == nil)
    }

    @Test @Aside func `a registration claims its name, a login nothing`() throws {
        var server = Server()
        let register = ChatState.Request.register(.init(name: "Bob", password: "12345678"))
        let by = try server.admit(register).by
        try server.post(register)
        #expect(server.state.claimant(of: register, from: Caller()) == by)
        let login = ChatState.Request.login(.init(name: "bob", password: "wrong"))
        #expect(server.state.claimant(of: login, from: Caller()) == nil)
    }
}
