package import ChatOptions

/// All commands: the one table that parser, help and completions are made from.
package enum CommandTable {
    /// The root of the table.
    package static let root = CommandSpec(
        "chat-cli",
        abstract: "Chat from a terminal or a script, with any server of a cluster.",
        discussion: """
            Results go to standard output, everything else to standard error. A request that \
            changes something takes effect once, however often it has to be tried, on whatever \
            server.

            Exit codes: 0 done, 1 refused, 64 usage, 65 bad data, 67 no such user or message, \
            69 no server or leader, 74 files, 75 outcome unknown (try again with the key that is \
            printed), 76 version mismatch, 77 not logged in or not permitted, 78 configuration, \
            130 interrupted.
            """,
        options: SharedOption.ofAllCommands,
        subcommands: commands.map(\.spec) + groups.map(\.spec),
        examples: [
            .init("chat-cli register ann", "make an account and log in"),
            .init(
                "uptime | chat-cli send bob --key nightly-2026-11-21",
                "send once, retry at will"
            ),
            .init("chat-cli --profile bob tail --json", "follow what arrives, as JSON lines"),
        ],
        version: "0.1.0"
    )

    private static let commands: [Command] = [
        .register, .login, .logout, .whoami, .users, .send, .inbox, .read, .history, .delete, .tail,
        .completion,
    ]

    private static let groups = [
        CommandGroup(
            name: "device",
            abstract: "The sessions of your account, one for each login.",
            commands: [.deviceList, .deviceRevoke]
        ),
        CommandGroup(
            name: "cluster",
            abstract: "The servers behind the chat.",
            commands: [.clusterStatus]
        ),
    ]

    /// The command that a parsed path names.
    static func command(at path: [String]) -> Command? {
        let group = groups.first { $0.name == path.first }
        let (among, name) =
            group.map { ($0.commands, path.dropFirst().first) } ?? (commands, path.first)
        return among.first { $0.spec.name == name }
    }
}
