/// Turns arguments into a command with values, after a table of commands.
package struct Parser: Sendable {
    private let root: CommandSpec

    /// Creates a parser.
    package init(_ root: CommandSpec) {
        self.root = root
    }

    /// Reads a command line; the last of several occurrences of an option counts.
    ///
    /// Values are taken from the command line, else the environment, else the settings, else the
    /// table. A variable that is empty counts as absent.
    ///
    /// - Parameters:
    ///   - arguments: Without the name of the program.
    ///   - environment: All variables; only those that the table names are read.
    ///   - settings: Called once with what is known so far, to read the file that an option names.
    /// - Returns: What to do.
    /// - Throws: ``UsageError``, to be printed on standard error before ending with its code.
    package func parse(
        _ arguments: [String],
        environment: [String: String] = [:],
        settings: (ParsedCommand) throws(UsageError) -> Settings? = { _ in nil }
    ) throws(UsageError) -> Invocation {
        var scanner = Scanner(arguments, root: root)
        try scanner.run()
        let spellings = scanner.occurrences.map(\.spelling)
        if scanner.wantsHelp || spellings.contains("-h") {
            return .help(path: scanner.route.path)
        }
        if spellings.contains("--version"), let version = root.version {
            return .version("\(root.name) \(version)")
        }
        try scanner.finish()
        var command = ParsedCommand(scanner.route)
        for occurrence in scanner.occurrences { try command.add(occurrence) }
        try command.checkExclusions()
        try command.assign(scanner.words)
        try command.fill(from: environment)
        if let settings = try settings(command) { try command.fill(from: settings) }
        command.fillDefaults()
        try command.checkRequired()
        return .run(command)
    }
}
