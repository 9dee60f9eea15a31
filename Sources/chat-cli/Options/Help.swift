/// The help of a command, in the layout of swift-argument-parser.
package struct Help: Sendable {
    private let route: CommandRoute
    private let width: Int

    /// Prepares the help of the command at `path`, or of the last that exists on the way.
    ///
    /// It is wrapped to `width` columns, but never to less than 40.
    package init(_ root: CommandSpec, path: [String] = [], width: Int = 80) {
        var route = CommandRoute(root)
        for name in path {
            guard let next = route.command.subcommand(name) else { break }
            route = route.descending(to: next)
        }
        self.route = route
        self.width = max(40, width)
    }

    /// The whole text, without a newline at the end.
    package var text: String {
        var blocks = [wrap("OVERVIEW: \(route.command.abstract)")]
        blocks += paragraphs
        blocks.append(wrap("USAGE: \(Self.synopsis(of: route))", hanging: 7))
        blocks += argumentBlock + optionBlocks + subcommandBlocks + exampleBlock
        if !route.command.subcommands.isEmpty {
            let words = ([route.root.name, "help"] + route.path).joined(separator: " ")
            blocks.append(wrap("See '\(words) <subcommand>' for detailed help.", first: 2))
        }
        return blocks.joined(separator: "\n\n")
    }

    /// The usage line: what is required, and all else as `[<options>]`.
    static func synopsis(of route: CommandRoute) -> String {
        let required = route.command.options.filter(\.isRequired).map(\.signature)
        let words = route.command.arguments.map(\.synopsis)
        if let next = route.defaultRoute {
            let needed = next.command.options.filter(\.isRequired).map(\.signature)
            return joined([route.name, "[<subcommand>]"], required, needed, ["[<options>]"])
        }
        let subcommand = route.command.subcommands.isEmpty ? [] : ["<subcommand>"]
        return joined([route.name], required, ["[<options>]"], subcommand, words)
    }

    private static func joined(_ parts: [String]...) -> String {
        parts.joined().joined(separator: " ")
    }

    private var paragraphs: [String] {
        route.command.discussion.isEmpty ? [] : [wrap(route.command.discussion)]
    }

    private var argumentBlock: [String] {
        block("ARGUMENTS", route.command.arguments.map { ("<\($0.name)>", detail(of: $0)) })
    }

    /// The own options, those of the default subcommand, and those of the groups above.
    private var optionBlocks: [String] {
        let own = (route.command.options + (route.defaultRoute?.command.options ?? []))
            .filter { !$0.isHidden }
        let builtIn = route.below.isEmpty ? route.builtInOptions : [.help]
        var blocks: [String] = []
        for section in sections(own.map(\.section)) {
            var options = own.filter { $0.section == section }
            if section == nil { options += builtIn }
            blocks += block(title("OPTIONS", section), options.map(row))
        }
        return blocks + block("GLOBAL OPTIONS", route.inheritedOptions.map(row))
    }

    private var subcommandBlocks: [String] {
        let all = route.command.subcommands
        return sections(all.map(\.section)).flatMap { section in
            let commands = all.filter { $0.section == section }
            return block(title("SUBCOMMANDS", section), commands.map(row))
        }
    }

    private var exampleBlock: [String] {
        let examples = route.command.examples
        guard !examples.isEmpty else { return [] }
        // A line to copy is never wrapped.
        let lines = examples.map { wrap("\($0.purpose):", first: 2) + "\n    $ \($0.line)" }
        return ["EXAMPLES:\n" + lines.joined(separator: "\n")]
    }

    /// Untitled first, then in the order of their first appearance.
    private func sections(_ titles: [String?]) -> [String?] {
        var sections: [String?] = [nil]
        for title in titles where !sections.contains(title) { sections.append(title) }
        return sections
    }

    private func title(_ noun: String, _ section: String?) -> String {
        section.map { "\($0.uppercased()) \(noun)" } ?? noun
    }

    private func row(_ command: CommandSpec) -> (label: String, text: String) {
        let isDefault = command.name == route.command.defaultSubcommand
        return (isDefault ? "\(command.name) (default)" : command.name, command.abstract)
    }

    private func row(_ option: OptionSpec) -> (label: String, text: String) {
        let long = option.negation.map { "--\(option.name)/\($0)" } ?? option.signature
        return (option.short.map { "-\($0), \(long)" } ?? long, detail(of: option))
    }

    private func detail(of option: OptionSpec) -> String {
        var facts: [String] = []
        if case .value(.choice(let values)) = option.kind {
            facts.append("values: \(values.joined(separator: ", "))")
        }
        if let value = option.defaultValue { facts.append("default: \(value)") }
        if let variable = option.environment { facts.append("environment: \(variable)") }
        return facts.isEmpty ? option.help : "\(option.help) (\(facts.joined(separator: "; ")))"
    }

    private func detail(of argument: ArgumentSpec) -> String {
        guard case .choice(let values) = argument.type else { return argument.help }
        return "\(argument.help) (values: \(values.joined(separator: ", ")))"
    }

    /// A titled list in two columns; nothing if it has no rows.
    private func block(_ title: String, _ rows: [(label: String, text: String)]) -> [String] {
        guard !rows.isEmpty else { return [] }
        let lines = rows.map { row in
            let label = "  \(row.label)"
            guard label.count < Self.column else {
                return label + "\n" + wrap(row.text, first: Self.column, hanging: Self.column)
            }
            let text = wrap(row.text, first: Self.column, hanging: Self.column)
            return label + text.dropFirst(label.count)
        }
        return ["\(title):\n" + lines.joined(separator: "\n")]
    }

    /// Where explanations start.
    private static let column = 26

    private func wrap(_ text: String, first: Int = 0, hanging: Int = 0) -> String {
        TextWrapping.wrap(text, width: width, first: first, hanging: hanging)
    }
}
