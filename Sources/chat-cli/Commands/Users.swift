import ChatCore
import ChatOptions
import ChatService
import Storage

extension Command {
    static let users = Command(
        spec: CommandSpec(
            "users",
            abstract: "List accounts by name.",
            arguments: [
                ArgumentSpec(
                    "pattern",
                    .optional,
                    help: "A name; '*' is any run of characters and '?' any one."
                )
            ],
            examples: [.init("chat-cli users 'a*'", "all whose names begin with a")]
        )
    ) { call in
        let (_, client) = try call.session()
        let pattern = call.parsed.string("pattern")
        var cursor: String?
        repeat {
            let page = try await client.users(matching: pattern, after: cursor, limit: 200)
            for user in page.items {
                let display = user.displayName.map { "  \($0)" } ?? ""
                try call.report.result(
                    (user.name + display).escapedForTerminal(),
                    quiet: user.name
                ) {
                    $0.member("account", user.id)
                    $0.member("name", user.name)
                    $0.member("display", user.displayName)
                }
            }
            cursor = page.next
        } while cursor != nil
    }
}
