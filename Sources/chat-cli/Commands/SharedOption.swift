import ChatCore
import ChatOptions
import Replication

/// Options that several commands have.
enum SharedOption {
    /// What every command takes.
    static let ofAllCommands: [OptionSpec] = [
        .value(
            "servers",
            short: "s",
            .list,
            placeholder: "host:port,…",
            default: "127.0.0.1:7400",
            environment: "CHAT_SERVERS",
            help: """
                The servers to try, in this order; one that works is enough. Without them, those \
                that the profile has kept. 'host' and 'http://host:port' are taken too.
                """
        ),
        .value(
            "profile",
            placeholder: "name",
            default: "default",
            environment: "CHAT_PROFILE",
            help: "Which of your sessions to use; each has its own login."
        ),
        .value(
            "timeout",
            .duration(.milliseconds(1)...DurationText.longest),
            placeholder: "time",
            default: "5s",
            environment: "CHAT_TIMEOUT",
            help: "How long to try, over all servers."
        ),
        .value(
            "consistency",
            .choice([Consistency.linearizable.description, Consistency.stale.description]),
            default: Consistency.linearizable.description,
            help: "Whether reads see all that was acknowledged before, or whatever a server has."
        ),
        .flag("json", help: "Print one JSON object a line; errors too, on standard error."),
        .flag("no-input", help: "Never ask for anything."),
        .flag(
            "color",
            isInvertible: true,
            help: "Whether to use colors; by default on a terminal, unless NO_COLOR is set."
        ),
        .flag("quiet", short: "q", help: "Print only ids or names, and no notes."),
    ]

    /// The idempotency key.
    static let key = OptionSpec.value(
        "key",
        placeholder: "key",
        help: """
            The idempotency key: the same request with the same key takes effect once, even \
            if it is tried again by another process.
            """
    )

    /// Where a password comes from, if not from the terminal.
    static let password: [OptionSpec] = [
        .flag("password-stdin", help: "Read the password from the first line of standard input."),
        .value(
            "password-file",
            placeholder: "file",
            excludes: ["password-stdin"],
            completion: .file,
            help: "Read the password from the first line of a file; '-' is standard input."
        ),
    ]

    /// The name of a session.
    static let device = OptionSpec.value(
        "device",
        placeholder: "name",
        default: "chat-cli",
        help: "What the session is called in 'device list'."
    )

    /// Names of users, from a server.
    static let userNames = Completion.live([LiveNames(["users", "--quiet"], takesPattern: true)])
}

extension Call {
    /// A name that is shown beside others, of an option that has one.
    ///
    /// - Throws: `UsageError` for one that no server takes.
    func label(_ option: String) throws(UsageError) -> String? {
        guard let text = parsed.string(option) else { return nil }
        let isClean = text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
        guard isClean, text.utf8.count <= Limits.labelBytes else {
            throw parsed.usageError(
                "'--\(option)' must have at most \(Limits.labelBytes) bytes and no control characters"
            )
        }
        return text
    }

    /// The idempotency key that was given.
    ///
    /// - Throws: `UsageError` for one that no server takes.
    func key() throws(UsageError) -> String? {
        guard let key = parsed.string("key") else { return nil }
        guard (1...128).contains(key.utf8.count),
            key.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else {
            throw parsed.usageError("A key is 1 to 128 printable ASCII characters without spaces.")
        }
        return key
    }
}
