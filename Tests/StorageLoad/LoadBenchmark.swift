import Storage

/// Prints how long a journal took to open, and then appends batches of entries and prints how many and
/// how long they took, in seconds.
///
/// Lines are made outside of the clock, some appends ahead but no more than caches hold: as those that
/// just came from the network.
struct LoadBenchmark {
    let directory: String
    let options: LoadOptions

    private static let linesAhead = 1_024

    func run() throws {
        let lines = LoadLine(seed: options.seed, lineBytes: options.lineBytes)
        let clock = ContinuousClock()
        let opened = clock.now
        let (journal, recovered) = try LoadJournal.open(directory, options)
        Output.print("opened \(journal.last.index) seconds \((clock.now - opened).seconds)")
        let limit = options.time ?? .seconds(1)
        var spent = Duration.zero
        var done = 0
        var batch = LoadBatch()
        batch.term = max(Term(1), recovered.terms.last.term)
        let next = journal.last.index.value + 1
        batch.entries = next..<next
        while spent < limit, done < options.appends {
            var ahead: [[JournalRecord]] = []
            for _ in 0..<max(1, min(64, Self.linesAhead / max(1, options.batch))) {
                let first = batch.entries.upperBound
                batch.entries = first..<first + UInt64(options.batch)
                ahead.append(batch.records(lines))
            }
            let start = clock.now
            for records in ahead { try journal.append(records) }
            spent += clock.now - start
            done += ahead.count
        }
        journal.close()
        Output.print("appends \(done) seconds \(spent.seconds)")
    }
}
