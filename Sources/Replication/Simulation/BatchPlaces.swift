import Storage

/// Where the batches of a journal's file stand, for faults that damage them.
struct BatchPlaces {
    private let bytes: [UInt8]
    /// Where the line of each batch's head begins.
    private let starts: [Int]

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        starts = bytes.places(of: Array("\n{\"batch\":".utf8)).map { $0 + 1 }
    }

    /// Which bytes may change; nil if there are none.
    ///
    /// Not the head of a file, for a node that cannot read the only one must not start. Of the newest
    /// file not its last batch, which may be torn; nor the one before, which cannot be told from that
    /// then, unless the last one is empty: that is only written to vouch for the one before.
    func decaying(isNewest: Bool) -> Range<Int>? {
        guard starts.count > 2, let first = starts.first, let last = starts.last else { return nil }
        if isNewest { return first..<(isEmpty(last) ? last : starts[starts.count - 2]) - 1 }
        return first..<end
    }

    /// The lines of the batches' heads in a range.
    func heads(in range: Range<Int>) -> [Range<Int>] {
        starts.filter { range.contains($0) }.map { line(at: $0).clamped(to: range) }
    }

    /// The head of a batch that only an empty one behind it vouches for: one that may yet be lost.
    ///
    /// With the line feed before it: without that no line begins there.
    var vouchedHead: Range<Int>? {
        guard starts.count > 1, let last = starts.last, isEmpty(last) else { return nil }
        let head = line(at: starts[starts.count - 2])
        return head.lowerBound - 1..<head.upperBound
    }

    /// The last batch in a range that holds records.
    func last(in range: Range<Int>) -> Range<Int>? {
        guard let index = starts.lastIndex(where: { range.contains($0) && !isEmpty($0) }) else {
            return nil
        }
        let next = starts.dropFirst(index + 1).first ?? end
        return (starts[index]..<next).clamped(to: range)
    }

    /// The entry whose line alone is bad once a bit flips; nil if another line is, or two would be.
    func entry(flipping bit: Int) -> LogPosition? {
        let (offset, lineFeed) = (bit / 8, UInt8(ascii: "\n"))
        guard bytes[offset] != lineFeed, bytes[offset] ^ 1 << (bit % 8) != lineFeed else {
            return nil
        }
        do throws(LineError) {
            return try LogEntry.head(ofLine: Array(bytes[line(at: offset)])).position
        } catch { return nil }
    }

    /// Where what was written ends, and fill begins.
    private var end: Int {
        (bytes.lastIndex { $0 != UInt8(ascii: "\n") && $0 != 0 } ?? -1) + 1
    }

    private func isEmpty(_ start: Int) -> Bool {
        let behind = line(at: start).upperBound
        return starts.first { $0 > start } == behind + 1 || behind >= end
    }

    /// A line without its end.
    private func line(at offset: Int) -> Range<Int> {
        let isBreak = { (byte: UInt8) in byte == UInt8(ascii: "\n") }
        let begin = bytes[..<offset].lastIndex(where: isBreak).map { $0 + 1 } ?? 0
        return begin..<(bytes[offset...].firstIndex(where: isBreak) ?? bytes.count)
    }
}

extension [UInt8] {
    fileprivate func places(of pattern: [UInt8]) -> [Int] {
        var places: [Int] = []
        for index in indices.dropLast(pattern.count - 1)
        where self[index] == pattern[0] && self[index + 2] == pattern[2] {
            if self[index..<index + pattern.count].elementsEqual(pattern) { places.append(index) }
        }
        return places
    }
}
