import Replication
import Storage
import TestSupport
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

        mutating func truncate(after cut: UInt64) {
            let kept = max(0, Int(cut) - Int(before.index.value))
            terms.removeLast(max(0, terms.count - kept))
        }

        mutating func compact(through cut: UInt64) {
            let index = min(cut, before.index.value + UInt64(terms.count))
            guard index > before.index.value, let term = term(at: index) else { return }
            terms.removeFirst(Int(index - before.index.value))
            before = LogPosition(index: LogIndex(index), term: term)
        }
    }

    @Test(arguments: 0..<50)
    @Aside func `runs answer as a list of terms does`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        func random(_ bound: UInt64) -> UInt64 { generator.next() % bound }
        let before = LogPosition(index: LogIndex(random(5)), term: Term(random(2)))
        var log = LogTerms(before: before)
        var model = Model(before: before)
        for _ in 0..<60 {
            switch random(12) {
            case 0..<3:
                let cut = random(30)
                log.truncate(after: LogIndex(cut))
                model.truncate(after: cut)
            case 3:
                let cut = random(30)
                log.compact(through: LogIndex(cut))
                model.compact(through: cut)
            case 4 where random(4) == 0:
                let position = LogPosition(index: LogIndex(random(30)), term: Term(random(3)))
                log.reset(to: position)
                model = Model(before: position)
            default:
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
        #expect(log.before == model.before)
        #expect(log.last.term == model.terms.last ?? model.before.term)
        #expect(log.firstIndex == model.before.index.next)
        var rebuilt = LogTerms(before: model.before)
        for term in model.terms { rebuilt.append(term: term) }
        #expect(log == rebuilt)
        for index in 0...last + 2 {
            #expect(log.term(at: LogIndex(index)) == model.term(at: index))
            let runs = log.runs(from: LogIndex(index), count: 3)
            let terms = runs.flatMap { Array(repeating: $0.term, count: $0.count) }
            let expected = (index..<index + 3).compactMap { model.term(at: $0) }
            if index > model.before.index.value { #expect(terms == expected) }
            for term in model.before.term.value..<model.before.term.value + 4 {
                let found = (model.before.index.value...max(index, model.before.index.value))
                    .last { (model.term(at: $0) ?? Term(.max)) <= Term(UInt64(term)) }
                let position = log.last(atOrBefore: LogIndex(index), termAtMost: Term(UInt64(term)))
                #expect(position.index.value == found ?? model.before.index.value)
            }
        }
    }
}
