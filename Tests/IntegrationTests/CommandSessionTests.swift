import ChatOptions
import TestSupport
import Testing
import chat_cli

/// The commands against a node in this process, as several people.
@Suite struct CommandSessionTests {
    private let directory: CommandDirectory

    init() throws { directory = try CommandDirectory() }

    @Test(.timeLimit(.minutes(5)))
    func `two people talk`() async throws {
        try await withNode(in: directory) { server in
            let user = CommandUser(directory: directory, servers: server)
            try await register(user)
            // Where the first message is in the log depends on how often a login was tried again.
            let place = try await send(user)
            try await read(user, place)
            try await follow(user, place)
            try await delete(user, place)
            try await leave(user)
        }
    }

    private func register(_ user: CommandUser) async throws {
        let ann = try await user.run(
            "register",
            "ann",
            "--password-stdin",
            as: "ann",
            input: "password1\nmore"
        )
        #expect(ann == .init(code: .done, output: "registered ann and logged in\n", errors: ""))
        let bob = try await user.run(
            "register",
            "bob",
            "--password-file",
            "-",
            "--json",
            as: "bob",
            input: "password2"
        )
        #expect(bob.output.hasSuffix(#","name":"bob","profile":"bob"}"# + "\n"), "\(bob.output)")
        let again = try await user.run(
            "register",
            "Ann",
            "--password-stdin",
            "--json",
            as: "new",
            input: "password3\n"
        )
        #expect(again.code == .refused)
        #expect(again.errors.hasPrefix(#"{"error":{"code":"name_taken","#))
        #expect(try await user.run("whoami", "-q", as: "bob").output == "bob\n")
        #expect(try await user.run("users", "-q", as: "ann").output == "ann\nbob\n")
        #expect(try await user.run("whoami", as: "nobody").code == .notPermitted)
    }

    private func send(_ user: CommandUser) async throws -> Substring {
        let first = try await user.run("send", "bob", "hi", "there", "--key", "k1", as: "ann")
        let place = try #require(
            first.output.wholeMatch(of: /sent bob\/1 \(id m([a-z][0-9]+)\)\n/)?.output.1
        )
        let second = try await user.run(
            "send",
            "bob",
            "--key",
            "k1",
            as: "ann",
            input: "hi there\n"
        )
        #expect(second.output == "already sent as bob/1 (id m\(place))\n")
        let other = try await user.run("send", "bob", "other", "--key", "k1", as: "ann")
        #expect(other.code == .refused)
        let quiet = try await user.run("send", "bob", "\u{1B}[31mred", "-q", as: "ann")
        #expect(quiet.output.hasPrefix("m"))
        let unknown = try await user.run("send", "carol", "hi", as: "ann")
        #expect(unknown.code == .notFound)
        #expect(unknown.errors == "Error: there is no user 'carol'\n")
        #expect(try await user.run("send", "bob", "", as: "ann").code == .badData)
        return place
    }

    private func read(_ user: CommandUser, _ place: Substring) async throws {
        let inbox = try await user.run("inbox", as: "bob")
        #expect(inbox.output.hasPrefix("CONVERSATION  UNREAD  LAST\nann           2       "))
        let history = try await user.run("history", "ann", "--limit", "1", as: "bob")
        #expect(history.output.hasSuffix(#"ann -> bob: \u{1B}[31mred  *"# + "\n"))
        let next = try await user.run("read", "ann", "--next", "1", "--json", as: "bob")
        #expect(
            next.output.hasPrefix(
                #"{"id":"m\#(place)","conversation":"c\#(place)","from":"ann","to":"bob","text":"hi there","#
                    + #""position":1,"time":"#
            )
        )
        let rest = try await user.run("read", as: "bob")
        #expect(rest.output.split(separator: "\n").count == 1)
        #expect(rest.errors == "0 more unread\n")
        let empty = try await user.run("inbox", as: "bob")
        #expect(empty == .init(code: .done, output: "", errors: "nothing unread\n"))
    }

    private func follow(_ user: CommandUser, _ place: Substring) async throws {
        let lines = try await user.follow("tail", "--since", "0", "--json", as: "bob", lines: 2)
        #expect(lines.count == 2)
        #expect(lines[0].contains(#""text":"hi there""#))
        #expect(lines[0].contains(#""event":"message","event_id":""#))
        #expect(lines[0].hasSuffix(#"-\#(place.dropFirst()).0"}"#))
        let rest = try await user.follow("tail", "--since", "m\(place)", as: "bob", lines: 1)
        #expect(rest.first?.hasSuffix(#"ann -> bob: \u{1B}[31mred"#) == true)
    }

    private func delete(_ user: CommandUser, _ place: Substring) async throws {
        let theirs = try await user.run(
            "delete",
            "m\(place)",
            "zz",
            "--for-all",
            "--json",
            as: "bob"
        )
        #expect(theirs.code == .notPermitted)
        #expect(
            theirs.output == """
                {"id":"m\(place)","deleted":false,"error":"not_yours"}
                {"id":"zz","deleted":false,"error":"message_unknown"}

                """
        )
        let own = try await user.run("delete", "zz", "m\(place)", "--for-all", as: "ann")
        #expect(own.code == .notFound)
        #expect(own.output == "deleted m\(place)\n")
        #expect(own.errors == "Error: there is no message 'zz'\n")
        let history = try await user.run("history", "ann", "--before", "mz1", as: "bob")
        #expect(history.code == .notFound)
        let left = try await user.run("history", "ann", as: "bob")
        #expect(left.output.split(separator: "\n").first?.hasSuffix("(deleted by ann)") == true)
    }

    private func leave(_ user: CommandUser) async throws {
        let status = try await user.run("cluster", "status", "--json")
        #expect(status.output.contains(#""leader":"n1","#))
        #expect(status.output.contains(#""voters":1,"quorum":1,"answering":1"#))
        let devices = try await user.run("device", "list", "--json", as: "ann")
        #expect(devices.output.contains(#""device":"chat-cli""#))
        #expect(try await user.run("logout", as: "ann").output == "logged out\n")
        #expect(try await user.run("whoami", as: "ann").code == .notPermitted)
        let wrong = try await user.run(
            "login",
            "ann",
            "--password-stdin",
            as: "ann",
            input: "wrong\n"
        )
        #expect(wrong.code == .notPermitted)
        let back = try await user.run(
            "login",
            "ann",
            "--password-stdin",
            as: "ann",
            input: "password1\n"
        )
        #expect(back.output == "logged in as ann\n")
    }
}

