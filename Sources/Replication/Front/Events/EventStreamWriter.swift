/// Writes server-sent events (WHATWG HTML §9.2).
package enum EventStreamWriter {
    /// The answer that begins a stream.
    package static var response: HTTPResponse {
        var fields: [UInt8] = []
        fields.appendField("Cache-Control", "no-store")
        // Proxies that gather answers would hold events back.
        fields.appendField("X-Accel-Buffering", "no")
        return HTTPResponse(contentType: "text/event-stream", fields: fields)
    }

    /// Appends an event.
    ///
    /// The id is where a client that comes back goes on; id and name are one line, and each line of
    /// the data becomes a `data:` line.
    package static func write(
        id: String?,
        name: String,
        data: [UInt8],
        to output: inout [UInt8]
    ) {
        if let id { line("id: ", id, to: &output) }
        line("event: ", name, to: &output)
        // JSON has no line ends, so one line is the rule.
        if data.contains(where: { $0 == ASCII.lineFeed || $0 == ASCII.carriageReturn }) {
            for part in data.split(separator: ASCII.lineFeed, omittingEmptySubsequences: false) {
                dataLine(part.filter { $0 != ASCII.carriageReturn }, to: &output)
            }
        } else {
            dataLine(data, to: &output)
        }
        output.append(ASCII.lineFeed)
    }

    /// Appends a line that clients read over, to show that the stream lives.
    package static func writeComment(_ text: String = "", to output: inout [UInt8]) {
        line(": ", text, to: &output)
        output.append(ASCII.lineFeed)
    }

    /// Appends how long a reader waits before it comes back.
    package static func writeRetry(milliseconds: Int, to output: inout [UInt8]) {
        line("retry: ", String(milliseconds), to: &output)
        output.append(ASCII.lineFeed)
    }

    private static func dataLine(_ bytes: [UInt8], to output: inout [UInt8]) {
        output.append(contentsOf: "data: ".utf8)
        output.append(contentsOf: bytes)
        output.append(ASCII.lineFeed)
    }

    private static func line(_ field: String, _ value: String, to output: inout [UInt8]) {
        output.append(contentsOf: field.utf8)
        output.append(contentsOf: value.utf8.lazy.filter(ASCII.isFieldValue))
        output.append(ASCII.lineFeed)
    }
}
