/// One option: how it is written, what it takes, and what the help says.
package struct OptionSpec: Sendable, Equatable {
    /// Whether an option takes a value.
    package enum Kind: Sendable, Equatable {
        /// Takes none; with `isInvertible`, `--no-NAME` says the opposite.
        case flag(isInvertible: Bool)
        /// Takes a value of a type.
        case value(ValueType)
    }

    /// The long name without dashes; also the key of the getters of ``ParsedCommand``.
    package let name: String
    /// The letter after a single dash.
    package let short: Character?
    /// What it takes.
    package let kind: Kind
    /// One sentence or more for the help.
    package let help: String
    /// What stands for the value in the help: `--data-dir <dir>`.
    package var placeholder: String
    /// The value in the absence of all others, as a user would write it.
    package var defaultValue: String?
    /// The variable that gives the value in the absence of the option.
    package var environment: String?
    /// Whether the command cannot do without.
    package var isRequired = false
    /// Whether all occurrences count, and not the last alone.
    package var isRepeatable = false
    /// Names of options that cannot be given together with this one.
    package var excludes: [String] = []
    /// The title of the group in the help, such as `Logging`.
    package var section: String?
    /// What shells offer for the value.
    package var completion = Completion.values
    /// Whether it is for tests alone: neither help nor completions nor suggestions name it.
    package var isHidden = false

    /// The same option, for tests alone.
    package var hidden: OptionSpec {
        var option = self
        option.isHidden = true
        return option
    }

    /// Declares an option that takes no value.
    package static func flag(
        _ name: String,
        short: Character? = nil,
        isInvertible: Bool = false,
        environment: String? = nil,
        excludes: [String] = [],
        section: String? = nil,
        help: String
    ) -> OptionSpec {
        OptionSpec(
            name: name,
            short: short,
            kind: .flag(isInvertible: isInvertible),
            help: help,
            placeholder: name,
            environment: environment,
            excludes: excludes,
            section: section
        )
    }

    /// Declares an option that takes a value.
    package static func value(
        _ name: String,
        short: Character? = nil,
        _ type: ValueType = .text,
        placeholder: String? = nil,
        default defaultValue: String? = nil,
        environment: String? = nil,
        isRequired: Bool = false,
        isRepeatable: Bool = false,
        excludes: [String] = [],
        section: String? = nil,
        completion: Completion = .values,
        help: String
    ) -> OptionSpec {
        OptionSpec(
            name: name,
            short: short,
            kind: .value(type),
            help: help,
            placeholder: placeholder ?? name,
            defaultValue: defaultValue,
            environment: environment,
            isRequired: isRequired,
            isRepeatable: isRepeatable,
            excludes: excludes,
            section: section,
            completion: completion
        )
    }
}

extension OptionSpec {
    static let help = flag("help", short: "h", help: "Show help information.")
    static let version = flag("version", help: "Show the version.")

    var takesValue: Bool { if case .value = kind { true } else { false } }

    /// All ways to write it, the short one first.
    var spellings: [String] {
        var spellings = short.map { ["-\($0)"] } ?? []
        spellings.append("--\(name)")
        if let negation { spellings.append(negation) }
        return spellings
    }

    /// The spelling that says the opposite.
    var negation: String? { kind == .flag(isInvertible: true) ? "--no-\(name)" : nil }

    /// How messages name it: `--limit <limit>`.
    var signature: String { takesValue ? "--\(name) <\(placeholder)>" : "--\(name)" }
}
