extension ParsedCommand {
    mutating func add(_ occurrence: Scanner.Occurrence) throws(UsageError) {
        let spelling = occurrence.spelling
        guard let option = route.options.first(where: { $0.spellings.contains(spelling) }) else {
            throw .unknownOption(spelling, route, candidates: route.options)
        }
        let text = try text(of: occurrence, option)
        var value = values[option.name] ?? Value(texts: [], origin: .commandLine)
        // Lists and flags that are counted add up, too.
        let accumulates = option.isRepeatable || option.kind == .value(.list) || !option.takesValue
        value.texts = accumulates ? value.texts + [text] : [text]
        values[option.name] = value
    }

    private func text(
        of occurrence: Scanner.Occurrence,
        _ option: OptionSpec
    ) throws(UsageError) -> String {
        switch (option.kind, occurrence.value) {
        case (.flag, nil):
            return occurrence.spelling == option.negation ? "false" : "true"
        case (.flag, let value?):
            throw usageError(
                "The option '\(occurrence.spelling)' does not take any value, "
                    + "but '\(value)' was specified."
            )
        case (.value, nil):
            throw usageError("Missing value for '\(option.signature)'")
        case (.value(let type), let value?):
            if let objection = type.objection(to: value) {
                throw usageError(
                    "The value '\(value)' is invalid for '\(option.signature)'\(objection)"
                )
            }
            return value
        }
    }

    func checkExclusions() throws(UsageError) {
        for option in route.options where values[option.name] != nil {
            for other in option.excludes where values[other] != nil {
                throw usageError("'--\(option.name)' and '--\(other)' cannot be used together")
            }
        }
    }

    mutating func assign(_ words: [String]) throws(UsageError) {
        var rest = words[...]
        for argument in route.command.arguments {
            let taken: ArraySlice<String>
            if case .many = argument.arity { taken = rest } else { taken = rest.prefix(1) }
            rest = rest.dropFirst(taken.count)
            try check(taken, argument)
            if !taken.isEmpty {
                values[argument.name] = Value(texts: Array(taken), origin: .commandLine)
            }
        }
        guard !rest.isEmpty else { return }
        let quoted = rest.map { "'\($0)'" }.joined(separator: ", ")
        throw usageError(
            rest.count == 1
                ? "Unexpected argument \(quoted)" : "\(rest.count) unexpected arguments: \(quoted)"
        )
    }

    private func check(
        _ words: ArraySlice<String>,
        _ argument: ArgumentSpec
    ) throws(UsageError) {
        let needed =
            switch argument.arity {
            case .required: 1
            case .optional: 0
            case .many(let count): count
            }
        guard words.count >= needed else {
            throw usageError("Missing expected argument '<\(argument.name)>'")
        }
        for word in words {
            guard let objection = argument.type.objection(to: word) else { continue }
            throw usageError("The value '\(word)' is invalid for '<\(argument.name)>'\(objection)")
        }
    }

    mutating func fill(from environment: [String: String]) throws(UsageError) {
        for option in route.options where values[option.name] == nil && !isExcluded(option) {
            guard let variable = option.environment else { continue }
            guard let text = environment[variable], !text.isEmpty else { continue }
            let checked = try outside(text, option, source: variable)
            values[option.name] = Value(texts: [checked], origin: .environment(variable))
        }
    }

    mutating func fill(from settings: Settings) throws(UsageError) {
        let known = route.command.options + route.inheritedOptions
        for (name, text) in settings.values.sorted(by: { $0.key < $1.key }) {
            guard let option = known.first(where: { $0.name == name }) else {
                let question = Suggestion.question(for: name, among: known.map(\.name))
                throw usageError(
                    "Unknown setting '\(name)' in \(settings.source)\(question)",
                    exitCode: .configuration
                )
            }
            // Checked even when it does not count: a file that is wrong should not wait until later.
            let checked = try outside(text, option, source: "'\(name)' in \(settings.source)")
            guard values[name] == nil, !isExcluded(option) else { continue }
            values[name] = Value(texts: [checked], origin: .settings(settings.source))
        }
    }

    /// Whether an option that counts more rules this one out.
    private func isExcluded(_ option: OptionSpec) -> Bool {
        route.options.contains { other in
            values[other.name] != nil
                && (other.excludes.contains(option.name) || option.excludes.contains(other.name))
        }
    }

    private func outside(
        _ text: String,
        _ option: OptionSpec,
        source: String
    ) throws(UsageError) -> String {
        switch option.kind {
        case .value(let type):
            guard let objection = type.objection(to: text) else { return text }
            throw usageError(
                "The value '\(text)' is invalid for \(source)\(objection)",
                exitCode: .configuration
            )
        case .flag:
            switch text.lowercased() {
            case "1", "true", "yes", "on": return "true"
            case "0", "false", "no", "off": return "false"
            default:
                throw usageError(
                    "The value '\(text)' is invalid for \(source)."
                        + " Please provide one of 'true' or 'false'.",
                    exitCode: .configuration
                )
            }
        }
    }

    mutating func fillDefaults() {
        for option in route.options where values[option.name] == nil {
            guard let text = option.defaultValue else { continue }
            values[option.name] = Value(texts: [text], origin: .defaultValue)
        }
    }

    func checkRequired() throws(UsageError) {
        for option in route.options where option.isRequired && values[option.name] == nil {
            throw usageError("Missing expected argument '\(option.signature)'")
        }
    }
}
