import ReplicationCollections
import Storage
import TestSupport
import Testing

@Suite struct SortedMapTests {
    private typealias Map = SortedMap<Int, Int>

    @Test(arguments: [(1, 8), (2, 70), (3, 300), (4, 3_000), (5, 20_000)])
    @DiskAside func `it does what a dictionary does`(seed: UInt64, keys: Int) {
        var random = SeededGenerator(seed: seed)
        var map = Map()
        var model: [Int: Int] = [:]
        var frozen: [(Map, [Int: Int])] = []
        for step in 0..<6_000 {
            let key = Int.random(in: 0..<keys, using: &random)
            // Phases that grow and phases that shrink, so that nodes are split and joined.
            let grows = step / 1_500 % 2 == 0
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<6:
                if grows {
                    #expect(
                        map.updateValue(step, forKey: key) == model.updateValue(step, forKey: key)
                    )
                } else {
                    #expect(map.removeValue(forKey: key) == model.removeValue(forKey: key))
                }
            case 6:
                map[key] = nil
                model[key] = nil
            case 7:
                map[key, default: 1] += step
                model[key, default: 1] += step
            case 8:
                map[key]? += 1
                model[key]? += 1
            default: #expect(map[key] == model[key])
            }
            #expect(map.count == model.count)
            if step % 500 == 0 { frozen.append((map, model)) }
            if step % 100 == 0 { check(map, model) }
        }
        check(map, model)
        for (map, model) in frozen { check(map, model) }
    }

    private func check(_ map: Map, _ model: [Int: Int]) {
        #expect(map.brokenInvariant == nil)
        let expected = model.sorted { $0.key < $1.key }
        #expect(map.map(\.key) == expected.map(\.key))
        #expect(map.map(\.value) == expected.map(\.value))
        #expect(map.descending().map(\.key) == expected.reversed().map(\.key))
        #expect(map.first?.key == expected.first?.key)
        #expect(map.last?.key == expected.last?.key)
    }

    @Test(arguments: [0, 1, 2, 15, 16, 17, 48, 63, 64, 65, 66, 128, 129, 1_000, 4_100])
    @DiskAside func `each size is built in any order and emptied in any order`(size: Int) {
        var random = SeededGenerator(seed: UInt64(size))
        let ascending = Array(0..<size)
        for order in [ascending, ascending.reversed(), ascending.shuffled(using: &random)] {
            let full = Map(order.map { ($0, -$0) })
            #expect(full.brokenInvariant == nil)
            #expect(full.map(\.key) == ascending)
            for removal in [ascending, ascending.reversed(), ascending.shuffled(using: &random)] {
                var map = full
                for (step, key) in removal.enumerated() {
                    #expect(map.removeValue(forKey: key) == -key)
                    if step % 64 == 0 { #expect(map.brokenInvariant == nil) }
                }
                #expect(map.isEmpty && map.first == nil && map.brokenInvariant == nil)
            }
            #expect(full.count == size)
        }
    }

    @Test @DiskAside func `a copy keeps its content while the original changes`() {
        var map = Map((0..<2_000).map { ($0, $0) })
        let frozen = map
        for key in 0..<2_000 { map[key, default: 0] += 1 }
        for key in 0..<1_000 { map[key * 2] = nil }
        #expect(frozen.elementsEqual((0..<2_000).map { ($0, $0) }, by: ==))
        #expect(frozen.brokenInvariant == nil)
        #expect(map.map(\.value) == (0..<1_000).map { $0 * 2 + 2 })
    }

    @Test @DiskAside func `values are changed in place`() {
        var map: SortedMap<Int, Tracked> = [1: Tracked(), 2: Tracked()]
        for _ in 0..<10 {
            map[1, default: Tracked()].touch()
            map[2]?.touch()
        }
        #expect(map[1]?.copies == 0)
        #expect(map[2]?.copies == 0)
        let frozen = map
        map[1]?.touch()
        #expect(map[1]?.copies == 1)
        #expect(frozen[1]?.copies == 0)
    }

    @Test @DiskAside func `nil assigned in place removes, also from a tree of many nodes`() {
        var map = Map((0..<5_000).map { ($0, $0) })
        func clear(_ value: inout Int?) { value = nil }
        func fill(_ value: inout Int?) { value = 7 }
        for key in 0..<4_990 { clear(&map[key]) }
        clear(&map[9_999])
        #expect(map.brokenInvariant == nil)
        #expect(map.map(\.key) == Array(4_990..<5_000))
        fill(&map[3])
        #expect(map[3] == 7 && map.count == 11)
        map[4]? += 1
        #expect(map[4] == nil && map.count == 11)
    }

    @Test @DiskAside func `the first entry can be popped until none is left`() {
        var map = Map((0..<500).map { ($0, $0) })
        for key in 0..<500 { #expect(map.popFirst()?.key == key) }
        #expect(map.popFirst() == nil)
    }

    @Test @DiskAside func `equality and hashes are those of the content`() {
        let one = Map((0..<300).map { ($0, $0) })
        var other = Map((0..<600).reversed().map { ($0, $0) })
        for key in 300..<600 { other[key] = nil }
        #expect(one == other && one.hashValue == other.hashValue)
        other[5] = 6
        #expect(one != other)
        #expect("\([2: "b", 1: "a"] as SortedMap)" == "[1: a, 2: b]")
        #expect("\(Map())" == "[:]")
    }

    @Test @DiskAside func `a frozen copy can be read and released on another thread`() async {
        var map = Map((0..<10_000).map { ($0, $0) })
        let frozen = map
        let sum = Task.detached { frozen.reduce(0) { $0 + $1.value } }
        for key in 0..<10_000 { map[key]? *= 2 }
        #expect(await sum.value == 49_995_000)
        #expect(map.reduce(0) { $0 + $1.value } == 99_990_000)
    }

    @Test @DiskAside func `a big tree is released without a deep stack`() async {
        await Task.detached {
            var map: SortedMap<Int, [Int]>? = SortedMap((0..<100_000).map { ($0, [$0]) })
            #expect(map?.count == 100_000)
            map = nil
        }.value
    }
}

/// A value that counts how often a write found its buffer shared.
private struct Tracked: Sendable {
    private final class Buffer: Sendable {}
    private var buffer = Buffer()
    private(set) var copies = 0

    mutating func touch() {
        guard !isKnownUniquelyReferenced(&buffer) else { return }
        buffer = Buffer()
        copies += 1
    }
}
