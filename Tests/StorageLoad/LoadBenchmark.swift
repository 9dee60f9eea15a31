import Storage

/// Appends batches of entries and prints how many and how long the appends took, in seconds.
///
/// Lines are made some appends ahead and outside of the clock: what is timed is the journal alone.
struct LoadBenchmark {
    let directory: String
    let options: LoadOptions

    private static let appendsAhead = 64

    func run() throws {
        let (journal, _) = try LoadJournal.open(directory, options)
        let lines = LoadLine(seed: options.seed, lineBytes: options.lineBytes)
        let clock = ContinuousClock()
        let limit = options.time ?? .seconds(1)
        var spent = Duration.zero
        var done = 0
        var batch = LoadBatch()
        batch.term = Term(1)
        batch.entries = 1..<1
        while spent < limit, done < options.appends {
            var ahead: [[JournalRecord]] = []
            for _ in 0..<Self.appendsAhead {
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
