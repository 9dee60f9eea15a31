import Options

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// The entry: runs the program on the process's own streams, and ends with its code.
@main
struct ChatCLI {
    static func main() async {
        Output.reportBrokenPipes()
        exit(await Interrupts.run { await ChatProgram(console: .process()).run() }.rawValue)
    }
}
