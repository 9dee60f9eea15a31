import Replication
import Storage
import Testing

@Suite struct ConsensusLogTermsTests {
    /// The model: one term for each entry.
    private struct Model {
        var before: LogPosition
        var terms: [Term] = []

        func term(at index: UInt64) -> Term? {
            if index == before.index.value { return before.term }
            guard index > before.index.value else { return nil }
            let place = Int(index - before.index.value) - 1
            return place < terms.count ? terms[place] : nil
        }
    }

    @Test(arguments: 0..<50)
    func `runs answer as a list of terms does`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        func random(_ bound: UInt64) -> UInt64 { generator.next() % bound }
        let before = LogPosition(index: LogIndex(random(5)), term: Term(random(2)))
        var log = LogTerms(before: before)
        var model = Model(before: before)
        for _ in 0..<60 {
            if random(4) == 0 {
                let cut = random(30)
                log.truncate(after: LogIndex(cut))
                let kept = max(0, Int(cut) - Int(before.index.value))
                model.terms.removeLast(max(0, model.terms.count - kept))
            } else {
                let term = Term(log.last.term.value + random(2))
                let count = Int(random(4))
                log.append(term: term, count: count)
                model.terms += Array(repeating: term, count: count)
            }
            check(log, model)
        }
    }

    private func check(_ log: LogTerms, _ model: Model) {
        let last = model.before.index.value + UInt64(model.terms.count)
        #expect(log.lastIndex.value == last)
        #expect(log.last.term == model.terms.last ?? model.before.term)
        for index in 0...last + 2 {
            #expect(log.term(at: LogIndex(index)) == model.term(at: index))
            let runs = log.runs(from: LogIndex(index), count: 3)
            let terms = runs.flatMap { Array(repeating: $0.term, count: $0.count) }
            let expected = (index..<index + 3).compactMap { model.term(at: $0) }
            if index > model.before.index.value { #expect(terms == expected) }
            for term in 0..<4 {
                let found = (model.before.index.value...max(index, model.before.index.value))
                    .last { (model.term(at: $0) ?? Term(.max)) <= Term(UInt64(term)) }
                let position = log.last(atOrBefore: LogIndex(index), termAtMost: Term(UInt64(term)))
                #expect(position.index.value == found ?? model.before.index.value)
            }
        }
    }
}
