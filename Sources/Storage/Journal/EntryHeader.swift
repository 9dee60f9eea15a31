/// The members that each entry's line begins with: `{"index":42,"term":3,"time":1763697600123,`.
///
/// Read without parsing the rest, since a journal has millions of entries and does not look into
/// them.
struct EntryHeader: Hashable {
    var position: LogPosition
    /// Whether `members` comes next: the entry changes the membership.
    var isMembership: Bool

    static let prefix = Array("{\"index\":".utf8)
    private static let index = EightBytes("{\"index\":")
    private static let term = EightBytes(",\"term\":")
    private static let time = EightBytes(",\"time\":")
    private static let members = Array(",\"members\":".utf8)

    /// Reads the header of a line whose seal was checked.
    init(_ bytes: [UInt8], in range: Range<Int>) throws(LineError) {
        let limit = min(range.upperBound, bytes.count)
        var place = range.lowerBound + Self.prefix.count
        guard bytes.eightBytes(at: range.lowerBound) == Self.index, place <= limit,
            bytes[place - 1] == UInt8(ascii: ":"), let index = bytes.number(&place, limit),
            bytes.eightBytes(at: place) == Self.term
        else { throw Self.invalid(range) }
        place += 8
        guard let term = bytes.number(&place, limit) else { throw Self.invalid(range) }
        position = LogPosition(index: LogIndex(index), term: Term(term))
        if bytes.eightBytes(at: place) == Self.time {
            place += 8
            while place < limit, bytes[place] &- UInt8(ascii: "0") < 10 { place += 1 }
        }
        isMembership = bytes.holds(Self.members, at: place)
    }

    private static func invalid(_ range: Range<Int>) -> LineError {
        LineError(.invalid("an entry begins with {\"index\":1,\"term\":1"), at: range.lowerBound)
    }
}

extension [UInt8] {
    /// Whether the bytes at an offset are these.
    func holds(_ bytes: [UInt8], at offset: Int) -> Bool {
        guard offset >= 0, offset <= count, count - offset >= bytes.count else { return false }
        // Several times as fast as to compare slices, and done for each line of a journal.
        for index in bytes.indices where self[offset + index] != bytes[index] { return false }
        return true
    }
}

extension [UInt8] {
    /// The number at `place`, which moves behind it; nil if there is none or it is too large.
    fileprivate func number(_ place: inout Int, _ limit: Int) -> UInt64? {
        let start = place
        var value: UInt64 = 0
        while place < limit, case let digit = self[place] &- UInt8(ascii: "0"), digit < 10 {
            let (product, overflows) = value.multipliedReportingOverflow(by: 10)
            let (sum, carries) = product.addingReportingOverflow(UInt64(digit))
            if overflows || carries { return nil }
            value = sum
            place += 1
        }
        return place > start ? value : nil
    }
}
