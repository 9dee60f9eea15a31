import ChatOptions

extension Command {
    static let completion = Command(
        spec: CommandSpec(
            "completion",
            abstract: "Print a script that makes a shell complete commands.",
            arguments: [
                ArgumentSpec(
                    "shell",
                    type: .choice(Completions.Shell.allCases.map(\.rawValue)),
                    help: "The shell."
                )
            ],
            examples: [.init("source <(chat-cli completion bash)", "for this shell")]
        )
    ) { call in
        let name = try call.parsed.string(required: "shell")
        guard let shell = Completions.Shell(rawValue: name) else { return }
        try call.console.output.write(Completions(CommandTable.root).script(for: shell))
    }
}
