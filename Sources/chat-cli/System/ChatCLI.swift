import ChatOptions

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// The entry: runs the program on the process's own streams, and ends with its code.
@main
struct ChatCLI {
    /// Opens what is missing of the standard streams before anything else gets their numbers.
    ///
    /// An asynchronous `main` comes too late for that: its runtime opens descriptors of its own before.
    static func main() {
        StandardStreams.openMissing()
        Output.reportBrokenPipes()
        Task.detached { exit(await run().rawValue) }
        // As the runtime does for an asynchronous `main`: signals come through here, whatever whoever
        // started this process has blocked.
        var none = sigset_t()
        unsafe sigemptyset(&none)
        while true { unsafe sigsuspend(&none) }
    }

    private static func run() async -> ExitCode {
        let console: Console
        do throws(TextError) { console = try .process() } catch {
            // Nobody is left to be told that standard error cannot be written.
            do throws(StreamError) {
                try Output.standardError.writeLine(error.description)
            } catch {}
            return error.exitCode
        }
        return await Interrupts.run { await ChatProgram(console: console).run() }
    }
}
