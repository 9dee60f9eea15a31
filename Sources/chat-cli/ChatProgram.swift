package import ChatOptions
import ChatService
import Replication
import Storage

/// `chat-cli`: reads the command line, runs the command, reports what went wrong.
package struct ChatProgram: Sendable {
    private let console: Console

    /// Creates a program that runs once.
    package init(console: Console) { self.console = console }

    /// Runs it to its end.
    package func run() async -> ExitCode {
        do {
            let parser = Parser(CommandTable.root)
            switch try parser.parse(console.arguments, environment: console.environment) {
            case .help(let path): try console.output.writeLine(help(path))
            case .version(let text): try console.output.writeLine(text)
            case .run(let parsed):
                guard let command = CommandTable.command(at: parsed.path) else {
                    throw Failure(.internalError, code: "internal_error", "no such command")
                }
                try await run(command, Call(parsed, console))
            }
            return .done
        } catch {
            return report(error)
        }
    }

    private func run(_ command: Command, _ call: Call) async throws {
        do {
            try await command.run(call)
            await call.keepServers()
        } catch let error as StreamError where error.isUnwritten {
            var failure = Failure(error)
            failure.details = ["What was asked for may have been done all the same."]
            throw failure
        } catch ChatClientError.failed(let error) {
            var failure = Failure(error)
            if case .clusterChanged = error {
                let path = call.profiles.path(of: call.profileName)
                failure.details = [
                    "Use another --profile; if the cluster was replaced, remove \(path)"
                ]
            }
            throw failure
        }
    }

    private func help(_ path: [String]) -> String {
        let width = Terminal.standardOutput(environment: console.environment).width
        return Help(CommandTable.root, path: path, width: width).text
    }

    private func report(_ error: any Error) -> ExitCode {
        // Who reads no more of the output has what it wanted.
        if let error = error as? StreamError, error.message == nil { return error.exitCode }
        let failure = Failure(error)
        guard !failure.isReported else { return failure.exitCode }
        var text = failure.text
        if console.arguments.contains("--json") {
            text = failure.json
        } else if let error = error as? UsageError {
            text = error.description
        }
        // Nobody is left to be told that standard error cannot be written.
        do throws(StreamError) { try console.errors.writeLine(text) } catch {}
        return failure.exitCode
    }
}
