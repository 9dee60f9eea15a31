/// Where some of the entries stand: one place per stretch of a file, not one per entry.
///
/// From a place on, entries follow each other without a gap up to the next place; entries that were
/// truncated lie beyond that and are never reached.
struct SparseIndex: Hashable {
    struct Place: Hashable {
        var index: LogIndex
        var segment: UInt64
        var offset: Int
    }

    private(set) var places: [Place] = []
    private let strideBytes: Int
    private var isBroken = true

    init(strideBytes: Int) { self.strideBytes = strideBytes }

    /// Takes in the lines of a batch that begins at `bodyOffset` of a segment.
    mutating func apply(_ lines: [Batch.PlacedLine], segment: UInt64, bodyOffset: Int) {
        for placed in lines {
            apply(placed.line, segment: segment, offset: bodyOffset + placed.offset)
        }
    }

    /// Takes in a line that stands at `offset` of a segment.
    mutating func apply(_ line: JournalLine, segment: UInt64, offset: Int) {
        switch line {
        case .entry(let header):
            append(header.position.index, segment: segment, offset: offset)
        case .truncate(let last): truncate(after: last)
        case .vote: break
        }
    }

    /// Notes where an entry stands, if the last place is far enough or no longer leads to it.
    private mutating func append(_ index: LogIndex, segment: UInt64, offset: Int) {
        if !isBroken, let last = places.last, last.segment == segment,
            offset - last.offset < strideBytes
        {
            return
        }
        places.append(Place(index: index, segment: segment, offset: offset))
        isBroken = false
    }

    /// Forgets the places in the files before one.
    mutating func compact(_ segment: UInt64) {
        places.removeFirst(places.prefix { $0.segment < segment }.count)
    }

    /// Forgets all entries after `index`.
    private mutating func truncate(after index: LogIndex) {
        while let last = places.last, last.index > index { places.removeLast() }
        isBroken = true
    }

    /// The last place at or before an entry, and the first entry that it does not lead to.
    ///
    /// - Complexity: O(log *n*).
    func place(for index: LogIndex) -> (place: Place, end: LogIndex?)? {
        var low = 0
        var high = places.count
        while low < high {
            let middle = (low + high) / 2
            if places[middle].index <= index { low = middle + 1 } else { high = middle }
        }
        guard low > 0 else { return nil }
        return (places[low - 1], low < places.count ? places[low].index : nil)
    }
}
