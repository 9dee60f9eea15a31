/// Finds the lines of a message's head, and the fields in them, in bytes that come piece by piece.
///
/// Strict, since two readers that disagree about where a request ends can be played against each
/// other: a line ends with CR LF and nothing else, no field goes on in a second line, no space
/// stands before the colon.
struct HTTPHeadParser: Sendable {
    /// Why a head is refused.
    enum Failure: Error, Hashable, Sendable {
        case syntax
        case lineTooLong
        case fieldsTooLarge
    }

    private let limits: HTTPLimits
    /// Where the line begins that is looked at, counted from the start of the head.
    private var lineStart = 0
    /// Up to where no line feed was found.
    private var scanned = 0
    private(set) var firstLine: Range<Int>?
    private(set) var fields: [HTTPFields.Field] = []

    init(limits: HTTPLimits) {
        self.limits = limits
    }

    /// Looks at the bytes from `start` on; the length of the head once it is whole.
    mutating func parse(_ bytes: [UInt8], from start: Int) throws(Failure) -> Int? {
        while let line = nextLine(bytes, from: start) {
            let range = try content(of: line, in: bytes, from: start)
            lineStart = line.upperBound
            guard let firstLine else {
                // Empty lines before a message are skipped (RFC 9112 §2.2).
                if !range.isEmpty { self.firstLine = range }
                try checkLength()
                continue
            }
            guard lineStart - firstLine.upperBound - 2 <= limits.fieldBytes else {
                throw .fieldsTooLarge
            }
            if range.isEmpty { return lineStart }
            try addField(range, in: bytes, from: start)
        }
        try checkPartialLength()
        return nil
    }

    private mutating func nextLine(_ bytes: [UInt8], from start: Int) -> Range<Int>? {
        let span = bytes.span
        var offset = start + scanned
        while offset < span.count {
            if span[offset] == ASCII.lineFeed {
                scanned = offset + 1 - start
                return lineStart..<scanned
            }
            offset += 1
        }
        scanned = max(scanned, span.count - start)
        return nil
    }

    /// The line without its end.
    private func content(
        of line: Range<Int>,
        in bytes: [UInt8],
        from start: Int
    ) throws(Failure) -> Range<Int> {
        guard line.count >= 2, bytes[start + line.upperBound - 2] == ASCII.carriageReturn else {
            throw .syntax
        }
        return line.lowerBound..<line.upperBound - 2
    }

    private func checkLength() throws(Failure) {
        if let firstLine, firstLine.count + 2 > limits.lineBytes { throw .lineTooLong }
        // So much of empty lines is no mistake.
        if firstLine == nil, lineStart > 64 { throw .syntax }
    }

    private func checkPartialLength() throws(Failure) {
        guard let firstLine else {
            if scanned - lineStart > limits.lineBytes { throw .lineTooLong }
            return
        }
        if scanned - firstLine.upperBound - 2 > limits.fieldBytes { throw .fieldsTooLarge }
    }

    private mutating func addField(
        _ line: Range<Int>,
        in bytes: [UInt8],
        from start: Int
    ) throws(Failure) {
        guard fields.count < limits.fields else { throw .fieldsTooLarge }
        let span = bytes.span
        var colon = line.lowerBound
        while colon < line.upperBound, ASCII.isToken(span[start + colon]) { colon += 1 }
        guard colon > line.lowerBound, colon < line.upperBound,
            span[start + colon] == ASCII.colon
        else { throw .syntax }
        var (low, high) = (colon + 1, line.upperBound)
        while low < high, Self.isBlank(span[start + low]) { low += 1 }
        while high > low, Self.isBlank(span[start + high - 1]) { high -= 1 }
        for offset in low..<high where !ASCII.isFieldValue(span[start + offset]) { throw .syntax }
        if fields.isEmpty { fields.reserveCapacity(12) }
        fields.append(
            HTTPFields.Field(
                nameStart: Int32(clamping: line.lowerBound),
                nameEnd: Int32(clamping: colon),
                valueStart: Int32(clamping: low),
                valueEnd: Int32(clamping: high)
            )
        )
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == ASCII.space || byte == ASCII.tab }
}
