/// What values an option or argument takes; whatever else is a usage error before the command runs.
package enum ValueType: Sendable, Equatable {
    /// Any text.
    case text
    /// One of a few words.
    case choice([String])
    /// A whole number.
    case integer(ClosedRange<Int>)
    /// A span of time such as `500ms`, `5s`, `2m` or `1h30m`.
    case duration(ClosedRange<Duration>)
    /// Texts separated by commas; several occurrences add up.
    case list

    /// Any span of time that is not negative.
    package static let anyDuration = ValueType.duration(.zero...DurationText.longest)

    /// Why `text` is not such a value, as the end of a sentence that names the value; `nil` if it is.
    func objection(to text: String) -> String? {
        switch self {
        case .text:
            return nil
        case .choice(let values):
            return values.contains(text) ? nil : ". Please provide one of \(Self.oneOf(values))."
        case .integer(let range):
            if let number = Int(text), range.contains(number) { return nil }
            return ". Please provide a whole number\(Self.bounds(of: range))."
        case .duration(let range):
            if let span = DurationText.parse(text), range.contains(span) { return nil }
            return ". Please provide a time such as '500ms', '5s' or '2m'\(Self.bounds(of: range))."
        case .list:
            if Self.elements(of: text) != nil { return nil }
            return ". Please separate values by single commas."
        }
    }

    /// The elements of a list, without the white space around them, or `nil` if one is empty.
    static func elements(of text: String) -> [String]? {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false)
        let elements = parts.map { part in
            String(
                part.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed()
            )
        }
        return elements.contains("") ? nil : elements
    }

    private static func oneOf(_ values: [String]) -> String {
        let quoted = values.map { "'\($0)'" }
        guard quoted.count > 1, let last = quoted.last else { return quoted.joined() }
        return quoted.dropLast().joined(separator: ", ") + " or " + last
    }

    private static func bounds(of range: ClosedRange<Int>) -> String {
        switch (range.lowerBound, range.upperBound) {
        case (.min, .max): ""
        case (let low, .max): ", \(low) or more"
        case (.min, let high): ", \(high) or less"
        case (let low, let high): " from \(low) to \(high)"
        }
    }

    private static func bounds(of range: ClosedRange<Duration>) -> String {
        let low = DurationText.text(range.lowerBound)
        let high = DurationText.text(range.upperBound)
        switch (range.lowerBound == .zero, range.upperBound >= DurationText.longest) {
        case (true, true): return ""
        case (false, true): return ", \(low) or more"
        case (true, false): return ", \(high) or less"
        case (false, false): return ", from \(low) to \(high)"
        }
    }
}
