import ChatOptions

extension Call {
    /// The password: from the terminal without echo, standard input or a file.
    ///
    /// - Parameters:
    ///   - name: Whose it is, for the prompt.
    ///   - isNew: Whether to ask twice, because nothing else can tell a slip of the finger.
    /// - Returns: The password, not empty unless that is what was given.
    /// - Throws: What ends the command.
    func password(of name: String, isNew: Bool) throws -> String {
        if parsed.flag("password-stdin") { return try firstLineOfInput() }
        if let file = parsed.string("password-file") {
            return file == "-" ? try firstLineOfInput() : try firstLine(ofFile: file)
        }
        guard !parsed.flag("no-input"), console.input.isTerminal else {
            throw parsed.usageError(
                "There is no terminal to ask for the password."
                    + " Use '--password-stdin' or '--password-file'."
            )
        }
        return try ask(name, isNew: isNew)
    }

    private func ask(_ name: String, isNew: Bool) throws -> String {
        let prompt = PasswordPrompt(input: console.input, output: console.errors)
        let about = isNew ? "New password of \(name): " : "Password of \(name): "
        guard let password = try prompt.ask(about.escapedForTerminal()) else {
            throw StreamError.interrupted
        }
        if isNew, try prompt.ask("Once more: ") != password {
            throw Failure(.badData, code: "password_differs", "the passwords differ")
        }
        return password
    }

    private func firstLineOfInput() throws -> String {
        guard let line = try console.input.firstLine() else {
            throw Failure(.badData, code: "password_missing", "standard input has no password")
        }
        return line
    }

    private func firstLine(ofFile path: String) throws -> String {
        guard let line = try Input.reading(path, { try $0.firstLine() }) else {
            throw Failure(.badData, code: "password_missing", "'\(path)' has no password")
        }
        return line
    }
}
