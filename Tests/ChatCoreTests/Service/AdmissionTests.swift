import ChatCore
import ChatService
import Replication
import Storage
import TestSupport
import Testing

@Suite struct AdmissionTests {
    @Test @Aside func `a registration is logged with a hash and without the password`() throws {
        var server = Server()
        let admitted = try server.admit(
            .register(.init(name: "Bob", password: "correct horse", displayName: "B. B."))
        )
        #expect(admitted.by == "name:bob")
        #expect(admitted.secret == nil)
        let line = String(decoding: admitted.operation.lineBytes, as: UTF8.self)
        #expect(
            line.hasPrefix(#"{"register":{"name":"Bob","display":"B. B.","password_hash":"$y$"#)
        )
        #expect(!line.contains("correct"))
    }

    @Test(
        arguments: [
            ("", "12345678", "invalid name_invalid"), ("a b", "12345678", "invalid name_invalid"),
            ("bob", "", "invalid password_too_short"),
            ("bob", "1234567", "invalid password_too_short"),
            ("bob", "12345678\u{0}", "invalid password_invalid"),
            ("bob", String(repeating: "x", count: 257), "invalid password_invalid"),
            ("AL", "12345678", "conflict name_taken"),
        ])
    @Aside func `a bad registration is refused before the log`(
        name: String,
        password: String,
        code: String
    ) throws {
        var server = Server()
        _ = try server.join("al")
        let request = ChatState.Request.register(.init(name: name, password: password))
        #expect(refusal { _ = try server.admit(request) } == code)
    }

    @Test @Aside func `a name that was taken meanwhile is refused by apply`() throws {
        var server = Server()
        let request = ChatState.Request.register(.init(name: "bob", password: "12345678"))
        let late = try server.admit(request)
        try server.post(request)
        let output = server.apply(late.operation, by: late.by)
        #expect(ChatState.refusal(in: output)?.code == "name_taken")
        #expect(ChatState.refusal(in: output)?.kind == .conflict)
    }

    @Test @Aside func `a login gives a token that only its caller sees`() throws {
        var server = Server()
        try server.post(.register(.init(name: "bob", password: "correct horse")))
        let admitted = try server.admit(.login(.init(name: "BOB", password: "correct horse")))
        #expect(admitted.by == "name:bob")
        let token = try Secret(lineBytes: try #require(admitted.secret)).token
        #expect(token.utf8.count == 64)
        let output = server.apply(admitted.operation, by: admitted.by)
        for bytes in [admitted.operation.lineBytes, output.lineBytes] {
            #expect(!String(decoding: bytes, as: UTF8.self).contains(token))
        }
        #expect(!"\(server.state)".contains(token))
        guard case .whoami(let user, _, _) = try server.ask(.whoami, token) else {
            Issue.record("no answer")
            return
        }
        #expect(user.name == "bob")
    }

    @Test @Aside func `two logins have two tokens`() throws {
        var server = Server()
        #expect(try server.join("bob") != server.login("bob"))
    }

    @Test(
        arguments: [
            ("bob", "wrong horse"), ("eve", "correct horse"), ("no name", "x"), ("bob", ""),
            ("bob", "correct horse\u{0}"), ("bob", String(repeating: "x", count: 300)),
        ])
    @Aside func `an unknown name and a wrong password are refused alike`(
        name: String,
        password: String
    ) throws {
        var server = Server()
        try server.post(.register(.init(name: "bob", password: "correct horse")))
        let request = ChatState.Request.login(.init(name: name, password: password))
        #expect(refusal { _ = try server.admit(request) } == "unauthenticated credentials_wrong")
    }

    @Test @Aside func `an unknown name costs a hash, like a wrong password`() throws {
        var server = Server()
        try server.post(.register(.init(name: "bob", password: "correct horse")))
        for name in ["bob", "eve"] {
            let admission = try server.state.admit(
                .login(.init(name: name, password: "wrong horse")),
                from: Caller(),
                entropy: server.entropy(),
                cost: .cheapest
            )
            guard case .compute = admission else {
                Issue.record("\(name) is refused at once")
                continue
            }
        }
    }

    @Test @Aside func `a login that was checked against an older password is refused by apply`()
        throws
    {
        var server = Server()
        try server.post(.register(.init(name: "bob", password: "correct horse")))
        let admitted = try server.admit(.login(.init(name: "bob", password: "correct horse")))
        guard case .login(var login) = admitted.operation else { return }
        login.passwordVersion += 1
        let output = server.apply(.login(login), by: admitted.by)
        #expect(ChatState.refusal(in: output)?.code == "password_changed")
    }

    @Test @Aside func `a login's line is the same on every node`() throws {
        var server = Server()
        try server.post(.register(.init(name: "bob", password: "correct horse")))
        let request = ChatState.Request.login(.init(name: "bob", password: "correct horse"))
        let entropy = server.entropy()
        let lines = try (0..<2).map { _ in
            try server.finish(
                server.state.admit(request, from: Caller(), entropy: entropy, cost: .cheapest)
            ).operation.lineBytes
        }
        #expect(lines[0] == lines[1])
    }

    @Test(
        arguments: [
            .logout(.this), .send(to: "bob", text: "hi"), .read(.next(1, with: nil)),
            .delete([MessageID(entry: 1)], for: .me),
        ] as [ChatState.Request]
    )
    @Aside func `without a session nothing is admitted`(request: ChatState.Request) throws {
        var server = Server()
        let token = try server.join("bob")
        for wrong in [nil, "", "x", String(token.dropLast()), token.uppercased() + "0"] {
            #expect(
                refusal { _ = try server.admit(request, wrong) }
                    == "unauthenticated session_unknown"
            )
        }
        #expect(refusal { _ = try server.admit(request, token) } == nil)
    }

