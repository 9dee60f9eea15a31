package import ChatOptions

/// All that the program gets from the world around it, so that tests can be that world.
package struct Console: Sendable {
    /// The arguments, without the name of the program.
    package var arguments: [String]
    /// All variables.
    package var environment: [String: String]
    /// Where texts and passwords come from.
    package var input: Input
    /// Where results go.
    package var output: Output
    /// Where everything else goes.
    package var errors: Output

    /// Creates a console.
    package init(
        arguments: [String],
        environment: [String: String] = [:],
        input: Input = .standard,
        output: Output = .standard,
        errors: Output = .standardError
    ) {
        self.arguments = arguments
        self.environment = environment
        self.input = input
        self.output = output
        self.errors = errors
    }

    /// The console of this process.
    ///
    /// - Throws: `TextError` if an argument, or a variable that counts, is not UTF-8.
    static func process() throws(TextError) -> Console {
        Console(
            arguments: try ProcessArguments.all(),
            environment: try ProcessEnvironment.variables { name in
                name.hasPrefix("CHAT_") || name == "HOME" || name == "XDG_STATE_HOME"
            }
        )
    }
}
