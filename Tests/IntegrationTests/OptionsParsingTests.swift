import ChatOptions
import Testing

@Suite struct OptionsParsingTests {
    private func parse(
        _ line: String,
        _ root: CommandSpec = OptionsTable.cli,
        environment: [String: String] = [:]
    ) throws -> Invocation {
        let arguments = line.split(separator: " ").map(String.init)
        return try Parser(root).parse(arguments, environment: environment)
    }

    private func run(
        _ line: String,
        _ root: CommandSpec = OptionsTable.cli,
        environment: [String: String] = [:]
    ) throws -> ParsedCommand {
        let invocation = try parse(line, root, environment: environment)
        guard case .run(let command) = invocation else {
            Issue.record("\(invocation)")
            throw CancellationError()
        }
        return command
    }

    private func message(_ line: String, _ root: CommandSpec = OptionsTable.cli) -> String? {
        do {
            _ = try parse(line, root)
            return nil
        } catch {
            return (error as? UsageError)?.message
        }
    }

    @Test func `the tables have no problems`() {
        #expect(OptionsTable.cli.problems == [])
        #expect(OptionsTable.node.problems == [])
    }

    @Test(arguments: [
        "history #ops --limit 5", "history --limit 5 #ops", "--limit 5 history #ops",
        "history --limit=5 -- #ops", "-y history -v #ops --limit=5 --limit=5",
        "history --limit 9 #ops --limit 5",
    ])
    func `options stand anywhere and the last counts`(line: String) throws {
        let command = try run(line)
        #expect(command.path == ["history"])
        #expect(command.integer("limit") == 5)
        #expect(command.string("target") == "#ops")
    }

    @Test(arguments: [
        "-yo json whoami", "-yojson whoami", "whoami -y -o=json", "-o json whoami --yes",
    ])
    func `short options combine`(line: String) throws {
        let command = try run(line)
        #expect(command.flag("yes"))
        #expect(command.string("output") == "json")
    }

    @Test func `words after two dashes are never options`() throws {
        let command = try run("send bob --key k -- --key -x -- hi")
        #expect(command.list("text") == ["--key", "-x", "--", "hi"])
        #expect(command.string("key") == "k")
    }

    @Test func `a single dash and negative numbers are words`() throws {
        #expect(try run("send - -5").list("text") == ["-5"])
        #expect(try run("send - -5").string("target") == "-")
    }

    @Test func `words may be empty`() throws {
        let invocation = try Parser(OptionsTable.cli).parse(["send", "", "", "--key="])
        guard case .run(let command) = invocation else { throw CancellationError() }
        #expect(command.string("target") == "")
        #expect(command.list("text") == [""])
        #expect(command.string("key") == "")
    }

    @Test func `typed getters read what was declared`() throws {
        let command = try run("history bob -vv -s a:1,b:2 -s c:3 --timeout 1m30s --tag x --tag y,z")
        #expect(command.count("verbose") == 2)
        #expect(command.list("servers") == ["a:1", "b:2", "c:3"])
        #expect(command.duration("timeout") == .seconds(90))
        #expect(command.list("tag") == ["x", "y,z"])
        #expect(command.integer("limit") == 50)
        #expect(command.origin(of: "limit") == .defaultValue)
        #expect(command.string("before") == nil)
        #expect(command.flagIfGiven("color") == nil)
        #expect(try run("whoami --color --no-color").flagIfGiven("color") == false)
        #expect(throws: UsageError.self) { try command.string(required: "before") }
        #expect(try command.duration(required: "timeout") == .seconds(90))
    }

    @Test(arguments: [
        ("histroy #ops", "Unknown subcommand 'histroy'. Did you mean 'history'?"),
        ("create x", "Unknown subcommand 'create'. Did you mean 'room create'?"),
        ("frobnicate", "Unknown subcommand 'frobnicate'"),
        ("room crate x", "Unknown subcommand 'crate'. Did you mean 'create'?"),
        ("", "Missing expected subcommand"),
        ("room", "Missing expected subcommand"),
        ("-- send bob", "Missing expected subcommand"),
        ("history bob --limt 5", "Unknown option '--limt'. Did you mean '--limit'?"),
        ("history bob --lim 5", "Unknown option '--lim'. Did you mean '--limit'?"),
        ("history bob -limit 5", "Unknown option '-limit'. Did you mean '--limit'?"),
        ("whoami --limit 5", "Unknown option '--limit'"),
        ("whoami -x", "Unknown option '-x'"),
        ("--bogus whoami", "Unknown option '--bogus'"),
        ("history", "Missing expected argument '<target>'"),
        ("history bob --limit", "Missing value for '--limit <limit>'"),
        ("history bob --limit --yes", "Missing value for '--limit <limit>'"),
        (
            "history bob --limit 0",
            "The value '0' is invalid for '--limit <limit>'."
                + " Please provide a whole number from 1 to 500."
        ),
        (
            "history bob --limit 99999999999999999999",
            "The value '99999999999999999999' is invalid for '--limit <limit>'."
                + " Please provide a whole number from 1 to 500."
        ),
        (
            "whoami -o xml",
            "The value 'xml' is invalid for '--output <format>'."
                + " Please provide one of 'table', 'json' or 'plain'."
        ),
        (
            "whoami --timeout 5",
            "The value '5' is invalid for '--timeout <time>'."
                + " Please provide a time such as '500ms', '5s' or '2m', from 1ms to 1h."
        ),
        (
            "whoami --servers a,,b",
            "The value 'a,,b' is invalid for '--servers <list>'."
                + " Please separate values by single commas."
        ),
        (
            "whoami --yes=no",
            "The option '--yes' does not take any value, but 'no' was specified."
        ),
        ("whoami x", "Unexpected argument 'x'"),
        ("whoami x y", "2 unexpected arguments: 'x', 'y'"),
        ("history bob --before 1 --after 2", "'--before' and '--after' cannot be used together"),
        ("help nothing", "Unknown subcommand 'nothing'"),
    ])
    func `mistakes are named`(line: String, expected: String) {
        #expect(message(line) == expected)
    }

