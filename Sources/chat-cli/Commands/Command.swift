import ChatOptions

/// One command: its place in the table, and what it does.
struct Command: Sendable {
    /// How it is called, and its help.
    let spec: CommandSpec
    /// What it does; a success prints to standard output and returns.
    let run: @Sendable (Call) async throws -> Void
}

/// Commands under one word, such as `cluster`.
struct CommandGroup: Sendable {
    /// The word.
    let name: String
    /// What they are about.
    let abstract: String
    /// Their order is that of the help.
    let commands: [Command]

    var spec: CommandSpec {
        CommandSpec(name, abstract: abstract, subcommands: commands.map(\.spec))
    }
}
