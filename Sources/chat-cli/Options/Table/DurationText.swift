/// Spans of time as people write them: `500ms`, `5s`, `2m`, `1h30m`, `7d`.
package enum DurationText {
    /// The longest span that is understood, a hundred years of 365 days.
    package static let longest = Duration.seconds(100 * 365 * 86_400)

    private static let units: [(name: String, milliseconds: Int64)] = [
        ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1),
    ]

    /// Reads whole numbers that are each followed by a unit; `0` needs none.
    ///
    /// - Returns: `nil` for anything else, and beyond ``longest``.
    package static func parse(_ text: String) -> Duration? {
        if text == "0" { return .zero }
        var rest = text[...]
        var total: Int64 = 0
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            guard let part = takePart(&rest) else { return nil }
            let (sum, overflows) = total.addingReportingOverflow(part)
            guard !overflows else { return nil }
            total = sum
        }
        let span = Duration.milliseconds(total)
        return span <= longest ? span : nil
    }

    /// The shortest text that reads as `span`, rounded down to milliseconds.
    package static func text(_ span: Duration) -> String {
        var rest = span.components.seconds * 1000
        rest += span.components.attoseconds / 1_000_000_000_000_000
        guard rest > 0 else { return "0s" }
        var text = ""
        for unit in units where rest >= unit.milliseconds {
            text += "\(rest / unit.milliseconds)\(unit.name)"
            rest %= unit.milliseconds
        }
        return text
    }

    private static func takePart(_ rest: inout Substring) -> Int64? {
        let digits = rest.prefix { $0.isASCII && $0.isNumber }
        rest = rest.dropFirst(digits.count)
        let letters = rest.prefix { $0.isLetter }
        rest = rest.dropFirst(letters.count)
        guard let number = Int64(digits) else { return nil }
        guard let unit = units.first(where: { $0.name == letters }) else { return nil }
        let (product, overflows) = number.multipliedReportingOverflow(by: unit.milliseconds)
        return overflows ? nil : product
    }
}
