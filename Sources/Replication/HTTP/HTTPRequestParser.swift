/// Reads requests from bytes that come piece by piece.
///
/// Whatever the bytes are, it does not trap, and how they are cut makes no difference. What could
/// be read in two ways is refused: a length that is given twice or beside a transfer coding, a bare
/// line feed, a folded field.
struct HTTPRequestParser: Sendable {
    private enum Phase: Sendable {
        case head(HTTPHeadParser)
        case body(Head, length: Int)
        case chunks(Head, ChunkDecoder, body: [UInt8])
        case failed
    }

    private struct Head: Sendable {
        var line: HTTPRequestLine
        var fields: HTTPFields
        var closes: Bool
    }

    private let limits: HTTPLimits
    private var phase: Phase
    private var buffer: [UInt8] = []
    /// Where the unread part of `buffer` begins.
    private var start = 0
    /// Whether a request that is being read waits for `100 Continue` before its body.
    private(set) var expectsContinue = false

    init(limits: HTTPLimits) {
        self.limits = limits
        phase = .head(HTTPHeadParser(limits: limits))
    }

    /// Number of bytes that were received and not yet read.
    var unreadBytes: Int { buffer.count - start }

    /// Number of bytes of a request that is not whole.
    var receivedBytes: Int {
        if case .chunks(_, _, let body) = phase { body.count + unreadBytes } else { unreadBytes }
    }

    /// How many bytes a request that has begun and is not whole may come to; 0 for none.
    var requestBytes: Int {
        switch phase {
        case .failed: 0
        case .head: unreadBytes == 0 ? 0 : unreadBytes < 4_096 ? unreadBytes : limits.headBytes
        case .body(_, let length): length
        case .chunks: limits.bodyBytes
        }
    }

    /// Whether a request has begun and is not whole.
    var isInsideRequest: Bool {
        if case .head = phase { unreadBytes > 0 } else { true }
    }

    /// Takes bytes.
    mutating func receive(_ bytes: ArraySlice<UInt8>) {
        if case .failed = phase { return }
        buffer.append(contentsOf: bytes)
    }

    /// The next request that is whole; nil if bytes are missing, and for ever after an error.
    ///
    /// - Throws: ``HTTPStatus``, once: the answer to what cannot be read on.
    mutating func next() throws(HTTPStatus) -> HTTPRequest? {
        do throws(HTTPStatus) {
            if case .head(let parser) = phase {
                phase = .failed
                try parseHead(parser)
            }
            guard let request = try parseBody() else { return nil }
            expectsContinue = false
            phase = .head(HTTPHeadParser(limits: limits))
            reclaim()
            return request
        } catch {
            stop()
            throw error
        }
    }

    /// Reads nothing from now on.
    mutating func stop() {
        phase = .failed
        expectsContinue = false
        buffer = []
        start = 0
    }

    /// The client has been told to go on with the body.
    mutating func didContinue() { expectsContinue = false }

    private mutating func parseHead(_ parser: HTTPHeadParser) throws(HTTPStatus) {
        var parser = parser
        let length: Int?
        do {
            length = try parser.parse(buffer, from: start)
        } catch {
            throw switch error {
            case .syntax: .badRequest
            case .lineTooLong: .targetTooLong
            case .fieldsTooLarge: .fieldsTooLarge
            }
        }
        guard let length, let line = parser.firstLine else {
            phase = .head(parser)
            return
        }
        let bytes = Array(buffer[start..<start + length])
        start += length
        let fields = HTTPFields(head: bytes, parser.fields)
        try begin(HTTPRequestLine(bytes[line]), fields)
    }

    /// Learns from the fields how long the body is.
    private mutating func begin(
        _ line: HTTPRequestLine,
        _ fields: HTTPFields
    ) throws(HTTPStatus) {
        try checkSingle(fields)
        try checkHost(fields, line)
        let head = Head(line: line, fields: fields, closes: Self.closes(line, fields))
        let lengths = fields.all("content-length")
        let codings = fields.all("transfer-encoding")
        if let coding = codings.first {
            guard codings.count == 1, lengths.isEmpty, !line.isVersion10 else {
                throw .badRequest
            }
            try check(coding: coding)
            phase = .chunks(head, ChunkDecoder(), body: [])
        } else {
            phase = .body(head, length: try length(lengths))
        }
        try notice(fields.all("expect"), line)
    }

