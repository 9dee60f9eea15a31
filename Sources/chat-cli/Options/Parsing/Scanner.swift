/// First pass over a command line: finds the command, and separates words from options.
///
/// Options may stand before the command that declares them, so an option is looked up in all
/// commands that can still follow; whether it belongs to the command that did is seen later.
struct Scanner {
    /// An option as written, with its value.
    struct Occurrence {
        let spelling: String
        let value: String?
    }

    private(set) var route: CommandRoute
    private(set) var occurrences: [Occurrence] = []
    /// The words that name no command.
    private(set) var words: [String] = []
    /// Whether help was asked for, which makes all mistakes irrelevant.
    private(set) var wantsHelp: Bool
    private var rest: ArraySlice<String>

    init(_ arguments: [String], root: CommandSpec) {
        let options = arguments.prefix { $0 != "--" }
        wantsHelp = options.contains("--help") || options.contains("-h")
        route = CommandRoute(root)
        rest = arguments[...]
    }

    mutating func run() throws(UsageError) {
        while let argument = rest.popFirst() {
            if argument == "--" {
                words += rest
                return
            }
            if argument.hasPrefix("--") {
                try takeLong(argument)
            } else if isOption(argument) {
                try takeShort(argument)
            } else {
                try takeWord(argument)
            }
        }
    }

    /// Steps down to the subcommands that are meant when none is given.
    mutating func finish() throws(UsageError) {
        while let next = route.defaultRoute { route = next }
        guard route.command.subcommands.isEmpty else {
            throw UsageError("Missing expected subcommand", route)
        }
    }

    private mutating func takeWord(_ word: String) throws(UsageError) {
        if let next = route.command.subcommand(word) {
            route = route.descending(to: next)
        } else if route.command.subcommands.isEmpty {
            words.append(word)
        } else if word == "help" {
            wantsHelp = true
        } else if let next = route.defaultRoute, !next.command.arguments.isEmpty {
            route = next
            words.append(word)
        } else {
            throw unknownSubcommand(word)
        }
    }

    private mutating func takeLong(_ argument: String) throws(UsageError) {
        let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let spelling = String(parts[0])
        let inline = parts.count == 2 ? String(parts[1]) : nil
        guard let option = candidate(spelling) else { return try refuse(spelling) }
        let value = option.takesValue ? inline ?? takeValue() : inline
        occurrences.append(Occurrence(spelling: spelling, value: value))
    }

    /// Takes `-y`, `-yq`, `-o json`, `-o=json`, `-ojson` and `-qo json`.
    private mutating func takeShort(_ argument: String) throws(UsageError) {
        var letters = argument.dropFirst()
        while let letter = letters.popFirst() {
            let spelling = "-\(letter)"
            guard let option = candidate(spelling) else {
                return try refuse(letters.isEmpty ? spelling : argument)
            }
            var value: String?
            if letters.first == "=" {
                value = String(letters.dropFirst())
                letters = ""
            } else if option.takesValue {
                value = letters.isEmpty ? takeValue() : String(letters)
                letters = ""
            }
            occurrences.append(Occurrence(spelling: spelling, value: value))
        }
    }

    /// The next argument unless it looks like an option, because then the value was forgotten.
    private mutating func takeValue() -> String? {
        guard let next = rest.first, !next.hasPrefix("--"), !isOption(next) else { return nil }
        return rest.popFirst()
    }

    /// Whether it is a dash and more; a negative number is no option, and `-` means standard input.
    private func isOption(_ argument: String) -> Bool {
        argument.hasPrefix("-") && argument != "-" && Int(argument) == nil
    }

    private func candidate(_ spelling: String) -> OptionSpec? {
        let all = route.options + route.command.optionsOfSubtree
        return all.first { $0.spellings.contains(spelling) }
    }

    private func refuse(_ spelling: String) throws(UsageError) {
        guard !wantsHelp else { return }
        let all = route.options + route.command.optionsOfSubtree
        throw UsageError.unknownOption(spelling, route, candidates: all)
    }

    private func unknownSubcommand(_ word: String) -> UsageError {
        let names = route.command.subcommands.map(\.name)
        var question = Suggestion.question(for: word, among: names)
        if question.isEmpty {
            let elsewhere = CommandRoute(route.root).subtree.filter { $0.command.name == word }
            if elsewhere.count == 1, let only = elsewhere.first {
                question = ". Did you mean '\(only.path.joined(separator: " "))'?"
            }
        }
        return UsageError("Unknown subcommand '\(word)'\(question)", route)
    }
}

extension UsageError {
    static func unknownOption(
        _ spelling: String,
        _ route: CommandRoute,
        candidates: [OptionSpec]
    ) -> UsageError {
        let spellings = candidates.filter { !$0.isHidden }.flatMap(\.spellings)
            .filter { $0.hasPrefix("--") }
        // `-timeout` is how other programs write it.
        let word = spelling.hasPrefix("--") || spelling.count == 2 ? spelling : "-\(spelling)"
        let question = Suggestion.question(for: word, among: spellings)
        return UsageError("Unknown option '\(spelling)'\(question)", route)
    }
}
