import ChatOptions
import Storage

/// `chat-node log verify`: what is good, what is not, and what a start would make of it.
struct LogVerify {
    let files: DirectoryFiles

    func run() throws(LogFailure) -> ExitCode {
        let journal = files.journal
        let damages: [JournalDamage]
        do throws(JournalError) {
            damages = try journal.allDamages()
        } catch { throw .journal(error) }
        try say("node \(journal.identity)")
        try say(
            "journal: \(journal.files.count) files, "
                + "\(journal.files.reduce(0) { $0 + $1.bytes }) bytes that count; \(entries), "
                + "term \(max(journal.vote.term, journal.terms.last.term))"
        )
        try say("snapshot: " + (journal.snapshots.head.map { "at \($0.position)" } ?? "none"))
        for note in journal.notes { try say("at the next start: \(note)") }
        for path in journal.superseded {
            try say("superseded: \(path): others hold what it holds, and the next start removes it")
        }
        for damage in damages + journal.snapshots.damages {
            let isCovered = journal.covered.contains(damage)
            try say("damaged: \(damage)" + (isCovered ? "; it costs nothing" : ""))
        }
        if let lost = journal.lost {
            try say(
                "the node is repairing: what lies between \(journal.terms.last) and \(lost) must "
                    + "come from the others"
            )
        }
        for hole in journal.holes {
            let entries =
                hole.lowerBound == hole.upperBound
                ? "entry \(hole.lowerBound)" : "entries \(hole.lowerBound) to \(hole.upperBound)"
            try say("hole: \(entries): good in no file here")
        }
        let isGood = damages.isEmpty && journal.snapshots.damages.isEmpty
        let verdict =
            journal.superseded.isEmpty ? "every line is good" : "every line that counts is good"
        try say(isGood ? verdict : "damaged")
        return isGood ? .done : .problemFound
    }

    private var entries: String {
        let terms = files.journal.terms
        guard terms.lastIndex > terms.before.index else {
            return "no entries behind \(terms.before.index)"
        }
        return "entries \(terms.before.index.next) to \(terms.lastIndex)"
    }

    private func say(_ text: String) throws(LogFailure) {
        do throws(StreamError) { try Output.standard.writeLine(text) } catch {
            throw .output(error)
        }
    }
}
