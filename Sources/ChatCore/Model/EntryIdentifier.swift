/// An id that is the index of the log entry that made the thing it names.
///
/// Unique for ever and never reused, because an index of the log is neither. As text a letter for
/// the kind, a letter for how many digits follow (`a` for one), and the index in decimal digits:
/// message `mb42` was made by entry 42. The second letter makes texts sort as the numbers do.
public protocol EntryIdentifier: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The first letter of the text.
    static var letter: Unicode.Scalar { get }
    /// The index of the entry.
    var entry: UInt64 { get }
    /// Names what an entry made.
    init(entry: UInt64)
}

extension EntryIdentifier {
    /// Reads the text form; nil for any other text, so that one id has one text.
    public init?(_ text: String) {
        var bytes = text.utf8.makeIterator()
        guard bytes.next() == UInt8(ascii: Self.letter), let length = bytes.next() else {
            return nil
        }
        var entry: UInt64 = 0
        while let byte = bytes.next() {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
            let (product, overflows) = entry.multipliedReportingOverflow(by: 10)
            let (sum, carries) = product.addingReportingOverflow(UInt64(byte - UInt8(ascii: "0")))
            // Entry 0 does not exist, and a leading zero would be a second form.
            guard !overflows, !carries, sum > 0 else { return nil }
            entry = sum
        }
        let digits = text.utf8.count - 2
        guard digits > 0, Int(length) == Int(UInt8(ascii: "a")) + digits - 1 else { return nil }
        self.init(entry: entry)
    }

    /// The text form, as `mb42`.
    public var description: String {
        let digits = String(entry)
        let length = UInt8(ascii: "a") + UInt8(digits.utf8.count - 1)
        return "\(Self.letter)\(Unicode.Scalar(length))\(digits)"
    }

    /// Below all ids there are.
    static var first: Self { Self(entry: 0) }
    /// Above all ids there are.
    static var last: Self { Self(entry: .max) }
    /// The lowest id above this one.
    var next: Self { Self(entry: entry == .max ? .max : entry + 1) }

    /// Orders by index, which is the order of making.
    public static func < (left: Self, right: Self) -> Bool { left.entry < right.entry }
}
