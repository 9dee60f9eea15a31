import Storage

/// Appends batch after batch and prints what it is about to do and what was acknowledged.
///
/// The output, beside `lines SEED BYTES` and what was `found LAST-INDEX LAST-TERM VOTE` at the start:
///
/// ```
/// try vote 4 n2/0a cut 100 add 101 116 4;
/// ok 116 4;
/// ```
struct LoadWriter {
    let directory: String
    let options: LoadOptions

    func run() throws {
        if options.isUnsynced {
            #if PLANTED_BUGS
            unsafe PlantedBug.active = .persistWithoutSync
            #else
            Output.fail("--unsynced takes a build with -Xswiftc -DPLANTED_BUGS", code: 2)
            #endif
        }
        Output.endLine()
        Output.print("lines \(options.seed) \(options.lineBytes)")
        let (journal, recovered) = try LoadJournal.open(directory, options)
        let last = recovered.terms.last
        var script = LoadScript(options: options, last: last, vote: recovered.vote)
        let lines = LoadLine(seed: options.seed, lineBytes: options.lineBytes)
        let clock = ContinuousClock()
        let start = clock.now
        var done = 0
        while done < options.appends, options.time.map({ clock.now - start < $0 }) ?? true {
            let batch = script.next()
            let records = batch.records(lines)
            Output.print("try \(batch.text)")
            try journal.append(records)
            Output.print("ok \(journal.last.index) \(journal.last.term)")
            done += 1
            if options.snapshotsEvery > 0, done % options.snapshotsEvery == 0 {
                try compact(journal)
            }
        }
        journal.close()
    }

    /// Takes a snapshot of nothing, and drops what it stands for.
    private func compact(_ journal: Journal) throws {
        guard journal.last.index > .zero else { return }
        let store = SnapshotStore(directory: directory, fileSystem: DiskFileSystem())
        let head = SnapshotHead(
            cluster: "c1",
            position: journal.last,
            membershipIndex: .zero,
            membership: Array("{}".utf8),
            schema: 1
        )
        try store.write(head) { (writer) throws(SnapshotError) in
            for number in 0..<200 { try writer.line { $0.member("line", number) } }
        }
        try journal.compact(through: journal.last.index)
    }
}

/// What is appended, one after the other; follows from the seed and from what the journal holds.
private struct LoadScript {
    let options: LoadOptions
    var last: LogPosition
    var vote: Vote
    var number = 0
    var generator: SeededGenerator

    init(options: LoadOptions, last: LogPosition, vote: Vote) {
        self.options = options
        self.last = last
        self.vote = vote
        generator = SeededGenerator(seed: options.seed &+ last.index.value)
    }

    mutating func next() -> LoadBatch {
        var batch = LoadBatch()
        number += 1
        if isDue(options.votesEvery) {
            // A term is entered first and voted in later, as by a node that hears of it.
            let isVoting = vote.term > .zero && vote.candidate == nil
            let candidate = NodeIdentity(id: "n\(generator.next() % 3 + 1)", incarnation: "0a")
            vote = Vote(
                term: isVoting ? vote.term : vote.term.next,
                candidate: isVoting ? candidate : nil
            )
            batch.vote = vote
            return batch
        }
        if isDue(options.cutsEvery), last.index > .zero {
            let most = min(last.index.value, UInt64(max(1, 3 * options.batch)))
            let cut = LogIndex(last.index.value - generator.next() % (most + 1))
            vote = Vote(term: max(vote.term, last.term).next)
            batch.vote = vote
            batch.cut = cut
            last.index = cut
        }
        let term = max(vote.term, last.term, Term(1))
        let first = last.index.value + 1
        batch.entries = first..<first + UInt64(options.batch)
        batch.term = term
        last = LogPosition(index: LogIndex(first + UInt64(options.batch) - 1), term: term)
        if options.batch == 0 { last.index = LogIndex(first - 1) }
        return batch
    }

    private func isDue(_ every: Int) -> Bool { every > 0 && number % every == 0 }
}

/// The journal of a load, on the disk.
enum LoadJournal {
    /// Opens it and prints what it holds, which is as good as acknowledged from then on.
    static func open(
        _ directory: String,
        _ options: LoadOptions?
    ) throws(JournalError) -> (journal: Journal, recovered: RecoveredJournal) {
        var configuration = JournalConfiguration()
        if let options {
            configuration.segmentBytes = options.segmentBytes
            configuration.fillBytes = options.fillBytes
        }
        let (journal, recovered) = try Journal.open(
            directory: directory,
            id: "n1",
            fileSystem: DiskFileSystem(),
            configuration: configuration,
            makeIncarnation: { "8f3a91c04be7d215" }
        )
        let last = recovered.terms.last
        Output.print("found \(last.index) \(last.term) \(recovered.vote.text)")
        return (journal, recovered)
    }
}
