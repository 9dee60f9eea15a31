/// What is known of the place that output goes to.
package struct Terminal: Sendable, Equatable {
    /// Whether a person reads it as it comes; otherwise there are no colours and no progress.
    package let isTerminal: Bool
    /// The columns, at least 40; 80 if nobody knows.
    package let width: Int
    /// Whether colours are welcome in the absence of an option.
    package let allowsColor: Bool

    /// Decides from facts.
    ///
    /// `NO_COLOR` (if not empty) and `TERM=dumb` forbid colours; `COLUMNS` stands in for a terminal
    /// that does not know its width.
    package init(isTerminal: Bool, columns: Int?, environment: [String: String]) {
        self.isTerminal = isTerminal
        let declared = environment["COLUMNS"].flatMap { Int($0) }
        width = max(40, columns ?? declared.flatMap { $0 > 0 ? $0 : nil } ?? 80)
        let isDumb = environment["TERM", default: "dumb"] == "dumb"
        allowsColor = isTerminal && !isDumb && environment["NO_COLOR", default: ""].isEmpty
    }

    /// Looks at standard output.
    package static func standardOutput(environment: [String: String]) -> Terminal {
        detect(descriptor: 1, environment)
    }

    /// Looks at standard error.
    package static func standardError(environment: [String: String]) -> Terminal {
        detect(descriptor: 2, environment)
    }

    private static func detect(descriptor: Int32, _ environment: [String: String]) -> Terminal {
        Terminal(
            isTerminal: SystemCalls.isTerminal(descriptor),
            columns: SystemCalls.columns(of: descriptor),
            environment: environment
        )
    }
}
