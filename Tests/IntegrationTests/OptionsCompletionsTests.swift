import ChatOptions
import Testing

@Suite struct OptionsCompletionsTests {
    @Test(arguments: Completions.Shell.allCases, [OptionsTable.cli, OptionsTable.node])
    func `a script names every command and option`(shell: Completions.Shell, root: CommandSpec) {
        let script = Completions(root).script(for: shell)
        check(root, in: script, shell)
        #expect(script.contains(shell == .fish ? "-l 'help'" : "'--help"))
        #expect(script.hasSuffix("\n"))
    }

    private func check(_ command: CommandSpec, in script: String, _ shell: Completions.Shell) {
        #expect(script.contains(command.name))
        for option in command.options {
            #expect(script.contains(shell == .fish ? "-l '\(option.name)'" : "'--\(option.name)"))
        }
        for subcommand in command.subcommands { check(subcommand, in: script, shell) }
    }

    @Test(arguments: Completions.Shell.allCases, [OptionsTable.cli, OptionsTable.node])
    func `the shell accepts its script`(shell: Completions.Shell, root: CommandSpec) throws {
        guard let path = OptionsShell.path(shell.rawValue) else { return }
        let script = Completions(root).script(for: shell)
        let result = try OptionsShell.run(path, ["-n"], script: script)
        #expect(result.output == "")
        #expect(result.status == 0)
    }

    @Test func `words with quotes stay words`() throws {
        guard let path = OptionsShell.path("bash") else { return }
        let root = CommandSpec(
            "it's",
            abstract: "A.",
            options: [.value("x", .choice(["a'b"]), help: "Don't $(say).")]
        )
        let script = Completions(root).script(for: .bash)
        #expect(try OptionsShell.run(path, ["-n"], script: script).output == "")
    }

    @Test(arguments: [
        (["chat-cli", "s"], ["send"]),
        (["chat-cli", ""], ["send", "history", "room", "block", "whoami"]),
        (["chat-cli", "room", ""], ["list", "create", "show"]),
        (["chat-cli", "room", "create", "--p"], ["--private"]),
        (["chat-cli", "room", "list", "--p"], []),
        (["chat-cli", "room", "create", "--ou"], ["--output"]),
        (["chat-cli", "--no"], ["--no-color"]),
        (["chat-cli", "--output", ""], ["table", "json", "plain"]),
        (["chat-cli", "room", "list", "-o", "j"], ["json"]),
        (["chat-cli", "--output", "=", "p"], ["plain"]),
        (["chat-cli", "--output", "="], ["table", "json", "plain"]),
        (["chat-cli", "--key", "room", "s"], ["send"]),
        (["chat-cli", "--output", "=", "json", "room", "l"], ["list"]),
        (["chat-cli", "send", "--key", ""], []),
        (["chat-cli", "send", "b"], ["bob", "bo\\$\\(touch\\ x\\)"]),
        (["chat-cli", "send", "'b"], ["bob", "bo$(touch x)"]),
        (["chat-cli", "send", "\\#o"], ["\\#ops"]),
        (["chat-cli", "send", "--key", "k", "-y", "bob", "b"], []),
        (["chat-cli", "block", "#"], []),
        (["chat-cli", "send", "--", "bo"], ["bob", "bo\\$\\(touch\\ x\\)"]),
        (["chat-cli", "send", "--", "--"], []),
    ])
    func `bash offers what fits and runs nothing`(words: [String], expected: [String]) throws {
        guard let path = OptionsShell.path("bash") else { return }
        let quoted = words.map { word in
            "'"
                + word.split(separator: "'", omittingEmptySubsequences: false)
                .joined(separator: "'\\''") + "'"
        }
        let script =
            Completions(OptionsTable.cli).script(for: .bash) + """
                command() {
                    case "$*" in
                        'chat-cli users --output plain b*') printf '%s\\n' bob 'bo$(touch x)' $'b\\e[2J' ;;
                        'chat-cli users --output plain bo*') printf '%s\\n' bob 'bo$(touch x)' ;;
                        'chat-cli room list --output plain') printf '%s\\n' '#ops' '#dev' ;;
                    esac
                }
                COMP_WORDS=(\(quoted.joined(separator: " ")))
                COMP_CWORD=\(words.count - 1)
                _chat_cli
                for word in "${COMPREPLY[@]}"; do printf '%s\\n' "$word"; done

                """
        let result = try OptionsShell.run(path, ["--norc"], script: script)
        #expect(result.output.split(separator: "\n").map(String.init) == expected)
    }

    @Test(arguments: [
        (["chat-node", "--i"], ["--id"]), (["chat-node", "run", "--i"], ["--id"]),
        (["chat-node", "demo", "--i"], []), (["chat-node", "--log-level", "d"], ["debug"]),
        (["chat-node", "run", "--log-level", "d"], ["debug"]),
    ])
    func `options of a default command are offered before its name`(
        words: [String],
        expected: [String]
    ) throws {
        guard let path = OptionsShell.path("bash") else { return }
        let script =
            Completions(OptionsTable.node).script(for: .bash) + """
                COMP_WORDS=(\(words.joined(separator: " ")))
                COMP_CWORD=\(words.count - 1)
                _chat_node
                printf '%s\\n' "${COMPREPLY[@]}"

                """
        let result = try OptionsShell.run(path, ["--norc"], script: script)
        #expect(result.output.split(separator: "\n").map(String.init) == expected)
    }
}