    /// Fields that two readers could take for different ones if they came twice.
    private static let singleFields = [
        "authorization", "idempotency-key", "idempotency-since", "last-event-id", "content-type",
        "origin",
    ]

    private func checkSingle(_ fields: HTTPFields) throws(HTTPStatus) {
        for name in Self.singleFields where fields.count(of: name) > 1 { throw .badRequest }
    }

    /// HTTP/1.1 has one `Host`, which may be empty (RFC 9112 §3.2).
    private func checkHost(
        _ fields: HTTPFields,
        _ line: HTTPRequestLine
    ) throws(HTTPStatus) {
        let hosts = fields.all("host")
        guard hosts.count == 1 || hosts.isEmpty && line.isVersion10 else { throw .badRequest }
        guard let host = hosts.first, !host.isEmpty else { return }
        guard Authority(host) != nil else { throw .badRequest }
    }

    private static func closes(_ line: HTTPRequestLine, _ fields: HTTPFields) -> Bool {
        let options = fields.all("connection")
        if options.contains(where: { ASCII.list($0, contains: "close") }) { return true }
        return line.isVersion10 && !options.contains { ASCII.list($0, contains: "keep-alive") }
    }

    /// Without `chunked` as its last coding a body has no end (RFC 9112 §6.3); before it none is known
    /// here.
    private func check(coding: ArraySlice<UInt8>) throws(HTTPStatus) {
        let codings = coding.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
            .map(ASCII.trimmed)
        guard let last = codings.last, ASCII.equal(last, "chunked") else { throw .badRequest }
        for earlier in codings.dropLast() {
            guard !earlier.isEmpty, !ASCII.equal(earlier, "chunked") else { throw .badRequest }
            throw .notImplemented
        }
    }

    private func length(_ lengths: [ArraySlice<UInt8>]) throws(HTTPStatus) -> Int {
        guard let first = lengths.first else { return 0 }
        // A length that no `Int` can hold is still a length, if it is digits only.
        guard lengths.count == 1, !first.isEmpty,
            first.allSatisfy({ (0x30...0x39).contains($0) })
        else { throw .badRequest }
        guard let length = ASCII.decimal(first), length <= limits.bodyBytes else {
            throw .contentTooLarge
        }
        return length
    }

    private mutating func notice(
        _ expectations: [ArraySlice<UInt8>],
        _ line: HTTPRequestLine
    ) throws(HTTPStatus) {
        guard let expectation = expectations.first, !line.isVersion10 else { return }
        guard expectations.count == 1, ASCII.equal(expectation, "100-continue") else {
            throw .expectationFailed
        }
        expectsContinue = true
    }

    private mutating func parseBody() throws(HTTPStatus) -> HTTPRequest? {
        switch phase {
        case .head, .failed: return nil
        case .body(let head, let length):
            guard unreadBytes >= length else { return nil }
            let body = length == 0 ? [] : Array(buffer[start..<start + length])
            start += length
            return request(head, body)
        case .chunks(let head, var decoder, var body):
            // The copy in `phase` would make every append copy the body.
            phase = .failed
            do {
                try decoder.decode(buffer, from: &start, into: &body)
            } catch {
                throw .badRequest
            }
            guard body.count <= limits.bodyBytes else { throw .contentTooLarge }
            if decoder.isDone { return request(head, body) }
            phase = .chunks(head, decoder, body: body)
            reclaim()
            return nil
        }
    }

    private func request(_ head: Head, _ body: [UInt8]) -> HTTPRequest {
        HTTPRequest(
            method: head.line.method,
            path: head.line.path,
            query: head.line.query,
            fields: head.fields,
            body: body,
            closes: head.closes,
            isVersion10: head.line.isVersion10
        )
    }

    /// Forgets what was read.
    ///
    /// A large buffer is given back: most connections are idle.
    private mutating func reclaim() {
        if start == buffer.count {
            buffer.removeAll(keepingCapacity: buffer.capacity <= 1 << 12)
            start = 0
        } else if start >= 1 << 16 {
            buffer.removeFirst(start)
            start = 0
        }
    }
}