    @Test(
        arguments: [
            (.read(.next(.max, with: nil)), "invalid count_invalid"),
            (.read(.next(0, with: nil)), "invalid count_invalid"),
            (.read(.next(1, with: "a b")), "not_found user_unknown"),
            (.read(.these([])), "invalid count_invalid"),
            (.delete([], for: .me), "invalid count_invalid"),
            (.send(to: "", text: "hi"), "not_found user_unknown"),
        ] as [(ChatState.Request, String)]
    )
    @Aside func `what is refused for its own form costs no entry`(
        request: ChatState.Request,
        code: String
    ) throws {
        var server = Server()
        let token = try server.join("bob")
        #expect(refusal { _ = try server.admit(request, token) } == code)
    }

    @Test @Aside func `an operation acts for the account of the token`() throws {
        var server = Server()
        let token = try server.join("bob")
        let admitted = try server.admit(.send(to: "bob", text: "hi"), token)
        #expect(admitted.by == server.state.account(named: "bob")?.id.description)
        #expect(
            String(decoding: admitted.operation.lineBytes, as: UTF8.self)
                == #"{"send":{"session":"sa2","to":"bob","text":"hi"}}"#
        )
    }

    @Test @Aside func `a session that ended meanwhile is refused by apply`() throws {
        var server = Server()
        let token = try server.join("bob")
        let late = try server.admit(.send(to: "bob", text: "hi"), token)
        try server.post(.logout(.this), token)
        let output = server.apply(late.operation, by: late.by)
        #expect(ChatState.refusal(in: output)?.code == "session_unknown")
        #expect(refusal { _ = try server.ask(.whoami, token) } == "unauthenticated session_unknown")
    }

    @Test @Aside func `a bad text is refused before the log, an unknown user by apply`() throws {
        var server = Server()
        let token = try server.join("bob")
        #expect(
            refusal { _ = try server.admit(.send(to: "bob", text: ""), token) }
                == "invalid message_empty"
        )
        let long = String(repeating: "x", count: 8_193)
        #expect(
            refusal { _ = try server.admit(.send(to: "bob", text: long), token) }
                == "invalid message_too_large"
        )
        let output = try server.post(.send(to: "carol", text: "hi"), token)
        let no = try #require(ChatState.refusal(in: output))
        #expect(no == Refusal(.notFound, code: "user_unknown", message: "there is no user 'carol'"))
    }

    @Test @Aside func `a fingerprint of a request has no password in it`() throws {
        let requests: [ChatState.Request] = [
            .register(.init(name: "bob", password: "correct horse", displayName: "B")),
            .login(.init(name: "bob", password: "correct horse", device: "tv")),
        ]
        for request in requests {
            let line = String(
                decoding: ChatState.withoutSecrets(request).lineBytes,
                as: UTF8.self
            )
            #expect(!line.contains("correct"))
            #expect(line.contains("bob"))
        }
        let send = ChatState.Request.send(to: "bob", text: "hi")
        #expect(ChatState.withoutSecrets(send) == send)
    }
}