    @Test func `an error names the usage and where help is, safely for a terminal`() {
        let error = #expect(throws: UsageError.self) { try parse("room create a b\u{1B}[2J") }
        #expect(error?.exitCode == .usage)
        #expect(
            error?.description == """
                Error: Unexpected argument 'b\\u{1B}[2J'
                Usage: chat-cli room create [<options>] <name>
                  See 'chat-cli room create --help' for more information.
                """
        )
    }

    @Test(arguments: [
        ("--help", []), ("-h", []), ("help", []), ("help room create", ["room", "create"]),
        ("room create --help", ["room", "create"]), ("room --bogus -h", ["room"]),
        ("send --limit --help", ["send"]), ("-yh whoami", ["whoami"]), ("room help", ["room"]),
    ])
    func `help is given whatever else is wrong`(line: String, path: [String]) throws {
        #expect(try parse(line) == .help(path: path))
    }

    @Test func `help after two dashes is a word`() throws {
        #expect(try run("send bob -- --help").list("text") == ["--help"])
    }

    @Test func `the version is one line`() throws {
        #expect(try parse("--version") == .version("chat-cli 0.3.0"))
    }

    @Test func `a variable counts less than the option, and nothing if empty`() throws {
        let environment = ["CHAT_SERVERS": "x:1, y:2", "CHAT_OUTPUT": ""]
        let command = try run("whoami", environment: environment)
        #expect(command.list("servers") == ["x:1", "y:2"])
        #expect(command.origin(of: "servers") == .environment("CHAT_SERVERS"))
        #expect(command.string("output") == "table")
        #expect(try run("whoami -s z:3", environment: environment).list("servers") == ["z:3"])
    }

    @Test func `a bad variable is an error of the configuration`() {
        let error = #expect(throws: UsageError.self) {
            try parse("whoami", environment: ["CHAT_TIMEOUT": "soon"])
        }
        #expect(error?.exitCode == .configuration)
        #expect(
            error?.message == "The value 'soon' is invalid for CHAT_TIMEOUT. Please provide a time"
                + " such as '500ms', '5s' or '2m', from 1ms to 1h."
        )
    }
}

@Suite struct OptionsSettingsTests {
    private func parse(
        _ arguments: [String],
        environment: [String: String] = [:],
        file: [String: String]
    ) throws(UsageError) -> ParsedCommand? {
        let invocation = try Parser(OptionsTable.node).parse(arguments, environment: environment) {
            (command) throws(UsageError) in
            guard command.declares("config"), let path = command.string("config") else {
                return nil
            }
            return Settings(source: path, values: file)
        }
        if case .run(let command) = invocation { return command }
        return nil
    }

    @Test func `the default subcommand need not be named`() throws {
        #expect(try parse(["--id", "n1"], file: [:])?.path == ["run"])
        #expect(try parse(["run", "--id", "n1"], file: [:])?.string("id") == "n1")
        #expect(try parse(["demo"], file: [:])?.integer("nodes") == 3)
    }

    @Test func `a word that is no command is not taken by a default without arguments`() {
        let error = #expect(throws: UsageError.self) { try parse(["dem"], file: [:]) }
        #expect(error?.message == "Unknown subcommand 'dem'. Did you mean 'demo'?")
    }

    @Test func `options count over variables over the file over defaults`() throws {
        let file = ["id": "file", "election": "manual", "learner": "no", "log-level": "debug"]
        let environment = ["CHAT_NODE_ID": "variable", "CHAT_NODE_LEARNER": "1"]
        let arguments = ["--config", "node.conf"]
        let command = try #require(try parse(arguments, environment: environment, file: file))
        #expect(command.string("id") == "variable")
        #expect(command.flag("learner"))
        #expect(command.string("election") == "manual")
        #expect(command.origin(of: "election") == .settings("node.conf"))
        #expect(command.string("log-level") == "debug")
        let nearer = try parse(arguments + ["--id", "line"], environment: environment, file: file)
        #expect(nearer?.string("id") == "line")
        #expect(try parse(arguments, file: ["id": "n1"])?.string("election") == "randomized")
    }

    @Test(arguments: [
        (["idd": "n1"], "Unknown setting 'idd' in node.conf. Did you mean 'id'?"),
        (
            ["id": "n1", "learner": "perhaps"],
            "The value 'perhaps' is invalid for 'learner' in node.conf."
                + " Please provide one of 'true' or 'false'."
        ),
    ])
    func `a bad file is an error of the configuration`(file: [String: String], message: String) {
        let error = #expect(throws: UsageError.self) {
            try parse(["--config", "node.conf", "--id", "n1"], file: file)
        }
        #expect(error?.message == message)
        #expect(error?.exitCode == .configuration)
    }

    @Test func `what is required may come from anywhere but must come`() throws {
        let error = #expect(throws: UsageError.self) { try parse([], file: [:]) }
        #expect(error?.message == "Missing expected argument '--id <id>'")
        #expect(error?.usage == "chat-node run --id <id> [<options>]")
        #expect(try parse(["--config", "c"], file: ["id": "n1"])?.string("id") == "n1")
    }
}
