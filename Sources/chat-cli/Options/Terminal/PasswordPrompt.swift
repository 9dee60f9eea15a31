/// Asks for a secret on a terminal, without echo.
package struct PasswordPrompt: Sendable {
    private let input: Input
    private let output: Output

    /// Asks on standard error and reads standard input, if no others are named.
    package init(input: Input = .standard, output: Output = .standardError) {
        self.input = input
        self.output = output
    }

    /// Writes `prompt` and reads a line, blocking the thread.
    ///
    /// The terminal is restored whatever happens. A signal that ends the process does so only after
    /// that; if the program handles it instead, ``StreamError/interrupted`` is thrown. One question
    /// at a time.
    ///
    /// - Returns: `nil` if the user ended the input.
    /// - Throws: ``StreamError/noTerminal`` if input is no terminal, and all that reading throws.
    package func ask(_ prompt: String) throws(StreamError) -> String? {
        guard input.isTerminal else { throw .noTerminal }
        let echo: EchoGuard
        do throws(SystemCalls.Failure) {
            echo = try EchoGuard(input.descriptor)
        } catch {
            throw .failed(operation: "Switching off the echo", reason: error.text)
        }
        // The prompt comes after the echo has gone: whoever answers it at once is not seen.
        try output.write(prompt)
        repeat {
            if echo.isInterrupted { throw .interrupted }
        } while !SystemCalls.wait(for: input.descriptor, toWrite: false, milliseconds: 100)
        return try input.firstLine()
    }
}