/// What the program does when answers get lost, or when the cluster is another one.
@Suite struct CommandRetryTests {
    @Test(.timeLimit(.minutes(5)))
    func `a lost answer is found again by its key, and nothing is sent twice`() async throws {
        let directory = try CommandDirectory()
        let port = try ReservedPort()
        let peer = port.address
        var user = CommandUser(directory: directory)
        try await withNode(in: directory, peer: peer) { server in
            user.servers = server
            let ann = try await user.run(
                "register",
                "ann",
                "--password-stdin",
                input: "password\n"
            )
            #expect(ann.code == .done)
        }
        try await withNode(in: directory, peer: peer, losingAnswersEvery: 1) { server in
            user.servers = server
            let lost = try await user.run(
                "send",
                "ann",
                "hi",
                "--key",
                "k1",
                "--timeout",
                "5s",
                "--json"
            )
            #expect(lost.code == .outcomeUnknown)
            #expect(lost.output == "")
            #expect(lost.errors.hasSuffix(#""key":"k1"}}"# + "\n"))
        }
        try await withNode(in: directory, peer: peer) { server in
            user.servers = server
            let found = try await user.run("send", "ann", "hi", "--key", "k1")
            #expect(found.output.hasPrefix("already sent as ann/1 "))
            let history = try await user.run("history", "ann", "--json")
            #expect(history.output.split(separator: "\n").count == 1)
        }
        let nobody = try await user.run("send", "ann", "hi", "--timeout", "100ms")
        #expect(nobody.code == .unavailable)
        #expect(nobody.errors.contains("Tried \(user.servers) ("))
    }

    @Test(.timeLimit(.minutes(5)))
    func `a session is never shown to another cluster`() async throws {
        let directory = try CommandDirectory()
        try await withNode(in: directory) { server in
            let user = CommandUser(directory: directory, servers: server)
            let store = try ProfileStore(environment: ["XDG_STATE_HOME": directory.path])
            try store.save(Profile(cluster: "other", name: "ann", token: "t"), as: "default")
            for command in [["whoami"], ["login", "--password-stdin"]] {
                let result = try await user.run(words: command, input: "password\n")
                #expect(result.code == .configuration)
                #expect(result.errors.contains(store.path(of: "default")))
            }
            // A new account is made where the user says.
            let new = try await user.run("register", "ann", "--password-stdin", input: "password\n")
            #expect(new.code == .done)
            #expect(
                new.errors
                    == "note: profile 'default' holds a session of another cluster, which is replaced\n"
            )
            #expect(try await user.run("whoami").code == .done)
        }
    }
}
