import ChatOptions

/// The command line of `chat-node`: what the parser, the help and the completions are made from.
enum NodeCommand {
    static let version = "0.1.0"

    static let table = CommandSpec(
        "chat-node",
        abstract: "One server of a chat cluster.",
        discussion: """
            A node keeps its data in one directory and replicates it to the other nodes. Start all \
            nodes of a new cluster with the same --join list and --bootstrap-expect; start them \
            with the same command line ever after. A node with --join alone joins a cluster that \
            runs.
            """,
        subcommands: [run, demo, log],
        defaultSubcommand: "run",
        examples: [
            .init("chat-node demo", "three nodes on this machine, to try it out"),
            .init(
                "chat-node --id n1 --data-dir n1 --peer-listen 127.0.0.1:7401 --bootstrap-expect 1",
                "a cluster of one"
            ),
        ],
        version: version
    )

    private static let run = CommandSpec(
        "run",
        abstract: "Run a node until SIGTERM or Ctrl-C.",
        discussion: """
            When it listens, one JSON line on standard output says so, with the addresses that \
            others call. /readyz says when it takes requests: once there is a leader. Logs go to \
            standard error.
            """,
        options: [
            .value(
                "id",
                placeholder: "id",
                environment: "CHAT_NODE_ID",
                isRequired: true,
                help: "The node's name in the cluster, for ever."
            ),
            .value(
                "data-dir",
                placeholder: "dir",
                environment: "CHAT_NODE_DATA_DIR",
                isRequired: true,
                completion: .directory,
                help: "Where its data is."
            ),
            .value(
                "listen",
                placeholder: "host:port",
                default: "127.0.0.1:7400",
                environment: "CHAT_NODE_LISTEN",
                help: "Where clients are served; port 0 lets the system choose."
            ),
            .value(
                "peer-listen",
                placeholder: "host:port",
                default: "127.0.0.1:7401",
                environment: "CHAT_NODE_PEER_LISTEN",
                help: "Where other nodes reach this one."
            ),
            .value(
                "advertise",
                placeholder: "host:port",
                environment: "CHAT_NODE_ADVERTISE",
                help: "Where clients reach it, if not by --listen, as with 0.0.0.0."
            ),
            .value(
                "peer-advertise",
                placeholder: "host:port",
                environment: "CHAT_NODE_PEER_ADVERTISE",
                help: "Where other nodes reach it, if not by --peer-listen."
            ),
            .value(
                "host-names",
                .list,
                placeholder: "name,…",
                environment: "CHAT_NODE_HOST_NAMES",
                help: "Names that clients may call a loopback --listen by, as a proxy's."
            ),
            .value(
                "join",
                .list,
                placeholder: "host:port,…",
                environment: "CHAT_NODE_JOIN",
                help: "The peer addresses of all nodes of a new cluster, or, without"
                    + " --bootstrap-expect, of some of the one to join."
            ),
            .value(
                "bootstrap-expect",
                .integer(1...99),
                placeholder: "n",
                environment: "CHAT_NODE_BOOTSTRAP_EXPECT",
                help: "How many nodes form a new cluster."
            ),
            .flag("learner", help: "Join without a vote, for good."),
            .value(
                "election-timeout",
                .duration(.milliseconds(150)...Duration.seconds(60)),
                placeholder: "time",
                default: "300ms",
                environment: "CHAT_NODE_ELECTION_TIMEOUT",
                help:
                    "How long a leader may be silent before others campaign; the same on all nodes."
            ),
            .value(
                "election",
                placeholder: "policy",
                default: "randomized",
                environment: "CHAT_NODE_ELECTION",
                help: """
                    Who should lead: randomized, lowest-id, priority:n2,n1,n3 or manual; the same on \
                    all nodes.
                    """
            ),
            .value(
                "log-level",
                .choice(["debug", "info", "notice", "warning", "error"]),
                default: "info",
                environment: "CHAT_NODE_LOG_LEVEL",
                help: "What is logged."
            ),
            .value(
                "log-format",
                .choice(["auto", "text", "json"]),
                default: "auto",
                environment: "CHAT_NODE_LOG_FORMAT",
                help: "How it is logged; auto is text on a terminal."
            ),
            .flag(
                "insecure",
                help: "Serve addresses that other machines reach, without encryption."
            ),
            .value(
                "test-drop-answers",
                .integer(1...1_000_000),
                placeholder: "n",
                help: "For tests: lose every n-th answer after its commit."
            ).hidden,
            .value(
                "test-replace-after",
                .integer(1...1_000_000),
                placeholder: "ms",
                help: "For tests: how long a lost disk's node must have been silent."
            ).hidden,
            .flag(
                "test-small-files",
                help: "For tests: begin files, take snapshots and drop entries early."
            ).hidden,
            .value(
                "test-failback-after",
                .duration(.zero...Duration.seconds(60)),
                placeholder: "time",
                help: "For tests: when the preferred node gets the lead back."
            ).hidden,
            .value(
                "test-founder-waits",
                .duration(.milliseconds(1)...Duration.seconds(60)),
                placeholder: "time",
                help: "For tests: how long a node waits for callers before it founds alone."
            ).hidden,
            .flag("until-input-ends", help: "Stop when standard input ends, as demo needs."),
        ],
        examples: [
            .init(
                "chat-node --id n1 --data-dir n1 --listen 127.0.0.1:7400 --peer-listen"
                    + " 127.0.0.1:7410 --join 127.0.0.1:7410,127.0.0.1:7411,127.0.0.1:7412"
                    + " --bootstrap-expect 3",
                "one of three"
            ),
            .init(
                "chat-node --id n4 --data-dir n4 --listen 127.0.0.1:7403 --peer-listen"
                    + " 127.0.0.1:7413 --join 127.0.0.1:7410,127.0.0.1:7411",
                "a fourth one, which joins"
            ),
        ]
    )

