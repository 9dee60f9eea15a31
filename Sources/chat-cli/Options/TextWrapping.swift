/// Breaks text into lines at spaces.
enum TextWrapping {
    /// Wraps `text`; lines that it already has are kept, and a word that is too long has a line of
    /// its own.
    ///
    /// There are `first` spaces before the first line and `hanging` before all others.
    static func wrap(_ text: String, width: Int, first: Int, hanging: Int) -> String {
        var lines: [String] = []
        for paragraph in text.split(separator: "\n", omittingEmptySubsequences: false) {
            var line = spaces(lines.isEmpty ? first : hanging)
            var isEmpty = true
            for word in paragraph.split(separator: " ") {
                if !isEmpty, line.count + 1 + word.count > width {
                    lines.append(line)
                    line = spaces(hanging)
                    isEmpty = true
                }
                line += isEmpty ? String(word) : " \(word)"
                isEmpty = false
            }
            lines.append(isEmpty ? "" : line)
        }
        return lines.joined(separator: "\n")
    }

    private static func spaces(_ count: Int) -> String {
        String(repeating: " ", count: count)
    }
}
