import ChatOptions
import Replication

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// The entry: parses, runs, and ends with the fitting code.
@main
struct ChatNode {
    /// Runs the command line; waits in a thread that keeps the signals blocked.
    ///
    /// An asynchronous `main` ends up in a wait of the runtime that lets all signals through, and
    /// SIGTERM would kill the process there.
    static func main() {
        StandardStreams.openMissing()
        Signals.prepare()
        DescriptorLimit.raise()
        FreedMemory.goesBackAtOnce()
        Task.detached { exit(await command().rawValue) }
        while true { pause() }
    }

    private static func command() async -> ExitCode {
        do throws(TextError) {
            let arguments = try ProcessArguments.all()
            let environment = try ProcessEnvironment.variables { $0.hasPrefix("CHAT_NODE_") }
            return await command(arguments, environment)
        } catch {
            complain(error.description)
            return error.exitCode
        }
    }

    private static func command(
        _ arguments: [String],
        _ environment: [String: String]
    ) async -> ExitCode {
        do throws(UsageError) {
            switch try Parser(NodeCommand.table).parse(arguments, environment: environment) {
            case .help(let path):
                let width = Terminal.standardOutput(environment: environment).width
                return say(Help(NodeCommand.table, path: path, width: width).text)
            case .version(let text): return say(text)
            case .run(let parsed):
                switch parsed.path.first {
                case "demo": return try await Demo(parsed).run()
                case "log": return try LogCommand(parsed).run()
                default: return try await RunCommand(parsed).run()
                }
            }
        } catch {
            complain(error.description)
            return error.exitCode
        }
    }

    private static func say(_ text: String) -> ExitCode {
        do throws(StreamError) {
            try Output.standard.writeLine(text)
            return .done
        } catch { return unwritten(error) }
    }

    /// Says that a result could not be written, unless its reader has seen enough, as `head`.
    static func unwritten(_ error: StreamError) -> ExitCode {
        if let message = error.message { complain("Error: \(message)") }
        return error.exitCode
    }

    static func complain(_ text: String) {
        // Nobody is left to be told that standard error cannot be written.
        do throws(StreamError) { try Output.standardError.writeLine(text) } catch {}
    }
}
