import ChatOptions

/// Tables like those of the two programs, small enough to read.
enum OptionsTable {
    static let users = LiveNames(["users", "--output", "plain"], takesPattern: true)
    static let rooms = LiveNames(["room", "list", "--output", "plain"], takesPattern: false)
    static let target = Completion.live([users, rooms])

    static let cli = CommandSpec(
        "chat-cli",
        abstract: "Talk to a replicated chat.",
        options: [
            .value(
                "servers",
                short: "s",
                .list,
                placeholder: "list",
                environment: "CHAT_SERVERS",
                help: "Addresses of servers, separated by commas."
            ),
            .value(
                "output",
                short: "o",
                .choice(["table", "json", "plain"]),
                placeholder: "format",
                default: "table",
                environment: "CHAT_OUTPUT",
                help: "How to print results."
            ),
            .value(
                "timeout",
                .duration(.milliseconds(1)...(.seconds(3600))),
                placeholder: "time",
                default: "5s",
                environment: "CHAT_TIMEOUT",
                help: "How long to try before giving up on servers that do not answer."
            ),
            .flag("yes", short: "y", help: "Answer all questions with yes."),
            .flag("verbose", short: "v", help: "Say more; twice for still more."),
            .flag("color", isInvertible: true, help: "Use colours."),
        ],
        subcommands: [
            send, history, room,
            CommandSpec(
                "block",
                abstract: "Block a user.",
                section: "Account",
                arguments: [ArgumentSpec("user", completion: .live([users]), help: "Who.")]
            ),
            CommandSpec("whoami", abstract: "Show who is logged in.", section: "Account"),
        ],
        examples: [
            .init("chat-cli send '#ops' \"it's up\"", "Send to a room"),
            .init("uptime | chat-cli send bob", "Send what a command prints"),
        ],
        version: "0.3.0"
    )

    static let send = CommandSpec(
        "send",
        abstract: "Send a message to a user or a room.",
        discussion: "Without text, standard input is sent.\n\nWith the same key, it is sent once.",
        arguments: [
            ArgumentSpec("target", completion: target, help: "A user, or a room such as '#ops'."),
            ArgumentSpec("text", .many(atLeast: 0), help: "The words of the message."),
        ],
        options: [
            .value(
                "batch",
                placeholder: "file",
                completion: .file,
                help: "Send every line of a file."
            ),
            .value("key", help: "Makes trying again safe."),
        ]
    )

    static let history = CommandSpec(
        "history",
        abstract: "Show old messages.",
        arguments: [ArgumentSpec("target", completion: target, help: "A user or a room.")],
        options: [
            .value("limit", .integer(1...500), default: "50", help: "How many at most."),
            .value("before", placeholder: "id", excludes: ["after"], help: "Only older ones."),
            .value("after", placeholder: "id", help: "Only newer ones."),
            .value("tag", isRepeatable: true, help: "Only with this tag."),
        ]
    )

    static let room = CommandSpec(
        "room",
        abstract: "Work with rooms.",
        subcommands: [
            CommandSpec("list", abstract: "List rooms."),
            CommandSpec(
                "create",
                abstract: "Create a room.",
                arguments: [ArgumentSpec("name", help: "Its name.")],
                options: [.flag("private", help: "Only for members.")]
            ),
            CommandSpec(
                "show",
                abstract: "Show a room.",
                arguments: [ArgumentSpec("name", .optional, help: "Its name.")]
            ),
        ]
    )

    static let node = CommandSpec(
        "chat-node",
        abstract: "Run a server.",
        options: [
            .value(
                "log-level",
                .choice(["debug", "info"]),
                placeholder: "level",
                default: "info",
                environment: "CHAT_NODE_LOG_LEVEL",
                section: "Logging",
                help: "What to log."
            )
        ],
        subcommands: [
            CommandSpec(
                "run",
                abstract: "Run one node.",
                options: [
                    .value(
                        "id",
                        environment: "CHAT_NODE_ID",
                        isRequired: true,
                        help: "The name of this node."
                    ),
                    .value("config", placeholder: "file", completion: .file, help: "Settings."),
                    .value("election", default: "randomized", help: "How leaders are chosen."),
                    .flag("learner", environment: "CHAT_NODE_LEARNER", help: "Do not vote."),
                ]
            ),
            CommandSpec(
                "demo",
                abstract: "Run several nodes.",
                options: [.value("nodes", .integer(1...9), default: "3", help: "How many.")]
            ),
        ],
        defaultSubcommand: "run",
        version: "0.3.0"
    )
}
