import ChatOptions
import Testing

@Suite struct OptionsHelpTests {
    @Test func `the help of a program`() {
        #expect(
            Help(OptionsTable.cli).text == """
                OVERVIEW: Talk to a replicated chat.

                USAGE: chat-cli [<options>] <subcommand>

                OPTIONS:
                  -s, --servers <list>    Addresses of servers, separated by commas.
                                          (environment: CHAT_SERVERS)
                  -o, --output <format>   How to print results. (values: table, json, plain;
                                          default: table; environment: CHAT_OUTPUT)
                  --timeout <time>        How long to try before giving up on servers that do
                                          not answer. (default: 5s; environment: CHAT_TIMEOUT)
                  -y, --yes               Answer all questions with yes.
                  -v, --verbose           Say more; twice for still more.
                  --color/--no-color      Use colours.
                  --version               Show the version.
                  -h, --help              Show help information.

                SUBCOMMANDS:
                  send                    Send a message to a user or a room.
                  history                 Show old messages.
                  room                    Work with rooms.

                ACCOUNT SUBCOMMANDS:
                  block                   Block a user.
                  whoami                  Show who is logged in.

                EXAMPLES:
                  Send to a room:
                    $ chat-cli send '#ops' "it's up"
                  Send what a command prints:
                    $ uptime | chat-cli send bob

                  See 'chat-cli help <subcommand>' for detailed help.
                """
        )
    }

    @Test func `the help of a command`() {
        #expect(
            Help(OptionsTable.cli, path: ["send"], width: 60).text == """
                OVERVIEW: Send a message to a user or a room.

                Without text, standard input is sent.

                With the same key, it is sent once.

                USAGE: chat-cli send [<options>] <target> [<text> ...]

                ARGUMENTS:
                  <target>                A user, or a room such as '#ops'.
                  <text>                  The words of the message.

                OPTIONS:
                  --batch <file>          Send every line of a file.
                  --key <key>             Makes trying again safe.
                  -h, --help              Show help information.

                GLOBAL OPTIONS:
                  -s, --servers <list>    Addresses of servers, separated by
                                          commas. (environment:
                                          CHAT_SERVERS)
                  -o, --output <format>   How to print results. (values:
                                          table, json, plain; default:
                                          table; environment: CHAT_OUTPUT)
                  --timeout <time>        How long to try before giving up
                                          on servers that do not answer.
                                          (default: 5s; environment:
                                          CHAT_TIMEOUT)
                  -y, --yes               Answer all questions with yes.
                  -v, --verbose           Say more; twice for still more.
                  --color/--no-color      Use colours.
                """
        )
    }

    @Test func `the help of a program with a default command shows its options`() {
        #expect(
            Help(OptionsTable.node).text == """
                OVERVIEW: Run a server.

                USAGE: chat-node [<subcommand>] --id <id> [<options>]

                OPTIONS:
                  --id <id>               The name of this node. (environment: CHAT_NODE_ID)
                  --config <file>         Settings.
                  --election <election>   How leaders are chosen. (default: randomized)
                  --learner               Do not vote. (environment: CHAT_NODE_LEARNER)
                  --version               Show the version.
                  -h, --help              Show help information.

                LOGGING OPTIONS:
                  --log-level <level>     What to log. (values: debug, info; default: info;
                                          environment: CHAT_NODE_LOG_LEVEL)

                SUBCOMMANDS:
                  run (default)           Run one node.
                  demo                    Run several nodes.

                  See 'chat-node help <subcommand>' for detailed help.
                """
        )
    }

    @Test func `an option for tests is taken, and nothing names it`() throws {
        let root = CommandSpec(
            "tool",
            abstract: "A.",
            options: [
                .flag("test-lose", help: "Loses.").hidden,
                .value("test-time", .integer(1...2), help: "Waits.").hidden,
                .flag("keep", help: "Keeps."),
            ]
        )
        guard case .run(let command) = try Parser(root).parse(["--test-lose"]) else {
            Issue.record("it is not taken")
            return
        }
        #expect(command.flag("test-lose"))
        #expect(Help(root).text.contains("--keep") && !Help(root).text.contains("test-"))
        for shell in Completions.Shell.allCases {
            #expect(!Completions(root).script(for: shell).contains("test-"))
        }
        let error = #expect(throws: UsageError.self) { try Parser(root).parse(["--test-los"]) }
        #expect(error?.message == "Unknown option '--test-los'")
    }

    @Test(arguments: [40, 60, 80, 120])
    func `no line but an example or a usage is wider than the terminal`(width: Int) {
        for path in [[], ["send"], ["history"], ["room", "create"]] {
            let text = Help(OptionsTable.cli, path: path, width: width).text
            for line in text.split(separator: "\n") where !line.contains("$ ") {
                #expect(line.count <= width, "\(line)")
            }
        }
    }
}
