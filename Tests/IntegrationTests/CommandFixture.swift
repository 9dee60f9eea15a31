import ChatCore
import ChatOptions
import ChatService
import Glibc
import Replication
import Storage
import chat_cli

/// A directory of a test's own, gone with it.
final class CommandDirectory: Sendable {
    let path: String

    init() throws {
        var template = Array("/tmp/chat-cli-test.XXXXXX".utf8CString)
        guard unsafe mkdtemp(&template) != nil else { throw OptionsShell.Failure(code: errno) }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit { _ = try? OptionsShell.run("/bin/sh", [], script: "rm -rf '\(path)'") }

    /// The permissions of something in it, in octal.
    func mode(of name: String) -> String {
        var status = stat()
        _ = unsafe stat("\(path)/\(name)", &status)
        return String(status.st_mode & 0o777, radix: 8)
    }

    func setMode(_ mode: mode_t, of name: String) {
        _ = unsafe chmod("\(path)/\(name)", mode)
    }
}

/// What a run of the program gave.
struct CommandResult: Equatable {
    var code: ExitCode
    var output: String
    var errors: String
}

/// People who run `chat-cli` in this process, with sessions of their own.
struct CommandUser {
    let directory: CommandDirectory
    var servers = "127.0.0.1:1"

    /// Runs the program with arguments and all of standard input.
    func run(
        _ arguments: String...,
        as profile: String = "default",
        input: String = ""
    ) async throws -> CommandResult {
        try await run(words: arguments, as: profile, input: input)
    }

    /// Runs the program with a list of arguments.
    func run(
        words arguments: [String],
        as profile: String = "default",
        input: String = ""
    ) async throws -> CommandResult {
        let (stdin, stdout, stderr) = (try Pipe(), try Pipe(), try Pipe())
        _ = unsafe write(stdin.writing, input, input.utf8.count)
        stdin.closeWriting()
        // A long output must not wait for a reader that waits for its end.
        let output = Lock("")
        let reader = spawnThread { [reading = stdout.reading] in
            let text = try? Input(descriptor: reading).all(limitBytes: 1 << 22)
            output.withLock { $0 = text ?? "" }
        }
        let code = await ChatProgram(
            console: console(arguments, profile, stdin, stdout, stderr)
        ).run()
        stdout.closeWriting()
        stderr.closeWriting()
        reader.join()
        return CommandResult(
            code: code,
            output: output.withLock { $0 },
            errors: stderr.readAll()
        )
    }

    /// Runs the program until it has printed `count` lines, then interrupts it.
    func follow(_ arguments: String..., as profile: String, lines count: Int) async throws
        -> [String]
    {
        let (stdin, stdout, stderr) = (try Pipe(), try Pipe(), try Pipe())
        let console = console(arguments, profile, stdin, stdout, stderr)
        let task = Task { await ChatProgram(console: console).run() }
        let lines = Lock([String]())
        let reading = stdout.reading
        let reader = spawnThread {
            let input = Input(descriptor: reading)
            for _ in 0..<count {
                guard let line = try? input.firstLine(limitBytes: 1 << 16) else { break }
                lines.withLock { $0.append(line) }
            }
            task.cancel()
        }
        // A test whose time is up must not wait for lines that never come.
        _ = await withTaskCancellationHandler {
            await task.value
        } onCancel: {
            task.cancel()
        }
        stdout.closeWriting()
        reader.join()
        return lines.withLock { $0 }
    }

    private func console(
        _ arguments: [String],
        _ profile: String,
        _ stdin: Pipe,
        _ stdout: Pipe,
        _ stderr: Pipe
    ) -> Console {
        Console(
            arguments: arguments,
            environment: [
                "XDG_STATE_HOME": directory.path, "CHAT_SERVERS": servers,
                "CHAT_PROFILE": profile, "CHAT_TIMEOUT": "60s",
            ],
            input: Input(descriptor: stdin.reading),
            output: Output(descriptor: stdout.writing),
            errors: Output(descriptor: stderr.writing)
        )
    }
}

/// Runs a cluster of one in this process, with real sockets, while `body` runs.
func withNode(
    in directory: CommandDirectory,
    peer: String = "127.0.0.1:0",
    losingAnswersEvery every: Int? = nil,
    _ body: (_ server: String) async throws -> Void
) async throws {
    var configuration = ReplicaConfiguration(
        id: "n1",
        dataDirectory: "\(directory.path)/n1",
        clientAddress: "127.0.0.1:0",
        peerAddress: peer
    )
    configuration.bootstrapExpect = 1
    configuration.formationPatience = .zero
    configuration.dropAnswersEvery = every
    let replica = try Replica<ChatState>(configuration)
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await replica.run() }
        defer { replica.beginGracefulShutdown() }
        try await body(replica.clientAddress)
    }
}
