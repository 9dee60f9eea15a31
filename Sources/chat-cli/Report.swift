import ChatOptions
import Storage

/// Prints results: a table or lines for people, or one JSON object a line.
struct Report: Sendable {
    /// Whether scripts read it.
    let isJSON: Bool
    /// Whether only ids and names are wanted.
    let isQuiet: Bool
    private let hasColor: Bool
    private let output: Output
    private let errors: Output

    init(_ parsed: ParsedCommand, _ console: Console) {
        isJSON = parsed.flag("json")
        isQuiet = parsed.flag("quiet")
        output = console.output
        errors = console.errors
        hasColor =
            parsed.flagIfGiven("color")
            ?? Terminal.standardOutput(environment: console.environment).allowsColor
    }

    /// Prints one thing in the form that was asked for.
    ///
    /// - Parameters:
    ///   - text: For people; escaped, but for styles.
    ///   - quiet: The id or name alone, nil for nothing.
    ///   - json: The members of the object.
    /// - Throws: `StreamError`.
    func result(
        _ text: @autoclosure () -> String,
        quiet: String?,
        json: (inout JSONWriter) -> Void
    ) throws(StreamError) {
        if isJSON {
            var writer = JSONWriter()
            writer.beginObject()
            json(&writer)
            writer.endObject()
            try object(writer.bytes)
        } else if isQuiet {
            if let quiet { try output.writeLine(quiet.escapedForTerminal()) }
        } else {
            try output.writeLine(text())
        }
    }

    /// Prints an object that is JSON already; what could steer a terminal is escaped.
    func object(_ bytes: [UInt8]) throws(StreamError) {
        try output.writeLine(String(decoding: bytes, as: UTF8.self).escapedInJSON())
    }

    /// Prints rows under a header, if there are any.
    func table(_ header: [String], _ rows: [[String]]) throws(StreamError) {
        guard !rows.isEmpty else { return }
        let lines = TextTable.lines([header] + rows.map { $0.map { $0.escapedForTerminal() } })
        try output.writeLine(bold(lines[0]))
        for line in lines.dropFirst() { try output.writeLine(line) }
    }

    /// Prints a line as it is.
    func line(_ text: String) throws(StreamError) { try output.writeLine(text) }

    /// Tells people something beside the results.
    func note(_ text: String) {
        guard !isQuiet else { return }
        // The work goes on whether or not anybody can be told.
        do throws(StreamError) { try errors.writeLine(text.escapedForTerminal()) } catch {}
    }

    /// Tells of one of several things that failed.
    func error(_ failure: Failure) {
        // As above.
        do throws(StreamError) { try errors.writeLine(failure.text) } catch {}
    }

    /// Text that stands out, where colours are welcome.
    func bold(_ text: String) -> String { hasColor ? "\u{1B}[1m\(text)\u{1B}[0m" : text }

    /// Text that steps back, where colours are welcome.
    func dim(_ text: String) -> String { hasColor ? "\u{1B}[2m\(text)\u{1B}[0m" : text }
}

/// Columns of text.
package enum TextTable {
    /// Rows padded to columns, two spaces apart.
    package static func lines(_ rows: [[String]]) -> [String] {
        let columns = rows.map(\.count).max() ?? 0
        let widths = (0..<columns).map { column in
            rows.map { column < $0.count ? $0[column].columns : 0 }.max() ?? 0
        }
        return rows.map { row in
            var line = ""
            for (cell, width) in zip(row.dropLast(), widths) {
                line += cell + String(repeating: " ", count: width - cell.columns + 2)
            }
            // No spaces at the end, where they would wrap in a narrow terminal.
            return String(((line + (row.last ?? "")).reversed().drop { $0 == " " }).reversed())
        }
    }
}
