/// Eight bytes of a text as one number, to compare them at once.
///
/// What every line of a journal is compared with is eight bytes long, or hardly longer; byte by byte
/// the comparisons take as long as the checksum.
struct EightBytes: Equatable {
    let number: UInt64

    /// Takes the first eight bytes of a text that has as many.
    init(_ text: StaticString) {
        let bytes = Array(text.description.utf8)
        precondition(bytes.count >= 8, "too short: \(text)")
        self = bytes.eightBytes(at: 0) ?? EightBytes(number: 0)
    }

    init(number: UInt64) { self.number = number }
}

extension [UInt8] {
    /// Eight bytes from an offset on; nil if there are fewer.
    ///
    /// One load, because the compiler sees that the check in the beginning is enough.
    func eightBytes(at offset: Int) -> EightBytes? {
        guard offset >= 0, offset <= count - 8 else { return nil }
        var number: UInt64 = 0
        for index in 0..<8 {
            number |= UInt64(self[offset &+ index]) << UInt64(truncatingIfNeeded: index * 8)
        }
        return EightBytes(number: number)
    }
}
