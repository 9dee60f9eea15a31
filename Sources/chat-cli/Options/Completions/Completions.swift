/// Scripts that teach shells to complete a program's command line.
///
/// A script follows the words typed so far down the table to a route such as `chat-cli room create`,
/// and offers what fits there. Only live names call the program. They come from a server, so the
/// scripts treat them as data: nothing in them is ever expanded or run by the shell.
package struct Completions: Sendable {
    /// A shell for which there is a script.
    package enum Shell: String, Sendable, CaseIterable {
        /// GNU Bash, from 4.0.
        case bash
        /// The Z shell, from 5.0.
        case zsh
        /// Fish, from 3.0.
        case fish
    }

    let root: CommandSpec
    let routes: [CommandRoute]

    /// Prepares the scripts for a program.
    package init(_ root: CommandSpec) {
        self.root = root
        routes = CommandRoute(root).subtree
    }

    /// The script, with a newline at the end.
    package func script(for shell: Shell) -> String {
        let lines =
            switch shell {
            case .bash: bash
            case .zsh: zsh
            case .fish: fish
            }
        return lines.joined(separator: "\n") + "\n"
    }

    /// The prefix of all functions in scripts: `_chat_cli`.
    var function: String {
        "_" + root.name.map { $0.isLetter || $0.isNumber ? String($0) : "_" }.joined()
    }

    /// The options that a route declares or that the parser adds at the root.
    func declaredOptions(_ route: CommandRoute) -> [OptionSpec] {
        let own = route.command.options.filter { !$0.isHidden }
        return route.below.isEmpty ? own + route.builtInOptions : own
    }

    /// The routes at which the options of `route` are offered, as patterns of a shell's `case`.
    ///
    /// A default subcommand's options are also offered before it is named.
    func patterns(_ route: CommandRoute, suffix: String = "") -> String {
        var names = [quoted(route.name + suffix)]
        if !route.command.subcommands.isEmpty {
            names.append(quoted(route.name + " ") + "*" + (suffix.isEmpty ? "" : quoted(suffix)))
        }
        for group in routes where group.defaultRoute == route {
            names.append(quoted(group.name + suffix))
        }
        return names.joined(separator: "|")
    }

    /// All spellings of options that take a value.
    var valuedSpellings: [String] {
        var seen: Set<String> = []
        let spellings = root.optionsOfSubtree.filter { $0.takesValue && !$0.isHidden }
            .flatMap(\.spellings)
        return spellings.filter { seen.insert($0).inserted }
    }

    /// The names of all routes below the program.
    var routeNames: [String] { routes.dropFirst().map(\.name) }

    /// `text` as one word for bash and zsh.
    func quoted(_ text: String) -> String {
        "'"
            + text.split(separator: "'", omittingEmptySubsequences: false).joined(
                separator: "'\\''"
            ) + "'"
    }

    func quoted(_ words: [String]) -> String {
        words.map { quoted($0) }.joined(separator: " ")
    }

    /// The call of the shell function that offers values, or `nil` if nothing can be offered.
    func action(_ type: ValueType, _ completion: Completion) -> String? {
        switch completion {
        case .file: return "\(function)_files"
        case .directory: return "\(function)_directories"
        case .live(let sources):
            let calls = sources.map { source in
                let kind = source.takesPattern ? "pattern" : "all"
                return "\(function)_live \(kind) \(quoted(source.arguments))"
            }
            return calls.joined(separator: "; ")
        case .values:
            guard case .choice(let values) = type else { return nil }
            return "\(function)_offer \(quoted(values))"
        }
    }

    /// The `case` branches that offer the values of options, the deepest declarations first.
    var valueBranches: [String] {
        routes.reversed().flatMap { route in
            declaredOptions(route).flatMap { option -> [String] in
                guard case .value(let type) = option.kind else { return [] }
                let action = action(type, option.completion).map { "\($0); " } ?? ""
                let places = option.spellings.map { patterns(route, suffix: ":\($0)") }
                return ["        \(places.joined(separator: "|"))) \(action)return ;;"]
            }
        }
    }

    /// The `case` branches that offer what the arguments may be, by the number of words before.
    var argumentBranches: [String] {
        routes.flatMap { route in
            route.command.arguments.enumerated().compactMap { position, argument in
                guard let action = action(argument.type, argument.completion) else { return nil }
                if case .many = argument.arity {
                    return "        \(quoted(route.name + ":"))*) \(action) ;;"
                }
                return "        \(quoted("\(route.name):\(position)"))) \(action) ;;"
            }
        }
    }
}
