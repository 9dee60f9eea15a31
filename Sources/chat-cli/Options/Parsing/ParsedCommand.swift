/// A command with all its values, each of which fits its declaration.
///
/// The getters take the long names of options (without dashes) and the names of arguments. To ask
/// for a name that the table does not declare for this command is a programmer's error and traps.
package struct ParsedCommand: Sendable, Equatable {
    /// Where a value comes from; the earlier case counts more.
    package enum Origin: Sendable, Equatable {
        /// The command line.
        case commandLine
        /// The variable of this name.
        case environment(String)
        /// The file of this name.
        case settings(String)
        /// The table.
        case defaultValue
    }

    struct Value: Sendable, Equatable {
        var texts: [String]
        var origin: Origin
    }

    let route: CommandRoute
    var values: [String: Value] = [:]

    init(_ route: CommandRoute) {
        self.route = route
    }

    /// The names of the command below the program: `["room", "create"]`.
    package var path: [String] { route.path }

    /// Whether the command has an option or argument of this name, so that the getters take it.
    package func declares(_ name: String) -> Bool {
        option(name) != nil || argument(name) != nil
    }

    /// Where the value of an option or argument comes from; `nil` if it has none.
    package func origin(of name: String) -> Origin? {
        value(name)?.origin
    }

    /// Whether a flag is on; `false` in the absence of all else.
    package func flag(_ name: String) -> Bool {
        flagIfGiven(name) ?? false
    }

    /// Whether a flag was switched on or off; `nil` if nobody said.
    package func flagIfGiven(_ name: String) -> Bool? {
        value(name)?.texts.last.map { $0 == "true" }
    }

    /// How often a flag was given on the command line, for `-vv`.
    package func count(_ name: String) -> Int {
        value(name)?.texts.count { $0 == "true" } ?? 0
    }

    /// The value as written.
    package func string(_ name: String) -> String? {
        value(name)?.texts.last
    }

    /// The value of an ``ValueType/integer(_:)``, within its range.
    package func integer(_ name: String) -> Int? {
        string(name).flatMap { Int($0) }
    }

    /// The value of a ``ValueType/duration(_:)``, within its range.
    package func duration(_ name: String) -> Duration? {
        string(name).flatMap(DurationText.parse)
    }

    /// All values of a repeatable option or of an argument that takes many, or the elements of a
    /// ``ValueType/list``.
    package func list(_ name: String) -> [String] {
        guard let texts = value(name)?.texts else { return [] }
        guard type(of: name) == .list else { return texts }
        return texts.flatMap { ValueType.elements(of: $0) ?? [] }
    }

    /// The value as written, where the command cannot do without.
    ///
    /// - Throws: ``UsageError`` that names what is missing.
    package func string(required name: String) throws(UsageError) -> String {
        try required(name, string(name))
    }

    /// The number, where the command cannot do without.
    ///
    /// - Throws: ``UsageError`` that names what is missing.
    package func integer(required name: String) throws(UsageError) -> Int {
        try required(name, integer(name))
    }

    /// The span of time, where the command cannot do without.
    ///
    /// - Throws: ``UsageError`` that names what is missing.
    package func duration(required name: String) throws(UsageError) -> Duration {
        try required(name, duration(name))
    }

    /// An error with the usage of this command, for rules that the table cannot express.
    package func usageError(_ message: String, exitCode: ExitCode = .usage) -> UsageError {
        UsageError(message, route, exitCode: exitCode)
    }
}

extension ParsedCommand {
    func option(_ name: String) -> OptionSpec? {
        route.options.first { $0.name == name }
    }

    func argument(_ name: String) -> ArgumentSpec? {
        route.command.arguments.first { $0.name == name }
    }

    private func value(_ name: String) -> Value? {
        precondition(declares(name), "\(route.name) declares no '\(name)'")
        return values[name]
    }

    private func type(of name: String) -> ValueType? {
        if case .value(let type)? = option(name)?.kind { return type }
        return argument(name)?.type
    }

    private func required<T>(_ name: String, _ value: T?) throws(UsageError) -> T {
        if let value { return value }
        let signature = option(name)?.signature ?? "<\(name)>"
        throw usageError("Missing expected argument '\(signature)'")
    }
}
