import Storage

/// Writes a journal as hard as it can, tells on its output what was acknowledged, and checks
/// afterwards that it is all there.
///
/// Made to be killed, or to have the power cut: what the output says is in the hands of another
/// process or file system by the time that the next append begins.
@main
enum StorageLoad {
    private static let usage = """
        usage: storage-load write DIRECTORY [--appends N] [--milliseconds N] [--batch N] [--line BYTES]
                   [--segment BYTES] [--fill BYTES] [--votes-every N] [--cuts-every N]
                   [--snapshots-every N] [--seed N] [--unsynced true]
               storage-load time DIRECTORY [the same]
               storage-load checksums
               storage-load verify DIRECTORY ACKNOWLEDGED
        """

    static func main() {
        let arguments = Array(CommandLine.arguments.dropFirst())
        if arguments == ["checksums"] { return LoadChecksums.run() }
        guard arguments.count >= 2, let options = LoadOptions(arguments.dropFirst(2)) else {
            Output.fail(usage, code: 2)
        }
        do {
            switch arguments[0] {
            case "write" where options.words.isEmpty:
                try LoadWriter(directory: arguments[1], options: options).run()
            case "time" where options.words.isEmpty:
                try LoadBenchmark(directory: arguments[1], options: options).run()
            case "verify" where options.words.count == 1:
                try LoadVerifier(directory: arguments[1], acknowledged: options.words[0]).run()
            default: Output.fail(usage, code: 2)
            }
        } catch let broken as BrokenPromise {
            Output.fail("BROKEN PROMISE: \(broken.description)", code: 1)
        } catch let error where error is JournalError || error is SnapshotError {
            // To a writer whose disk is taken away this happens; after it nothing may be damaged.
            Output.fail("\(error)", code: arguments[0] == "verify" ? 1 : 3)
        } catch {
            Output.fail("\(error)", code: 4)
        }
    }
}
