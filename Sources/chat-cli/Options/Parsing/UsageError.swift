/// A command line, or a configuration, that cannot be understood.
package struct UsageError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What is wrong, and what was probably meant.
    package let message: String
    /// The usage line of the command, without the word `Usage`.
    package let usage: String
    /// The command line that prints more help.
    package let seeAlso: String
    /// ``ExitCode/usage``, or ``ExitCode/configuration`` if a variable or a file is wrong.
    package let exitCode: ExitCode

    /// Creates an error of the command at the end of `route`.
    init(_ message: String, _ route: CommandRoute, exitCode: ExitCode = .usage) {
        self.message = message
        self.exitCode = exitCode
        usage = Help.synopsis(of: route)
        seeAlso = "\(route.name) --help"
    }

    /// The lines for standard error, safe for a terminal, without a newline at the end.
    package var description: String {
        let lines = [
            "Error: \(message)", "Usage: \(usage)",
            "  See '\(seeAlso)' for more information.",
        ]
        return lines.map { $0.escapedForTerminal() }.joined(separator: "\n")
    }
}
