import Storage

/// What a journal must hold, kept the plain way.
struct JournalModel: Equatable {
    var cluster: String?
    var incarnation: String?
    var vote = Vote.none
    var lines: [String] = []

    mutating func apply(_ record: JournalRecord) {
        switch record {
        case .entry(_, let line): lines.append(String(decoding: line, as: UTF8.self))
        case .vote(let vote): self.vote = vote
        case .commit, .lost: break
        case .truncate(let index): lines.removeLast(lines.count - Int(index.value))
        }
    }

    func applying(_ records: some Sequence<JournalRecord>) -> JournalModel {
        var model = self
        for record in records { model.apply(record) }
        return model
    }
}

/// What is done to a journal in a test.
enum JournalStep {
    case append([JournalRecord])
    case adopt(String)

    /// Votes, entries, truncations, rolls and an adopted cluster.
    static let script = script(long: 300, longest: 1_500)

    /// The same with texts of these lengths.
    static func script(long: Int, longest: Int) -> [JournalStep] {
        let long = String(repeating: "x", count: long)
        return [
            .append([vote(1, for: "n1")]),
            .adopt("c1"),
            .append([entry(1, 1, members: true), entry(2, 1, long)]),
            .append([]),
            .append([entry(3, 1, long), entry(4, 1, long), entry(5, 1, long)]),
            .append([vote(2), .truncate(after: LogIndex(3)), entry(4, 2, "new")]),
            .append([entry(5, 2, long), entry(6, 2, long)]),
            .append([vote(3, for: "n3"), entry(7, 3, String(repeating: "y", count: longest))]),
            .append([entry(8, 3, "last")]),
        ]
    }
}

/// Runs steps and remembers what was acknowledged.
struct JournalRun {
    var fixture: JournalFixture
    /// All that was acknowledged.
    var acknowledged = JournalModel()
    /// What the journal may hold as well: each prefix of what was under way.
    var allowed: [JournalModel] = [JournalModel()]

    /// Opens and runs until the end or the crash.
    mutating func run(_ steps: [JournalStep]) throws {
        do {
            let (journal, recovered) = try fixture.open()
            acknowledged.incarnation = recovered.identity.node.incarnation
            allowed = [acknowledged]
            for step in steps { try perform(step, on: journal) }
        } catch let error as JournalError {
            guard fixture.disk.isCrashed else { throw error }
        }
    }

    private mutating func perform(_ step: JournalStep, on journal: Journal) throws {
        switch step {
        case .append(let records):
            allowed = (0...records.count).map { acknowledged.applying(records.prefix($0)) }
            try journal.append(records)
            acknowledged = acknowledged.applying(records)
        case .adopt(let cluster):
            var next = acknowledged
            next.cluster = cluster
            allowed = [acknowledged, next]
            try journal.adopt(cluster: cluster)
            acknowledged = next
        }
        allowed = [acknowledged]
    }

    /// Opens again and gives what is there.
    func recover() throws -> (journal: Journal, found: JournalModel, recovered: RecoveredJournal) {
        let (journal, recovered) = try fixture.open()
        let found = JournalModel(
            cluster: recovered.identity.cluster,
            incarnation: recovered.identity.node.incarnation,
            vote: recovered.vote,
            lines: try journal.allLines()
        )
        return (journal, found, recovered)
    }
}