    private static let log = CommandSpec(
        "log",
        abstract: "Look at a data directory; its node may be running, and nothing is changed.",
        subcommands: [
            CommandSpec(
                "show",
                abstract: "Print entries as they stand in the journal, a JSON line each.",
                discussion: """
                    Entries of a node that runs may not be committed yet, and may still be \
                    replaced by others.
                    """,
                options: [
                    dataDirectory,
                    .value(
                        "from",
                        .integer(1...Int.max),
                        placeholder: "index",
                        help: "The first entry (default: the first that is there)."
                    ),
                    .value(
                        "to",
                        .integer(1...Int.max),
                        placeholder: "index",
                        help: "The last entry (default: the last that is there)."
                    ),
                    .flag("follow", help: "Go on with what the node appends, until Ctrl-C."),
                ],
                examples: [
                    .init(
                        "chat-node log show --data-dir n1 --from 40 | jq -c .op",
                        "what was done since entry 40"
                    )
                ]
            ),
            CommandSpec(
                "verify",
                abstract: "Check every line of the journal and of the newest snapshot.",
                discussion: """
                    Says what a start would make of it. The exit code is 0 if all is good, 2 if \
                    something is damaged, 74 if the node would not start.
                    """,
                options: [dataDirectory]
            ),
            CommandSpec(
                "stat",
                abstract: "Print how much of what there is, as one JSON object.",
                options: [dataDirectory],
                examples: [.init("chat-node log stat --data-dir n1 | jq .entries", "their number")]
            ),
        ]
    )

    private static let dataDirectory = OptionSpec.value(
        "data-dir",
        placeholder: "dir",
        environment: "CHAT_NODE_DATA_DIR",
        isRequired: true,
        completion: .directory,
        help: "The node's data directory."
    )

    private static let demo = CommandSpec(
        "demo",
        abstract: "Run a whole cluster on this machine until Ctrl-C.",
        discussion: """
            Its nodes are processes of their own; their data stays, and comes back the next time. \
            A node that is killed is started again.
            """,
        options: [
            .value(
                "nodes",
                .integer(1...9),
                placeholder: "n",
                default: "3",
                help: "How many nodes a new demo has."
            ),
            .value(
                "data-dir",
                placeholder: "dir",
                default: "chat-demo",
                completion: .directory,
                help: "Where the data of all its nodes is."
            ),
        ],
        examples: [.init("chat-node demo --nodes 5", "a cluster that lives through two failures")]
    )
}
