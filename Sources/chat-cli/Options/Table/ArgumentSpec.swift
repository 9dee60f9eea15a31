/// One positional argument.
package struct ArgumentSpec: Sendable, Equatable {
    /// How many words it takes.
    package enum Arity: Sendable, Equatable {
        /// Exactly one.
        case required
        /// One or none.
        case optional
        /// Any number from `atLeast` on; only the last argument of a command.
        case many(atLeast: Int)
    }

    /// What the help and the getters of ``ParsedCommand`` call it.
    package let name: String
    /// How many words it takes.
    package let arity: Arity
    /// What each word must be.
    package let type: ValueType
    /// One sentence or more for the help.
    package let help: String
    /// What shells offer.
    package let completion: Completion

    /// Declares an argument.
    package init(
        _ name: String,
        _ arity: Arity = .required,
        type: ValueType = .text,
        completion: Completion = .values,
        help: String
    ) {
        self.name = name
        self.arity = arity
        self.type = type
        self.help = help
        self.completion = completion
    }

    /// How the usage line shows it.
    var synopsis: String {
        switch arity {
        case .required: "<\(name)>"
        case .optional: "[<\(name)>]"
        case .many(atLeast: 0): "[<\(name)> ...]"
        case .many: "<\(name)> ..."
        }
    }
}
