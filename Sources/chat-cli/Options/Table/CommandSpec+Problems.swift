extension CommandSpec {
    /// What is wrong with the table below this root; a test asserts that it is nothing.
    ///
    /// Checked are names that clash, defaults that their own type refuses, options whose spelling
    /// takes a value in one command and none in another (the parser must know before it has seen the
    /// command), secrets as values, and help that is missing.
    package var problems: [String] {
        CommandRoute(self).subtree.flatMap(Self.problems) + conflictingSpellings
    }

    private static func problems(of route: CommandRoute) -> [String] {
        let command = route.command
        var found = clashes(in: route)
        if command.abstract.isEmpty { found.append("has no abstract") }
        if !command.subcommands.isEmpty, !command.arguments.isEmpty {
            found.append("has both arguments and subcommands")
        }
        if command.defaultSubcommand != nil, route.defaultRoute == nil {
            found.append("has a default subcommand that does not exist")
        }
        for option in command.options { found += problems(of: option, among: route.options) }
        found += problems(of: command.arguments)
        return found.map { "\(route.name) \($0)" }
    }

    private static func clashes(in route: CommandRoute) -> [String] {
        let spellings = route.options.flatMap(\.spellings)
        let names = route.options.map(\.name) + route.command.arguments.map(\.name)
        let commands = route.command.subcommands.map(\.name)
        return (repeated(spellings) + repeated(names) + repeated(commands)).map {
            "declares '\($0)' twice"
        }
    }

    private static func problems(of option: OptionSpec, among all: [OptionSpec]) -> [String] {
        var found: [String] = []
        if option.help.isEmpty { found.append("has no help for '--\(option.name)'") }
        for name in option.excludes where !all.contains(where: { $0.name == name }) {
            found.append("has '--\(option.name)' exclude '\(name)', which does not exist")
        }
        guard case .value(let type) = option.kind else { return found }
        if let value = option.defaultValue, type.objection(to: value) != nil {
            found.append("has an invalid default for '--\(option.name)'")
        }
        if ["password", "secret", "token"].contains(option.name) {
            found.append("takes a secret in '--\(option.name)', which other users can see")
        }
        return found
    }

    private static func problems(of arguments: [ArgumentSpec]) -> [String] {
        var found: [String] = []
        for (earlier, later) in zip(arguments, arguments.dropFirst()) {
            if case .many = earlier.arity {
                found.append("has '\(later.name)' after '\(earlier.name)', which takes all")
            }
            if earlier.arity == .optional, later.arity == .required {
                found.append("has '\(later.name)' after '\(earlier.name)', which is optional")
            }
        }
        return found + arguments.filter(\.help.isEmpty).map { "has no help for '\($0.name)'" }
    }

    private var conflictingSpellings: [String] {
        let options = optionsOfSubtree
        let valued = Set(options.filter(\.takesValue).flatMap(\.spellings))
        let flags = Set(options.filter { !$0.takesValue }.flatMap(\.spellings))
        return valued.intersection(flags).sorted().map {
            "\(name) has '\($0)' both with and without a value"
        }
    }

    private static func repeated(_ names: [String]) -> [String] {
        var seen: Set<String> = []
        return names.filter { !seen.insert($0).inserted }
    }
}
