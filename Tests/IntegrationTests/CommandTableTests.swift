import ChatOptions
import Testing
import chat_cli

@Suite struct CommandTableTests {
    @Test func `the table has no problems`() {
        #expect(CommandTable.root.problems == [])
    }

    @Test(arguments: leaves(CommandTable.root.subcommands, []))
    func `each command of the table can be run`(_ words: [String]) async throws {
        let user = CommandUser(directory: try CommandDirectory())
        let result = try await user.run(words: words + ["--timeout", "1ms"])
        #expect(result.code != .internalError, "\(result)")
    }

    @Test func `help is on standard output`() async throws {
        let user = CommandUser(directory: try CommandDirectory())
        let result = try await user.run("help", "device")
        #expect(result.code == .done)
        #expect(result.errors == "")
        #expect(result.output == Help(CommandTable.root, path: ["device"]).text + "\n")
    }

    @Test func `the help of a command shows what it takes`() {
        let text = Help(CommandTable.root, path: ["delete"]).text
        #expect(
            text.hasPrefix(
                """
                OVERVIEW: Delete messages; each is answered by itself.

                Without --for-all they are gone for you alone. The exit code is that of the
                first message that is still there. More than 256 are several requests, one after
                the other.

                USAGE: chat-cli delete [<options>] <id> ...

                ARGUMENTS:
                  <id>                    The messages, as 'mb42'.

                OPTIONS:
                  --for-all               Delete them for everybody; only your own.
                  --key <key>             The idempotency key:
                """
            ),
            "\(text)"
        )
    }

    @Test func `a slip is a usage error with a suggestion`() async throws {
        let user = CommandUser(directory: try CommandDirectory())
        let result = try await user.run("histroy", "bob")
        #expect(result.code == .usage)
        #expect(result.output == "")
        #expect(
            result.errors == """
                Error: Unknown subcommand 'histroy'. Did you mean 'history'?
                Usage: chat-cli [<options>] <subcommand>
                  See 'chat-cli --help' for more information.

                """
        )
    }

    @Test(arguments: [
        ["send", "bob", "hi", "--key", "a key"], ["tail", "--since", "yesterday"],
        ["whoami", "--profile", "../other"], ["whoami", "--servers", "nowhere:"],
        ["login"], ["login", "ann", "--no-input"], ["device", "revoke"],
    ])
    func `what can never work is refused before anything is sent`(
        _ words: [String]
    ) async throws {
        let user = CommandUser(directory: try CommandDirectory())
        try ProfileStore(environment: ["XDG_STATE_HOME": user.directory.path]).save(
            Profile(cluster: "c", name: "", token: "t"),
            as: "default"
        )
        let result = try await user.run(words: words + ["--json"])
        #expect(result.code == .usage, "\(result)")
        #expect(result.errors.hasPrefix(#"{"error":{"code":""#))
    }

    @Test func `the scripts for shells know the commands`() async throws {
        let user = CommandUser(directory: try CommandDirectory())
        for shell in Completions.Shell.allCases {
            let result = try await user.run("completion", shell.rawValue)
            #expect(result.code == .done)
            #expect(result.output.contains("cluster status"))
        }
    }

    /// The words of each command that does something, with arguments that parse.
    private static func leaves(_ commands: [CommandSpec], _ path: [String]) -> [[String]] {
        commands.flatMap { command -> [[String]] in
            let words = path + [command.name]
            guard command.subcommands.isEmpty else {
                return leaves(command.subcommands, words)
            }
            let arguments = command.arguments.map { argument in
                if case .choice(let values) = argument.type { values[0] } else { "x" }
            }
            return [words + arguments]
        }
    }
}
