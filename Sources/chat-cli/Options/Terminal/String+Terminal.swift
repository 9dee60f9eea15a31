extension String {
    /// The text without any power over a terminal: what is not printable is shown, as `\u{1B}`.
    ///
    /// Escaped are control characters (C0, DEL, C1), line and paragraph separators, and the marks
    /// that reorder what follows, which can make a text look like another. What people write is kept,
    /// joined emoji among it. The result is for eyes, not for reading back: backslashes stay single.
    ///
    /// - Parameter keepingNewlines: Whether `\n` stays a line break.
    /// - Returns: Text that is safe to print.
    /// - Complexity: O(*n*).
    package func escapedForTerminal(keepingNewlines: Bool = false) -> String {
        var result = String.UnicodeScalarView()
        for scalar in unicodeScalars {
            if scalar == "\n", keepingNewlines {
                result.append(scalar)
            } else if scalar.hasPowerOverTerminals {
                result.append(contentsOf: scalar.escapedText.unicodeScalars)
            } else {
                result.append(scalar)
            }
        }
        return String(result)
    }
}

extension Unicode.Scalar {
    fileprivate var hasPowerOverTerminals: Bool {
        switch value {
        case 0x00...0x1F, 0x7F...0x9F: true
        case 0x2028, 0x2029: true
        case 0x061C, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069: true
        default: false
        }
    }

    fileprivate var escapedText: String {
        switch self {
        case "\n": return "\\n"
        case "\r": return "\\r"
        case "\t": return "\\t"
        default:
            let digits = String(value, radix: 16, uppercase: true)
            return "\\u{\(digits.count < 2 ? "0" : "")\(digits)}"
        }
    }
}
