/// One command, or a group of commands: the single source of parser, help and completions.
///
/// A group's options hold for all commands below it and may stand anywhere on the line. `-h`,
/// `--help`, `--version` and the command `help` need no declaration.
package struct CommandSpec: Sendable, Equatable {
    /// A line to copy, and what it does.
    package struct Example: Sendable, Equatable {
        /// The whole line as typed in a shell.
        package let line: String
        /// What it does, in a few words.
        package let purpose: String

        /// Creates an example.
        package init(_ line: String, _ purpose: String) {
            self.line = line
            self.purpose = purpose
        }
    }

    /// The word that selects it; of the root, the name of the program.
    package let name: String
    /// One sentence for the help and for the list in the group's help.
    package let abstract: String
    /// Paragraphs for the help, separated by empty lines.
    package var discussion: String
    /// The title of its group in the list of subcommands, such as `Room`.
    package var section: String?
    /// The positional arguments in order.
    package var arguments: [ArgumentSpec]
    /// The options of this command and all below it.
    package var options: [OptionSpec]
    /// The commands below; a command with some is a group and does nothing itself.
    package var subcommands: [CommandSpec]
    /// The name of the subcommand that is meant when none is given.
    package var defaultSubcommand: String?
    /// Examples for the help.
    package var examples: [Example]
    /// Of the root, what `--version` prints after the name.
    package var version: String?

    /// Declares a command.
    package init(
        _ name: String,
        abstract: String,
        discussion: String = "",
        section: String? = nil,
        arguments: [ArgumentSpec] = [],
        options: [OptionSpec] = [],
        subcommands: [CommandSpec] = [],
        defaultSubcommand: String? = nil,
        examples: [Example] = [],
        version: String? = nil
    ) {
        self.name = name
        self.abstract = abstract
        self.discussion = discussion
        self.section = section
        self.arguments = arguments
        self.options = options
        self.subcommands = subcommands
        self.defaultSubcommand = defaultSubcommand
        self.examples = examples
        self.version = version
    }

    func subcommand(_ name: String) -> CommandSpec? {
        subcommands.first { $0.name == name }
    }

    /// The options of this command and of all below.
    var optionsOfSubtree: [OptionSpec] {
        options + subcommands.flatMap(\.optionsOfSubtree)
    }
}
