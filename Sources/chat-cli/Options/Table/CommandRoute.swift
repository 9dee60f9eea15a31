/// The way from the program to one of its commands.
///
/// Never empty: it starts with the root.
struct CommandRoute: Sendable, Equatable {
    let root: CommandSpec
    private(set) var below: [CommandSpec] = []

    init(_ root: CommandSpec) {
        self.root = root
    }

    /// The command at the end.
    var command: CommandSpec { below.last ?? root }

    /// The names below the program.
    var path: [String] { below.map(\.name) }

    /// The whole name: `chat-cli room create`.
    var name: String { ([root.name] + path).joined(separator: " ") }

    /// The options of the groups above the command, the nearest first.
    var inheritedOptions: [OptionSpec] {
        ([root] + below).dropLast().reversed().flatMap(\.options)
    }

    /// What the parser accepts without declaration.
    var builtInOptions: [OptionSpec] { root.version == nil ? [.help] : [.version, .help] }

    /// All options that may be given with the command; the nearest declaration of a name comes first.
    var options: [OptionSpec] { command.options + inheritedOptions + builtInOptions }

    /// One step down to a subcommand.
    func descending(to command: CommandSpec) -> CommandRoute {
        var route = self
        route.below.append(command)
        return route
    }

    /// The subcommand that is meant when none is given.
    var defaultRoute: CommandRoute? {
        guard let name = command.defaultSubcommand else { return nil }
        return command.subcommand(name).map(descending(to:))
    }

    /// The route that `path` names below this one, if there is such a command.
    func following(_ path: some Sequence<String>) -> CommandRoute? {
        var route = self
        for name in path {
            guard let next = route.command.subcommand(name) else { return nil }
            route = route.descending(to: next)
        }
        return route
    }

    /// This route and all below it, each group before its commands.
    var subtree: [CommandRoute] {
        [self] + command.subcommands.flatMap { descending(to: $0).subtree }
    }
}
