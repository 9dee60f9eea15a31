import Storage

/// What a journal must hold according to what was printed by those that wrote it.
struct LoadHistory {
    /// The term of each entry.
    private(set) var terms: [Term] = []
    private(set) var vote = Vote.none
    private(set) var lines: LoadLine?
    /// Appends that were acknowledged.
    private(set) var acknowledged = 0
    /// The append that was told and not acknowledged.
    private var pending: LoadBatch?
    /// Candidates that were voted for, by term.
    private var votes: [Term: NodeIdentity] = [:]

    /// The last entry.
    var last: LogPosition {
        LogPosition(index: LogIndex(UInt64(terms.count)), term: terms.last ?? .zero)
    }

    /// Takes in a line of output.
    mutating func read(_ line: Substring) throws(BrokenPromise) {
        let words = line.split(separator: " ")
        let rest = words.dropFirst()
        let numbers = rest.prefix(2).compactMap { UInt64($0) }
        switch words.first {
        case "lines" where numbers.count == 2:
            let stated = LoadLine(seed: numbers[0], lineBytes: Int(numbers[1]))
            guard lines.map({ $0 == stated }) ?? true else {
                throw BrokenPromise("one directory, two seeds or lengths of lines")
            }
            lines = stated
        case "found" where numbers.count == 2:
            var voted = rest.dropFirst(2)
            guard let vote = Vote(words: &voted) else { break }
            let last = LogPosition(index: LogIndex(numbers[0]), term: Term(numbers[1]))
            try settle(on: last, vote)
            return
        case "try":
            guard pending == nil, let batch = LoadBatch(rest) else { break }
            pending = batch
            return
        case "ok" where numbers.count == 2:
            guard let batch = pending else { break }
            try apply(batch)
            pending = nil
            acknowledged += 1
            let stated = LogPosition(index: LogIndex(numbers[0]), term: Term(numbers[1]))
            guard stated == last else {
                throw BrokenPromise("acknowledged \(stated) where \(last) was appended")
            }
            return
        default: break
        }
        guard words.first == "lines", lines != nil else {
            throw BrokenPromise("a line of output that can't be: \(line)")
        }
    }

    /// Decides what of an append that was not acknowledged is there: nothing, all, or the records
    /// up to one of them.
    private mutating func settle(on last: LogPosition, _ vote: Vote) throws(BrokenPromise) {
        let batch = pending ?? LoadBatch()
        pending = nil
        var steps = [LoadBatch()]
        if batch.vote != nil {
            var step = LoadBatch()
            step.vote = batch.vote
            steps.append(step)
        }
        if batch.cut != nil {
            var step = steps[steps.count - 1]
            step.cut = batch.cut
            steps.append(step)
        }
        if !batch.entries.isEmpty, batch.entries.contains(last.index.value) {
            var step = batch
            step.entries = batch.entries.lowerBound..<last.index.value + 1
            steps.append(step)
        }
        for step in steps.reversed() {
            var copy = self
            try copy.apply(step)
            if copy.last == last, copy.vote == vote {
                self = copy
                return
            }
        }
        throw BrokenPromise(
            "found \(last) and vote \(vote.text); acknowledged were \(self.last) and "
                + "\(self.vote.text), under way was '\(batch.text)'"
        )
    }

    private mutating func apply(_ batch: LoadBatch) throws(BrokenPromise) {
        if let next = batch.vote {
            guard next.term >= vote.term else {
                throw BrokenPromise("term \(next.term) after term \(vote.term)")
            }
            if let candidate = next.candidate {
                guard votes[next.term] == nil || votes[next.term] == candidate else {
                    throw BrokenPromise("two votes in term \(next.term)")
                }
                votes[next.term] = candidate
            }
            vote = next
        }
        if let cut = batch.cut {
            guard cut.value <= terms.count else { throw BrokenPromise("a cut beyond the end") }
            terms.removeLast(terms.count - Int(cut.value))
        }
        guard let first = batch.entries.first else { return }
        guard first == terms.count + 1 else { throw BrokenPromise("entry \(first) at \(last)") }
        terms.append(contentsOf: repeatElement(batch.term, count: batch.entries.count))
    }
}

/// What a journal did that it must not.
struct BrokenPromise: Error, CustomStringConvertible {
    var description: String

    init(_ description: String) { self.description = description }
}
