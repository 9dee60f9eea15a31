import Storage

/// An append as it is told before it is made: a vote, a truncation, and entries of one term, each if
/// there is any.
///
/// As text: `vote 5 n2/0a`, `cut 41`, `add 42 57 5`, in this order.
struct LoadBatch: Equatable {
    var vote: Vote?
    var cut: LogIndex?
    var entries: Range<UInt64> = 0..<0
    var term = Term.zero

    /// The journal's records.
    func records(_ lines: LoadLine) -> [JournalRecord] {
        var records: [JournalRecord] = []
        if let vote { records.append(.vote(vote)) }
        if let cut { records.append(.truncate(after: cut)) }
        for index in entries {
            let position = LogPosition(index: LogIndex(index), term: term)
            records.append(.entry(position, line: lines.bytes(position)))
        }
        return records
    }

    var text: String {
        var words: [String] = []
        if let vote { words.append("vote \(vote.text)") }
        if let cut { words.append("cut \(cut)") }
        if let last = entries.last { words.append("add \(entries.lowerBound) \(last) \(term)") }
        return words.joined(separator: " ")
    }

    /// Reads ``text``; nil for anything else.
    init?(_ words: ArraySlice<Substring>) {
        self.init()
        var rest = words
        while let word = rest.popFirst() {
            switch word {
            case "vote":
                guard let vote = Vote(words: &rest) else { return nil }
                self.vote = vote
            case "cut":
                guard let index = rest.popFirst().flatMap({ UInt64($0) }) else { return nil }
                cut = LogIndex(index)
            case "add":
                let numbers = rest.prefix(3).compactMap { UInt64($0) }
                guard numbers.count == 3, numbers[0] <= numbers[1] else { return nil }
                rest.removeFirst(3)
                entries = numbers[0]..<numbers[1] + 1
                term = Term(numbers[2])
            default: return nil
            }
        }
    }

    init() {}
}

extension Vote {
    /// `5 n2/0a`, or `5 -` without a candidate.
    var text: String { "\(term) \(candidate?.description ?? "-")" }

    /// Takes ``text`` from the beginning of `words`.
    init?(words: inout ArraySlice<Substring>) {
        guard let term = words.popFirst().flatMap({ UInt64($0) }), let name = words.popFirst()
        else {
            return nil
        }
        self.init(term: Term(term), candidate: name == "-" ? nil : NodeIdentity(String(name)))
    }
}
