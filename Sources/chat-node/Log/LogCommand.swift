import ChatOptions
import Storage

/// `chat-node log`: looks at a data directory, be its node running or not, and changes nothing.
struct LogCommand {
    private let directory: String
    private let action: Action

    private enum Action {
        case show(from: LogIndex, to: LogIndex, follows: Bool)
        case verify
        case stat
    }

    init(_ parsed: ParsedCommand) throws(UsageError) {
        directory = try parsed.string(required: "data-dir")
        switch parsed.path.last {
        case "show":
            action = .show(
                from: LogIndex(UInt64(parsed.integer("from") ?? 1)),
                to: LogIndex(parsed.integer("to").map { UInt64($0) } ?? .max),
                follows: parsed.flag("follow")
            )
        case "stat": action = .stat
        default: action = .verify
        }
    }

    func run() -> ExitCode {
        let end = Mailbox<Never>()
        Signals.onStop { end.close() }
        do throws(LogFailure) {
            let files = try DirectoryFiles(directory)
            switch action {
            case .show(let from, let to, let follows):
                let show = LogShow(files: files, from: from, to: to, follows: follows, end: end)
                return try show.run()
            case .verify: return try LogVerify(files: files).run()
            case .stat: return try LogStat(files: files).run()
            }
        } catch {
            if case .output(let error) = error { return ChatNode.unwritten(error) }
            ChatNode.complain("Error: \(error)")
            return .inputOutput
        }
    }
}

/// Why a data directory can't be looked at.
enum LogFailure: Error, CustomStringConvertible {
    case journal(JournalError)
    case noJournal(String)
    case output(StreamError)

    var description: String {
        switch self {
        case .journal(let error): error.description
        case .noJournal(let directory):
            "\(directory) holds no journal-*.jsonl: name a data directory"
        case .output(let error): "\(error)"
        }
    }
}

/// What a data directory holds at this moment.
struct DirectoryFiles {
    let directory: String
    let journal: JournalView

    init(_ directory: String) throws(LogFailure) {
        self.directory = directory
        let found: JournalView?
        do throws(JournalError) {
            found = try JournalView.read(
                directory: directory,
                fileSystem: DiskFileSystem()
            )
        } catch { throw .journal(error) }
        guard let found else { throw .noJournal(directory) }
        journal = found
    }

    /// Calls `body` with the entries of a range, oldest first, until it answers false.
    func forEachEntry(
        from first: LogIndex,
        to last: LogIndex,
        _ body: (LogPosition, [UInt8]) throws(LogFailure) -> Bool
    ) throws(LogFailure) {
        var after = max(first.previous, journal.terms.before.index)
        let end = min(last, journal.terms.lastIndex)
        while after < end {
            let entries: [(position: LogPosition, line: [UInt8])]
            do throws(JournalError) {
                entries = try journal.entries(after: after, through: end, maximumBytes: 1 << 20)
            } catch { throw .journal(error) }
            guard let newest = entries.last else { return }
            for entry in entries where try !body(entry.position, entry.line) { return }
            after = newest.position.index
        }
    }
}
