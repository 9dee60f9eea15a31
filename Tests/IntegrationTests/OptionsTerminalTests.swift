import ChatOptions
import Glibc
import Testing

@Suite(.serialized) struct OptionsTerminalTests {
    @Test(arguments: [
        (true, [:], false), (true, ["TERM": "xterm"], true), (false, ["TERM": "xterm"], false),
        (true, ["TERM": "dumb"], false), (true, ["TERM": "xterm", "NO_COLOR": "1"], false),
        (true, ["TERM": "xterm", "NO_COLOR": ""], true),
    ])
    func `colours need a terminal that wants them`(
        isTerminal: Bool,
        environment: [String: String],
        expected: Bool
    ) {
        let terminal = Terminal(isTerminal: isTerminal, columns: nil, environment: environment)
        #expect(terminal.allowsColor == expected)
    }

    @Test(arguments: [
        (nil, nil, 80), (120, "60", 120), (nil, "60", 60), (10, nil, 40), (nil, "x", 80),
        (nil, "-1", 80),
    ])
    func `the width is what the terminal says`(columns: Int?, variable: String?, expected: Int) {
        let environment = variable.map { ["COLUMNS": $0] } ?? [:]
        let terminal = Terminal(isTerminal: true, columns: columns, environment: environment)
        #expect(terminal.width == expected)
    }

    @Test func `the first line is read and the rest left`() throws {
        let lines = try Pipe.with("secret\r\nnext\n\n") { input in
            try (1...4).map { _ in try input.firstLine() }
        }
        #expect(lines == ["secret", "next", "", nil])
    }

    @Test func `a last line needs no newline`() throws {
        #expect(try Pipe.with("secret") { try $0.firstLine() } == "secret")
    }

    @Test func `input that is too long or no text is refused`() throws {
        #expect(try Pipe.with("abcd\n") { try $0.firstLine(limitBytes: 4) } == "abcd")
        #expect(try Pipe.with("ab\ncd") { try $0.all(limitBytes: 5) } == "ab\ncd")
        #expect(throws: StreamError.tooLong(limitBytes: 3)) {
            try Pipe.with("abcd\n") { try $0.firstLine(limitBytes: 3) }
        }
        #expect(throws: StreamError.tooLong(limitBytes: 3)) {
            try Pipe.with("abcd") { try $0.all(limitBytes: 3) }
        }
        #expect(throws: StreamError.notText) {
            try Pipe.with(bytes: [0xFF, 0x0A]) { try $0.firstLine() }
        }
    }

    /// A pipe has no offsets and takes no writes: `--password-file <(pass chat)`.
    @Test func `a named pipe is read in its order, and as far as the line goes`() throws {
        let directory = try CommandDirectory()
        let path = "\(directory.path)/pipe"
        #expect(unsafe mkfifo(path, 0o600) == 0)
        let writer = Typist {
            let descriptor = unsafe open(path, O_WRONLY | O_CLOEXEC)
            _ = unsafe write(descriptor, "secret\nnext\n", 12)
            close(descriptor)
        }
        #expect(try Input.reading(path) { try $0.firstLine() } == "secret")
        writer.join()
        #expect(try Input.reading("/dev/null") { try $0.firstLine() } == nil)
        let error = #expect(throws: StreamError.self) {
            try Input.reading("\(directory.path)/none") { try $0.firstLine() }
        }
        #expect(error?.exitCode == .inputOutput)
        #expect(error?.message?.hasSuffix("/none' failed: No such file or directory") == true)
    }

    @Test func `output that nobody reads ends quietly and well`() throws {
        Output.reportBrokenPipes()
        let pipe = try Pipe()
        pipe.closeReading()
        let output = Output(descriptor: pipe.writing)
        let error = #expect(throws: StreamError.self) { try output.write("x") }
        pipe.closeWriting()
        #expect(error == .closed)
        #expect(error?.exitCode == .done)
        #expect(error?.message == nil)
    }

    @Test func `output that fails is an error`() throws {
        let full = unsafe open("/dev/full", O_WRONLY | O_CLOEXEC)
        defer { close(full) }
        let error = #expect(throws: StreamError.self) {
            try Output(descriptor: full).writeLine("x")
        }
        #expect(error?.exitCode == .inputOutput)
        #expect(error?.message == "Writing the output failed: No space left on device")
    }

    @Test func `no password is asked for without a terminal`() throws {
        let error = #expect(throws: StreamError.self) {
            try Pipe.with("secret\n") { try PasswordPrompt(input: $0).ask("Password: ") }
        }
        #expect(error == .noTerminal)
        #expect(error?.exitCode == .usage)
    }

    @Test func `a password is not shown, and the echo comes back`() throws {
        let terminal = try PseudoTerminal()
        let typist = terminal.typingOnceEchoIsOff("geheim\n")
        let prompt = PasswordPrompt(
            input: Input(descriptor: terminal.user),
            output: Output(descriptor: terminal.user)
        )
        #expect(try prompt.ask("Password: ") == "geheim")
        typist.join()
        #expect(terminal.echoes)
        #expect(terminal.screen() == "Password: \r\n")
    }

    @Test func `the end of input is no password`() throws {
        let terminal = try PseudoTerminal()
        let typist = terminal.typingOnceEchoIsOff("\u{4}")
        let prompt = PasswordPrompt(
            input: Input(descriptor: terminal.user),
            output: Output(descriptor: terminal.user)
        )
        #expect(try prompt.ask("Password: ") == nil)
        typist.join()
        #expect(terminal.echoes)
    }

    @Test func `a signal restores the echo before the program learns of it`() async {
        await #expect(processExitsWith: .exitCode(42)) {
            let terminal = try PseudoTerminal()
            _ = signal(SIGINT) { _ in }
            let interrupter = terminal.onceEchoIsOff { _ = kill(getpid(), SIGINT) }
            let prompt = PasswordPrompt(
                input: Input(descriptor: terminal.user),
                output: Output(descriptor: terminal.user)
            )
            do {
                _ = try prompt.ask("Password: ")
            } catch StreamError.interrupted {
                interrupter.join()
                exit(terminal.echoes ? 42 : 1)
            }
            exit(2)
        }
    }

    @Test func `a signal that nobody handles still ends the program`() async {
        await #expect(processExitsWith: .signal(SIGTERM)) {
            let terminal = try PseudoTerminal()
            _ = terminal.onceEchoIsOff { _ = kill(getpid(), SIGTERM) }
            let prompt = PasswordPrompt(
                input: Input(descriptor: terminal.user),
                output: Output(descriptor: terminal.user)
            )
            guard (try? prompt.ask("Password: ")) == nil, terminal.echoes else { exit(1) }
            while true { pause() }
        }
    }
}
