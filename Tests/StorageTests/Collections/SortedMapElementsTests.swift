import ReplicationCollections
import Storage
import TestSupport
import Testing

@Suite struct SortedMapElementsTests {
    /// Even keys, so that each bound is tried on a key, between keys and beyond both ends.
    @Test(arguments: [0, 1, 5, 64, 65, 400, 3_000])
    @DiskAside func `each range gives what a filter gives`(size: Int) {
        let keys = (0..<size).map { $0 * 2 }
        let map = SortedMap(keys.map { ($0, $0) })
        var random = SeededGenerator(seed: UInt64(size) + 1)
        for _ in 0..<200 {
            let low = Int.random(in: -3...(size * 2 + 3), using: &random)
            let high = Int.random(in: -3...(size * 2 + 3), using: &random)
            #expect(map.elements(from: low).map(\.key) == keys.filter { $0 >= low })
            #expect(map.elements(after: low).map(\.key) == keys.filter { $0 > low })
            #expect(
                map.elements(from: low, upTo: high).map(\.key)
                    == keys.filter { $0 >= low && $0 < high }
            )
            #expect(
                map.elements(from: low, through: high).map(\.key)
                    == keys.filter { $0 >= low && $0 <= high }
            )
            checkDescending(map, keys, low: low, high: high)
        }
    }

    private func checkDescending(_ map: SortedMap<Int, Int>, _ keys: [Int], low: Int, high: Int) {
        #expect(map.descending(from: high).map(\.key) == keys.reversed().filter { $0 <= high })
        #expect(map.descending(before: high).map(\.key) == keys.reversed().filter { $0 < high })
        #expect(
            map.descending(from: high, downTo: low).map(\.key)
                == keys.reversed().filter { $0 <= high && $0 >= low }
        )
        #expect(
            map.descending(before: high, downTo: low).map(\.key)
                == keys.reversed().filter { $0 < high && $0 >= low }
        )
    }

    @Test @DiskAside func `ranges hold where removals left separators without a key`() {
        var map = SortedMap((0..<3_000).map { ($0, $0) })
        for key in 0..<3_000 where key % 7 != 0 { map[key] = nil }
        let keys = (0..<3_000).filter { $0 % 7 == 0 }
        for low in stride(from: 0, to: 3_000, by: 13) {
            let high = low + 200
            #expect(
                map.elements(from: low, upTo: high).map(\.key)
                    == keys.filter { $0 >= low && $0 < high }
            )
            checkDescending(map, keys, low: low, high: high)
        }
    }

    @Test @DiskAside func `prefixes are scanned through a lower bound`() {
        let words = ["ann", "anna", "annabel", "anne", "bob", "anz"]
        let map = SortedMap(words.map { ($0, true) })
        let found = map.elements(from: "anna").prefix { $0.key.hasPrefix("anna") }
        #expect(found.map(\.key) == ["anna", "annabel"])
    }

    @Test @DiskAside func `a loop sees the map as it was when it began`() {
        var map = SortedMap((0..<1_000).map { ($0, $0) })
        var seen = 0
        for (key, _) in map {
            map[key] = nil
            map[key + 5_000] = key
            seen += 1
        }
        #expect(seen == 1_000 && map.count == 1_000 && map.first?.key == 5_000)
    }

    @Test @DiskAside func `an iterator at its end stays there`() {
        let map = SortedMap((0..<100).map { ($0, $0) })
        var ascending = map.elements(from: 10, upTo: 20).makeIterator()
        var descending = map.descending(from: 20, downTo: 11).makeIterator()
        for _ in 0..<10 { #expect(ascending.next() != nil && descending.next() != nil) }
        for _ in 0..<3 { #expect(ascending.next() == nil && descending.next() == nil) }
    }
}
