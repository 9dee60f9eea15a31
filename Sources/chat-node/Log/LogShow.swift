import ChatOptions
import Storage

/// `chat-node log show`: entries as they stand in the journal, a line each.
struct LogShow {
    let files: DirectoryFiles
    let from: LogIndex
    let to: LogIndex
    let follows: Bool
    /// Closed when the user has seen enough.
    let end: Mailbox<Never>

    func run() throws(LogFailure) -> ExitCode {
        let first = files.journal.terms.before.index.next
        if from < first, first > LogIndex(1) {
            ChatNode.complain("entries before \(first) are in the snapshot alone")
        }
        for damage in files.journal.damages {
            ChatNode.complain("damaged: \(damage); what lies behind is not shown")
        }
        for hole in files.journal.holes {
            ChatNode.complain(
                "entries \(hole.lowerBound) to \(hole.upperBound) are good in no file here"
            )
        }
        try files.forEachEntry(from: from, to: to) { (_, line) throws(LogFailure) in
            try write(line)
            return end.takeAll(waiting: .zero) != nil
        }
        if follows { try follow() }
        return files.journal.damages.isEmpty ? .done : .problemFound
    }

    private func follow() throws(LogFailure) {
        var tail = files.journal.tail
        var last = files.journal.terms.lastIndex
        while last < to {
            let entries: [(position: LogPosition, line: [UInt8])]
            do throws(JournalError) { entries = try tail.next() } catch { throw .journal(error) }
            for entry in entries where entry.position.index >= from && entry.position.index <= to {
                try write(entry.line)
            }
            last = entries.last?.position.index ?? last
            let pause = entries.isEmpty ? Duration.milliseconds(100) : .zero
            if end.takeAll(waiting: pause) == nil { return }
        }
    }

    private func write(_ line: [UInt8]) throws(LogFailure) {
        do throws(StreamError) {
            try Output.standard.write(String(decoding: line, as: UTF8.self))
        } catch { throw .output(error) }
    }
}
