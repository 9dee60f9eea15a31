import ReplicationCollections
import Storage
import TestSupport
import Testing

@Suite struct ChunkedArrayTests {
    /// So wide that 64 at most fit a chunk and blocks are reached by small tests.
    private struct Wide: Sendable, Hashable {
        var value: Int
        private var rest = SIMD64<Int64>()

        init(_ value: Int) { self.value = value }
    }

    @Test(arguments: 1...6 as ClosedRange<UInt64>)
    @DiskAside func `it does what an array does`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var chunked = ChunkedArray<Wide>()
        var model: [Wide] = []
        var frozen: [(ChunkedArray<Wide>, [Wide])] = []
        for step in 0..<2_000 {
            take(step, &chunked, &model, &random)
            #expect(chunked.count == model.count)
            #expect(chunked.first == model.first && chunked.last == model.last)
            if step % 200 == 0 { frozen.append((chunked, model)) }
            if step % 100 == 0 { #expect(chunked.elementsEqual(model)) }
        }
        #expect(chunked.elementsEqual(model))
        for (chunked, model) in frozen { #expect(chunked.elementsEqual(model)) }
    }

    private func take(
        _ step: Int,
        _ chunked: inout ChunkedArray<Wide>,
        _ model: inout [Wide],
        _ random: inout SeededGenerator
    ) {
        switch Int.random(in: 0..<16, using: &random) {
        case 0..<7:
            let added = (0..<Int.random(in: 0..<100, using: &random)).map { Wide(step + $0) }
            chunked.append(contentsOf: added)
            model.append(contentsOf: added)
        case 7..<12:
            guard let index = model.indices.randomElement(using: &random) else { return }
            chunked[index].value += 1
            model[index].value += 1
        case 12: #expect(chunked.popFirst() == (model.isEmpty ? nil : model.removeFirst()))
        case 13:
            for _ in 0..<Int.random(in: 0..<80, using: &random) {
                #expect(chunked.popLast() == model.popLast())
            }
        default:
            let removed = Int.random(in: 0...model.count / 4, using: &random)
            chunked.removeFirst(removed)
            model.removeFirst(removed)
        }
    }

    @Test @DiskAside func `whole blocks are dropped at the front`() {
        var chunked = ChunkedArray((0..<400_000).lazy.map { $0 })
        var first = 0
        for removed in [1, 511, 512, 100_000, 131_072, 7, 160_000] {
            chunked.removeFirst(removed)
            first += removed
            #expect(chunked.first == first && chunked.count == 400_000 - first)
            #expect(chunked[1_000] == first + 1_000)
        }
        chunked.append(400_000)
        #expect(chunked.last == 400_000 && chunked.elementsEqual(first...400_000))
        chunked.removeFirst(.max)
        #expect(chunked.isEmpty && chunked.popLast() == nil && chunked.popFirst() == nil)
        chunked.append(3)
        #expect(chunked == [3])
    }

    @Test @DiskAside func `removed chunks give back what they held`() {
        final class Held: Sendable {}
        var chunked = ChunkedArray<Held>()
        weak var first: Held?
        do {
            let held = Held()
            first = held
            chunked.append(held)
        }
        for _ in 0..<1_000 { chunked.append(Held()) }
        #expect(first != nil)
        chunked.removeFirst(512)
        #expect(first == nil)
    }

    @Test @DiskAside func `the ends of chunks and blocks can be crossed both ways`() {
        for size in [1, 511, 512, 513, 131_071, 131_072, 131_073] {
            var chunked = ChunkedArray(0..<size)
            #expect(chunked.popLast() == size - 1)
            chunked.append(7)
            chunked.append(8)
            #expect(chunked.popLast() == 8)
            #expect(chunked.popLast() == 7)
            #expect(chunked.count == size - 1 && chunked.elementsEqual(0..<size - 1))
        }
    }

    @Test @DiskAside func `elements of any width work`() {
        #expect(ChunkedArray(repeatElement((), count: 2_000)).count == 2_000)
        #expect(ChunkedArray((0..<2_000).map { "\($0)" })[1_999] == "1999")
    }

    @Test @DiskAside func `slices, equality and hashes are those of the content`() {
        var one = ChunkedArray(0..<2_000)
        var other = ChunkedArray(-100..<2_000)
        other.removeFirst(100)
        #expect(one == other && one.hashValue == other.hashValue)
        #expect(one[500..<520].elementsEqual(500..<520))
        one[1_999] = 0
        #expect(one != other)
        #expect("\([1, 2] as ChunkedArray)" == "[1, 2]")
    }

    @Test @DiskAside func `an index out of bounds traps`() async {
        await #expect(processExitsWith: .failure) {
            _ = ChunkedArray([1, 2, 3])[3]
        }
    }
}
