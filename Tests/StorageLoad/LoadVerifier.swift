import Storage

/// Opens a journal and compares it with what was acknowledged.
struct LoadVerifier {
    let directory: String
    /// The file that holds the output of all that used the directory, this one's too.
    let acknowledged: String

    func run() throws {
        var history = try readHistory()
        let clock = ContinuousClock()
        let start = clock.now
        let (journal, recovered) = try LoadJournal.open(directory, nil)
        let opening = clock.now - start
        if let damage = recovered.damages.first {
            throw BrokenPromise("a kill or a cut damages nothing: \(damage)")
        }
        if let lost = recovered.lost { throw BrokenPromise("what led to \(lost) is lost") }
        let last = recovered.terms.last
        try history.read("found \(last.index) \(last.term) \(recovered.vote.text)")
        try checkEntries(journal, history, after: recovered.terms.before.index)
        try checkVote(journal, recovered.vote)
        journal.close()
        for note in recovered.notes { Output.note(note) }
        Output.note(
            "good: \(last.index) entries, \(history.acknowledged) acknowledged appends, "
                + "opened in \(opening)"
        )
    }

    private func readHistory() throws -> LoadHistory {
        var history = LoadHistory()
        let file = try DiskFileSystem().open(acknowledged)
        let bytes = try file.read(at: 0, count: try file.size())
        for line in bytes.split(separator: UInt8(ascii: "\n")) where line.last == UInt8(ascii: ";")
        {
            try history.read(String(decoding: line.dropLast(), as: UTF8.self)[...])
        }
        return history
    }

    /// Every entry is there once, in its place, and is byte for byte what was appended.
    private func checkEntries(
        _ journal: Journal,
        _ history: LoadHistory,
        after first: LogIndex
    ) throws {
        guard let lines = history.lines else { return }
        var next = first.next
        while next <= history.last.index {
            let found = try journal.entries(
                after: next.previous,
                through: LogIndex(.max),
                maximumBytes: 1 << 20
            )
            guard !found.isEmpty else { throw BrokenPromise("entry \(next) can't be read") }
            for (position, line) in found {
                let term = history.terms[Int(next.value) - 1]
                guard position == LogPosition(index: next, term: term) else {
                    throw BrokenPromise("entry \(position) where \(next)@\(term) must be")
                }
                guard line == lines.bytes(position) else {
                    let text = String(decoding: line, as: UTF8.self)
                    throw BrokenPromise("entry \(position) is not what was appended: \(text)")
                }
                next = next.next
            }
        }
    }

    /// Whoever voted does not vote again in that term, for anybody else.
    private func checkVote(_ journal: Journal, _ vote: Vote) throws {
        guard vote.candidate != nil else { return }
        let other = NodeIdentity(id: "other", incarnation: "0a")
        do throws(JournalError) {
            try journal.append([.vote(Vote(term: vote.term, candidate: other))])
        } catch {
            guard case .refused = error else { throw error }
            return
        }
        throw BrokenPromise("a second vote in term \(vote.term)")
    }
}
