/// The names of a journal's files: `journal-0000000007.jsonl`.
enum SegmentName {
    static let prefix = "journal-"

    static func name(_ number: UInt64) -> String {
        "\(prefix)\(number.padded(to: 10)).jsonl"
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
