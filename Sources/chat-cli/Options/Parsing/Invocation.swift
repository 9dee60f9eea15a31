/// What a command line asks for.
package enum Invocation: Sendable, Equatable {
    /// Run a command.
    case run(ParsedCommand)
    /// Print the help of the command at this path on standard output.
    case help(path: [String])
    /// Print this line on standard output.
    case version(String)
}

/// Values for options from a file, which count less than the command line and the environment.
package struct Settings: Sendable, Equatable {
    /// What messages call it: the name of the file.
    package let source: String
    /// Long names of options without dashes, with the values as a user would write them.
    package let values: [String: String]

    /// Creates settings.
    package init(source: String, values: [String: String]) {
        self.source = source
        self.values = values
    }
}
