import Storage

/// What a journal said to be durable.
struct DurablePicture {
    var log: [EntryMark]
    var vote: Vote

    mutating func apply(_ record: JournalRecord) {
        switch record {
        case .entry(let position, let line): log.append(EntryMark(line, term: position.term))
        case .truncate(let index):
            let keep = Int(index.value)
            if keep < log.count { log.removeSubrange(keep...) }
        case .vote(let vote): self.vote = vote
        case .commit, .lost: break
        }
    }

    fileprivate func holds(_ position: LogPosition) -> Bool {
        let index = Int(position.index.value)
        return index == 0 || index <= log.count && log[index - 1].term == position.term
    }
}

/// A start finds what was durable; only a disk that was damaged may have lost something.
extension Simulation {
    /// Makes records durable, and notes them.
    func append(_ records: [JournalRecord], _ journal: Journal, _ host: Int) throws(JournalError) {
        hosts[host].underWay = records
        do throws(JournalError) { try journal.append(records) } catch {
            // Then nothing of it is there; after any other error any part of it may be.
            if case .full = error { hosts[host].underWay = [] }
            throw error
        }
        for record in records { hosts[host].durable?.apply(record) }
        hosts[host].underWay = []
    }

    /// Compares what a start has found with what was durable.
    func checkDurable(_ host: Int, _ found: RestoredNode, _ snapshot: LogPosition) throws(Violation)
    {
        let own = hosts[host]
        let picture = DurablePicture(log: own.log, vote: found.vote)
        defer {
            own.durable = picture
            own.underWay = []
        }
        guard configuration.checksInvariants, !own.isMarred else { return }
        if let lost = found.lost {
            throw violation(
                .durability,
                "\(own.name) takes its good disk for damaged: \(lost) lost"
            )
        }
        guard var expected = own.durable else { return }
        let before = Int(found.log.before.index.value)
        let isReset = found.log.before == snapshot && found.log.last == snapshot
        func fits() -> Bool {
            guard picture.vote == expected.vote else { return false }
            if isReset, !expected.holds(snapshot) { return true }
            return picture.log.count == expected.log.count
                && picture.log.dropFirst(before) == expected.log.dropFirst(before)
        }
        if fits() { return }
        // Of a batch that was not durable yet any first part may be there.
        for record in own.underWay {
            expected.apply(record)
            if fits() { return }
        }
        throw violation(
            .durability,
            "\(own.name) starts with \(found.log.last) and \(found.vote), and had "
                + "\(own.durable?.log.count ?? 0) entries and \(own.durable?.vote ?? .none)"
        )
    }
}
