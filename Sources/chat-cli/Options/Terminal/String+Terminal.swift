extension String {
    /// The text without any power over a terminal: what is not printable is shown, as `\u{1B}`.
    ///
    /// Escaped are control characters (C0, DEL, C1), line and paragraph separators, and the marks
    /// that reorder what follows, which can make a text look like another. What people write is kept,
    /// joined emoji among it. A backslash is doubled where it would look like the begin of an escape:
    /// a line break is shown as `\n`, and a typed `\n` as `\\n`.
    ///
    /// - Parameter keepingNewlines: Whether `\n` stays a line break.
    /// - Returns: Text that is safe to print.
    /// - Complexity: O(*n*).
    package func escapedForTerminal(keepingNewlines: Bool = false) -> String {
        var result = String.UnicodeScalarView()
        for (scalar, next) in zip(unicodeScalars, unicodeScalars.dropFirst().map { $0 } + [" "]) {
            if scalar == "\\", next.looksEscaped {
                result.append(contentsOf: "\\\\".unicodeScalars)
            } else if scalar == "\n", keepingNewlines {
                result.append(scalar)
            } else if scalar.hasPowerOverTerminals {
                result.append(contentsOf: scalar.escapedText.unicodeScalars)
            } else {
                result.append(scalar)
            }
        }
        return String(result)
    }

    /// A JSON text in which nothing has power over a terminal: `\u009b` in place of the scalar.
    ///
    /// It means the same to whoever reads it, since such scalars can only stand in its strings.
    ///
    /// - Complexity: O(*n*).
    package func escapedInJSON() -> String {
        guard unicodeScalars.contains(where: \.hasPowerOverTerminals) else { return self }
        var result = ""
        for scalar in unicodeScalars {
            guard scalar.hasPowerOverTerminals else {
                result.unicodeScalars.append(scalar)
                continue
            }
            // All of them are in the basic plane.
            let digits = String(scalar.value, radix: 16)
            result += "\\u" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
        }
        return result
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

    /// Whether behind a backslash it would look like an escape.
    fileprivate var looksEscaped: Bool {
        switch self {
        case "n", "r", "t", "u", "\\": true
        default: hasPowerOverTerminals
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
