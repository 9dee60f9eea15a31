import ChatCore
import ChatOptions
import ChatService
import Glibc
import Replication
import Storage
import TestSupport
import Testing
import chat_cli

/// What is shown of many unread messages, and what is marked of what could not be shown.
@Suite(.timeLimit(.minutes(5))) struct CommandReadingTests {
    private let directory: CommandDirectory

    init() throws { directory = try CommandDirectory() }

    @Test func `more than a page is unread: all is shown, counted and deleted`() async throws {
        try await withNode(in: directory) { server in
            let user = CommandUser(directory: directory, servers: server)
            let ids = try await fill(user, count: 210)
            let table = try await user.run("inbox", as: "bob").output.split(separator: "\n")
            #expect(table.count == 3)
            #expect(table[1].hasPrefix("ann           210     "))
            #expect(table[1].hasSuffix(#""message 210""#))
            #expect(table[2].hasPrefix("carol         1       "))
            let json = try await user.run("inbox", "--json", as: "bob").output
            #expect(
                json.split(separator: "\n").map { $0.count(of: #""unread":true"#) } == [210, 1]
            )
            let two = try await user.run("read", "ANN", "--next", "2", "-q", as: "bob")
            #expect(two.output == ids[..<2].joined(separator: "\n") + "\n")
            #expect(two.errors == "")
            let unknown = try await user.run("read", "nobody", as: "bob")
            #expect(unknown.code == .notFound)
            let rest = try await user.run("read", as: "bob")
            #expect(rest.output.split(separator: "\n").count == 209)
            #expect(rest.errors == "0 more unread\n")
            // Once more is no error: 300 of which some stand twice.
            let many = ids + ids[..<89] + ["zz"]
            let deleted = try await user.run(words: ["delete", "-q"] + many, as: "ann")
            #expect(deleted.output == (many.dropLast()).joined(separator: "\n") + "\n")
            #expect(deleted.code == .notFound)
        }
    }

    @Test func `what could not be printed stays unread`() async throws {
        try await withNode(in: directory) { server in
            let user = CommandUser(directory: directory, servers: server)
            _ = try await fill(user, count: 20)
            let full = try #require(OpenedFile("/dev/full"))
            #expect(await read(user, to: full.descriptor) == .inputOutput)
            #expect(try await unread(user) == 21)
            let pipe = try Pipe()
            Output.reportBrokenPipes()
            let reader = spawnThread { [reading = pipe.reading] in
                let input = Input(descriptor: reading)
                for _ in 0..<2 { _ = try? input.firstLine() }
                close(reading)
            }
            _ = await read(user, to: pipe.writing)
            reader.join()
            // More than these two may be in the pipe when the reader goes, and count as written.
            #expect(try await unread(user) <= 19)
            let ahead = try await user.run("tail", "--since", "mf999999", as: "bob")
            #expect(ahead.code == .badData)
            #expect(ahead.errors.contains("is ahead of the log, which ends at entry"))
        }
    }

    /// Sends from ann, and one message from carol; gives the ids of ann's.
    private func fill(_ user: CommandUser, count: Int) async throws -> [String] {
        for name in ["ann", "bob", "carol"] {
            let made = try await user.run(
                "register",
                name,
                "--password-stdin",
                as: name,
                input: "password\n"
            )
            #expect(made.code == .done)
        }
        let store = try ProfileStore(environment: ["XDG_STATE_HOME": directory.path])
        let token = try #require(try store.load("ann")?.token)
        let ann = try ChatClient(servers: [user.servers], token: token, timeout: .seconds(60))
        var ids: [String] = []
        for number in 1...count {
            ids.append(try await ann.send("message \(number)", to: "bob").value.id.description)
        }
        #expect(try await user.run("send", "bob", "hi", as: "carol").code == .done)
        return ids
    }

    private func unread(_ user: CommandUser) async throws -> Int {
        let text = try await user.run("whoami", "--json", as: "bob").output
        let number = text.firstMatch(of: /"unread":([0-9]+)/)?.output.1
        return try #require(number.flatMap { Int($0) })
    }

    private func read(_ user: CommandUser, to descriptor: Int32) async -> ExitCode {
        await ChatProgram(
            console: Console(
                arguments: ["read"],
                environment: [
                    "XDG_STATE_HOME": directory.path, "CHAT_SERVERS": user.servers,
                    "CHAT_PROFILE": "bob",
                ],
                output: Output(descriptor: descriptor),
                errors: Output(descriptor: descriptor)
            )
        ).run()
    }
}

/// Servers of several clusters, and those that a profile keeps.
@Suite(.timeLimit(.minutes(5))) struct CommandServersTests {
    @Test func `a profile keeps its servers, and says what it loses`() async throws {
        let directory = try CommandDirectory()
        try await withNode(in: directory) { server in
            let user = CommandUser(directory: directory, servers: "http://\(server)/")
            let made = try await user.run(
                "register",
                "ann",
                "--password-stdin",
                input: "password\n"
            )
            #expect(made.errors == "")
            let store = try ProfileStore(environment: ["XDG_STATE_HOME": directory.path])
            #expect(try store.load("default")?.servers == [server])
            var bare = user
            bare.servers = ""
            #expect(try await bare.run("whoami", "-q").output == "ann\n")
            let other = try await user.run(
                "register",
                "bob",
                "--password-stdin",
                input: "password\n"
            )
            #expect(other.code == .done)
            #expect(
                other.errors
                    == "note: profile 'default' holds a session of ann, which is replaced;"
                    + " --profile keeps both\n"
            )
            let secure = try await user.run("whoami", "-s", "https://\(server)")
            #expect(secure.code == .usage)
        }
    }

    @Test func `an account is made in no cluster by chance`() async throws {
        let (one, two) = (try CommandDirectory(), try CommandDirectory())
        try await withNode(in: one) { first in
            try await withNode(in: two) { second in
                // One that has formed no cluster yet has no say.
                for server in [first, second] {
                    try await eventually("\(server) is ready") {
                        try await Wire.get("/readyz", from: server)?.status == 200
                    }
                }
                let user = CommandUser(directory: one, servers: "\(first),\(second)")
                let words = ["register", "ann", "--password-stdin"]
                let both = try await user.run(words: words, input: "password\n")
                #expect(both.code == .configuration)
                #expect(both.errors.contains("the servers belong to 2 clusters"))
                var one = user
                one.servers = first
                #expect(try await one.run(words: words, input: "password\n").code == .done)
                // The cluster is known from now on: the other one's server is passed by and said.
                var wrong = user
                wrong.servers = "\(second),\(first)"
                let sent = try await wrong.run("send", "ann", "hi")
                #expect(sent.code == .done)
                #expect(sent.errors.hasPrefix("note: \(second) belongs to cluster"))
                let next = try await wrong.run(
                    "register",
                    "bob",
                    "--password-stdin",
                    input: "password\n"
                )
                #expect(next.code == .done)
                #expect(try await one.run("users", "-q").output == "ann\nbob\n")
            }
        }
    }
}

extension Substring {
    fileprivate func count(of text: String) -> Int { ranges(of: text).count }
}

/// A file of the system's that is open for writing as long as this lives.
private final class OpenedFile {
    let descriptor: Int32

    init?(_ path: String) {
        descriptor = unsafe open(path, O_WRONLY)
        if descriptor < 0 { return nil }
    }

    deinit { close(descriptor) }
}
