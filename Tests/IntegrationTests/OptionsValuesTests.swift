import ChatOptions
import Storage
import Testing
import chat_cli

@Suite struct OptionsValuesTests {
    @Test(arguments: [
        ("500ms", Duration.milliseconds(500)), ("5s", .seconds(5)), ("2m", .seconds(120)),
        ("1h30m", .seconds(5400)), ("7d", .seconds(604_800)), ("0", .zero), ("0s", .zero),
    ])
    func `times are read`(text: String, expected: Duration) {
        #expect(DurationText.parse(text) == expected)
    }

    @Test(arguments: [
        "", "5", "s", "5 s", "-5s", "+5s", "5x", "5S", "1.5s", "٣s", "5s ", "9223372036854775807d",
        "99999999999999999999s", "36501d", "9223372036854775807ms9223372036854775807ms",
    ])
    func `what is no time is refused`(text: String) {
        #expect(DurationText.parse(text) == nil)
    }

    @Test(arguments: ["0s", "1ms", "1s500ms", "1h30m", "2d"])
    func `times are written as they are read`(text: String) throws {
        #expect(DurationText.text(try #require(DurationText.parse(text))) == text)
    }

    @Test func `exit codes are those of the documents`() {
        let numbers = ExitCode.allCases.map(\.rawValue)
        #expect(numbers == [0, 1, 2, 64, 65, 67, 69, 70, 73, 74, 75, 76, 77, 78, 79, 130])
        #expect(Set(ExitCode.allCases.map(\.name)).count == numbers.count)
        #expect(ExitCode.outcomeUnknown.name == "outcome-unknown")
    }

    @Test(arguments: [
        ("plain — ünï 👩‍👩‍👧 a\\b", "plain — ünï 👩‍👩‍👧 a\\b"),
        // What was typed and what it stands for are told apart.
        ("typed \\n", "typed \\\\n"), ("broken \n", "broken \\n"), ("\\\n", "\\\\\\n"),
        ("\u{1B}[31mred", "\\u{1B}[31mred"),
        ("a\r\nb\tc", "a\\r\\nb\\tc"), ("\u{9B}2J\u{7F}\u{0}", "\\u{9B}2J\\u{7F}\\u{00}"),
        ("\u{202E}txt\u{2066}\u{2028}", "\\u{202E}txt\\u{2066}\\u{2028}"), ("\u{7}", "\\u{07}"),
    ])
    func `control characters are shown, not sent`(text: String, expected: String) {
        #expect(text.escapedForTerminal() == expected)
    }

    @Test func `what could steer a terminal is escaped in JSON, and means the same`() throws {
        let text = "a\u{9B}2J\u{202E}b\u{2028}é👩‍👩‍👧\u{7F}"
        var writer = JSONWriter()
        writer.string(text)
        let shown = String(decoding: writer.bytes, as: UTF8.self).escapedInJSON()
        #expect(shown == #""a\u009b2J\u202eb\u2028é👩‍👩‍👧\u007f""#)
        var reader = JSONReader(Array(shown.utf8))
        #expect(try reader.string() == text)
    }

    @Test(arguments: [
        ("abc", 3), ("é", 1), ("e\u{301}", 1), ("日本", 4), ("🙂", 2), ("👩‍👩‍👧", 2), ("❤️", 2), ("©", 1),
        ("", 0),
    ])
    func `columns are those of a terminal`(text: String, columns: Int) {
        #expect(text.columns == columns)
        let lines = TextTable.lines([["DEVICE", "X"], [text, "y"]])
        #expect(lines.map { line in String(line.dropLast()).columns } == [8, 8])
    }

    @Test func `line breaks can be kept, carriage returns never`() {
        #expect("a\r\nb\u{1B}".escapedForTerminal(keepingNewlines: true) == "a\\r\nb\\u{1B}")
    }

    @Test func `problems of a table are found`() {
        let bad = CommandSpec(
            "bad",
            abstract: "",
            options: [
                .value("limit", .integer(1...5), default: "6", help: "L."),
                .value("password", excludes: ["nothing"], help: "P."), .flag("help", help: ""),
            ],
            subcommands: [
                CommandSpec(
                    "a",
                    abstract: "A.",
                    arguments: [
                        ArgumentSpec("x", .many(atLeast: 1), help: "X."),
                        ArgumentSpec("limit", help: "Y."),
                    ]
                ),
                CommandSpec("b", abstract: "B.", options: [.flag("key", help: "K.")]),
                CommandSpec("b", abstract: "B.", options: [.value("key", help: "K.")]),
            ],
            defaultSubcommand: "c"
        )
        #expect(
            bad.problems == [
                "bad declares '--help' twice", "bad declares 'help' twice",
                "bad declares 'b' twice",
                "bad has no abstract", "bad has a default subcommand that does not exist",
                "bad has an invalid default for '--limit'",
                "bad has '--password' exclude 'nothing', which does not exist",
                "bad takes a secret in '--password', which other users can see",
                "bad has no help for '--help'", "bad a declares '--help' twice",
                "bad a declares 'help' twice", "bad a declares 'limit' twice",
                "bad a has 'limit' after 'x', which takes all", "bad b declares '--help' twice",
                "bad b declares 'help' twice", "bad b declares '--help' twice",
                "bad b declares 'help' twice", "bad has '--key' both with and without a value",
            ]
        )
    }
}
