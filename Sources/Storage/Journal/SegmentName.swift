/// The names of a journal's files: `journal-0000000007.jsonl`.
enum SegmentName {
    static let prefix = "journal-"

    static func name(_ number: UInt64) -> String {
        let digits = String(number)
        let zeros = String(repeating: "0", count: max(0, 10 - digits.count))
        return "\(prefix)\(zeros)\(digits).jsonl"
    }

    /// The number in a name that this type made, or nil for any other file.
    static func number(_ name: String) -> UInt64? {
        guard name.hasPrefix(prefix), name.hasSuffix(".jsonl"),
            let number = UInt64(name.dropFirst(8).dropLast(6)), number > 0, number < .max,
            self.name(number) == name
        else { return nil }
        return number
    }
}
