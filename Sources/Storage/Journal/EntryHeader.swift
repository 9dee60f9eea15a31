/// The members that each entry's line begins with: `{"index":42,"term":3,"time":1763697600123,`.
///
/// Read without parsing the rest, since a journal has millions of entries and does not look into
/// them.
struct EntryHeader: Hashable {
    var position: LogPosition
    /// Whether `members` comes next: the entry changes the membership.
    var isMembership: Bool

    static let prefix = Array("{\"index\":".utf8)
    private static let term = Array(",\"term\":".utf8)
    private static let time = Array(",\"time\":".utf8)
    private static let members = Array(",\"members\":".utf8)

    /// Reads the header of a line whose seal was checked.
    init(_ bytes: [UInt8], in range: Range<Int>) throws(LineError) {
        var scanner = Scanner(bytes: bytes, position: range.lowerBound, limit: range.upperBound)
        guard scanner.take(Self.prefix), let index = scanner.number(), scanner.take(Self.term),
            let term = scanner.number()
        else {
            throw LineError(
                .invalid("an entry begins with {\"index\":1,\"term\":1"),
                at: range.lowerBound
            )
        }
        position = LogPosition(index: LogIndex(index), term: Term(term))
        if scanner.take(Self.time) { _ = scanner.number() }
        isMembership = scanner.take(Self.members)
    }
}

extension [UInt8] {
    /// Whether the bytes at an offset are these.
    func holds(_ bytes: [UInt8], at offset: Int) -> Bool {
        offset >= 0 && offset <= count && count - offset >= bytes.count
            && self[offset..<offset + bytes.count].elementsEqual(bytes)
    }
}

private struct Scanner {
    let bytes: [UInt8]
    var position: Int
    let limit: Int

    mutating func take(_ text: [UInt8]) -> Bool {
        guard limit - position >= text.count, bytes.holds(text, at: position) else { return false }
        position += text.count
        return true
    }

    mutating func number() -> UInt64? {
        let start = position
        var value: UInt64 = 0
        while position < limit, case let digit = bytes[position] &- UInt8(ascii: "0"), digit < 10 {
            let (product, overflows) = value.multipliedReportingOverflow(by: 10)
            let (sum, carries) = product.addingReportingOverflow(UInt64(digit))
            if overflows || carries { return nil }
            value = sum
            position += 1
        }
        return position > start ? value : nil
    }
}
