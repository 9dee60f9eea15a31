/// Reads answers from bytes that come piece by piece: the client's side of ``HTTPConnection``.
package struct HTTPResponseParser: Sendable {
    /// The bytes are no answer, or too much of one.
    package struct Malformed: Error, Hashable, Sendable {
        /// What is wrong, as a clause.
        package var reason: String
    }

    /// A part of an answer.
    package enum Part: Hashable, Sendable {
        /// The status and the header fields.
        case head(status: Int, HTTPFields)
        /// A piece of the body.
        case body([UInt8])
        /// The answer is whole.
        case end
    }

    private enum Phase: Sendable {
        case head(HTTPHeadParser)
        case length(Int)
        case chunks(ChunkDecoder)
        case untilClose
        case end
    }

    private let limits: HTTPLimits
    private var phase: Phase
    private var buffer: [UInt8] = []
    private var start = 0
    private var isInputEnded = false
    /// Whether the connection can take another request after this answer.
    package private(set) var keepsAlive = true

    /// Creates a parser for a connection.
    package init(limits: HTTPLimits = HTTPLimits()) {
        self.limits = limits
        phase = .head(HTTPHeadParser(limits: limits))
    }

    /// Takes what was read from the socket.
    package mutating func receive(_ bytes: ArraySlice<UInt8>) {
        buffer.append(contentsOf: bytes)
    }

    /// The server sends no more.
    package mutating func receiveEnd() { isInputEnded = true }

    /// The next part; nil if bytes are missing.
    ///
    /// - Throws: ``Malformed`` also if the input ended inside an answer, or before it began.
    package mutating func next() throws(Malformed) -> Part? {
        let part = try nextPart()
        if start == buffer.count {
            buffer.removeAll(keepingCapacity: true)
            start = 0
        }
        if part == nil && isInputEnded { throw Malformed(reason: "the connection ended early") }
        return part
    }

    private mutating func nextPart() throws(Malformed) -> Part? {
        switch phase {
        case .head(var parser):
            phase = .end
            return try head(&parser)
        case .length(let left):
            let count = min(left, buffer.count - start)
            guard left > 0 else { return finish() }
            guard count > 0 else { return nil }
            phase = .length(left - count)
            return take(count)
        case .chunks(var decoder):
            guard !decoder.isDone else { return finish() }
            var body: [UInt8] = []
            do {
                try decoder.decode(buffer, from: &start, into: &body)
            } catch {
                throw Malformed(reason: "a bad chunk")
            }
            phase = .chunks(decoder)
            if !body.isEmpty { return .body(body) }
            return decoder.isDone ? finish() : nil
        case .untilClose:
            if start < buffer.count { return take(buffer.count - start) }
            return isInputEnded ? finish() : nil
        case .end: return nil
        }
    }

    private mutating func take(_ count: Int) -> Part {
        defer { start += count }
        return .body(Array(buffer[start..<start + count]))
    }

    private mutating func finish() -> Part {
        phase = .head(HTTPHeadParser(limits: limits))
        return .end
    }

    private mutating func head(_ parser: inout HTTPHeadParser) throws(Malformed) -> Part? {
        let length: Int?
        do {
            length = try parser.parse(buffer, from: start)
        } catch {
            throw Malformed(reason: "a bad head")
        }
        guard let length, let line = parser.firstLine else {
            phase = .head(parser)
            return nil
        }
        let bytes = Array(buffer[start..<start + length])
        start += length
        let status = try Self.status(bytes[line])
        let fields = HTTPFields(head: bytes, parser.fields)
        // `100 Continue` and its like come before the answer.
        if (100..<200).contains(status) {
            phase = .head(HTTPHeadParser(limits: limits))
            return try nextPart()
        }
        try begin(status, fields, isVersion10: bytes[line].starts(with: "HTTP/1.0".utf8))
        return .head(status: status, fields)
    }

    private mutating func begin(
        _ status: Int,
        _ fields: HTTPFields,
        isVersion10: Bool
    ) throws(Malformed) {
        let connection = fields.all("connection")
        keepsAlive = !isVersion10 && !connection.contains { ASCII.list($0, contains: "close") }
        let lengths = fields.all("content-length")
        let codings = fields.all("transfer-encoding")
        if status == 204 || status == 304 {
            phase = .length(0)
        } else if let coding = codings.first {
            guard codings.count == 1, lengths.isEmpty, ASCII.equal(coding, "chunked") else {
                throw Malformed(reason: "an unknown transfer coding")
            }
            phase = .chunks(ChunkDecoder())
        } else if let text = lengths.first {
            guard lengths.count == 1, let length = ASCII.decimal(text),
                length <= limits.bodyBytes
            else { throw Malformed(reason: "a bad length, or more than is accepted") }
            phase = .length(length)
        } else {
            keepsAlive = false
            phase = .untilClose
        }
    }

    private static func status(_ line: ArraySlice<UInt8>) throws(Malformed) -> Int {
        let digits = line.dropFirst(9).prefix(3)
        guard line.starts(with: "HTTP/1.".utf8), digits.count == 3,
            let status = ASCII.decimal(digits), (100..<600).contains(status)
        else { throw Malformed(reason: "no HTTP/1.1 status line") }
        return status
    }
}
