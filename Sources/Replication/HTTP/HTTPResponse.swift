internal import Storage

/// An answer.
package struct HTTPResponse: Sendable {
    /// The status.
    package var status: HTTPStatus
    /// The `Content-Type`; nil if there is no body.
    package var contentType: String?
    /// Further fields, each as `Name: value\r\n`; nothing in them may come from a client unchecked.
    package var fields: [UInt8]
    /// The body.
    package var body: [UInt8]
    /// Whether the connection ends after it.
    package var closes: Bool

    /// Creates an answer.
    package init(
        _ status: HTTPStatus = .ok,
        contentType: String? = "application/json",
        fields: [UInt8] = [],
        body: [UInt8] = [],
        closes: Bool = false
    ) {
        self.status = status
        self.contentType = contentType
        self.fields = fields
        self.body = body
        self.closes = closes
    }

    /// `{"error":{"code":"…","message":"…"}}`.
    package static func error(
        _ status: HTTPStatus,
        code: String,
        message: String,
        closes: Bool = false
    ) -> HTTPResponse {
        var writer = JSONWriter(reserving: 48 + code.utf8.count + message.utf8.count)
        writer.oneCase("error") { writer in
            writer.member("code", code)
            writer.member("message", message)
        }
        return HTTPResponse(status, body: writer.bytes, closes: closes)
    }

    /// The answer for a rejection by the state machine; one to a caller without a session says what would be
    /// one (RFC 9110 §15.5.2).
    package static func refusal(_ refusal: Refusal) -> HTTPResponse {
        var response = error(
            HTTPStatus(refusal.kind),
            code: refusal.code,
            message: refusal.message
        )
        if response.status == .unauthorized {
            response.fields.appendField("WWW-Authenticate", "Bearer")
        }
        return response
    }

    /// The answer to bytes that are no request; it ends the connection.
    static func unreadable(_ status: HTTPStatus) -> HTTPResponse {
        let code = status.reason.lowercased().replacing(" ", with: "_")
        let message =
            status == .requestTimeout
            ? "the request did not come whole in time; nothing was done"
            : "the HTTP request was not understood: \(status.code) \(status.reason)"
        var response = error(status, code: "http_\(code)", message: message, closes: true)
        if status == .methodNotAllowed {
            response.fields.appendField("Allow", "GET, HEAD, POST")
        }
        return response
    }

    /// What an answer says of the connection.
    enum End: Sendable {
        /// Nothing: it goes on.
        case unsaid
        /// It goes on, though the client speaks HTTP/1.0.
        case keepsAlive
        /// It ends with the answer.
        case closes
    }

    /// Appends the answer as it goes over the wire.
    ///
    /// `common` are fields that all answers have; `isHead` leaves the body out, but not its length.
    func write(to output: inout [UInt8], common: [UInt8], isHead: Bool, _ end: End) {
        output.append(contentsOf: status.line)
        output.append(contentsOf: common)
        output.append(contentsOf: fields)
        if let contentType { output.appendField("Content-Type", contentType) }
        switch end {
        case .unsaid: break
        case .keepsAlive: output.appendField("Connection", "keep-alive")
        case .closes: output.append(contentsOf: "Connection: close\r\n".utf8)
        }
        output.append(contentsOf: "Content-Length: ".utf8)
        output.appendDecimal(body.count)
        output.append(contentsOf: "\r\n\r\n".utf8)
        if !isHead { output.append(contentsOf: body) }
    }

    /// Appends the head of an answer whose body goes on until its last chunk, or until the connection
    /// ends.
    func writeStreamHead(to output: inout [UInt8], common: [UInt8], isChunked: Bool) {
        output.append(contentsOf: status.line)
        output.append(contentsOf: common)
        output.append(contentsOf: fields)
        if let contentType { output.appendField("Content-Type", contentType) }
        if isChunked { output.append(contentsOf: "Transfer-Encoding: chunked\r\n".utf8) }
        output.append(contentsOf: "Connection: close\r\n\r\n".utf8)
    }
}

extension HTTPStatus {
    /// `HTTP/1.1 200 OK`, with its end.
    fileprivate var line: [UInt8] {
        if code == 200 { return Self.okLine }
        return Array("HTTP/1.1 \(code) \(reason)\r\n".utf8)
    }
    private static let okLine = Array("HTTP/1.1 200 OK\r\n".utf8)
}

extension [UInt8] {
    /// Appends `Name: value` and the line's end.
    ///
    /// Bytes of the value that no field may hold are left out, so that no value can end its line.
    package mutating func appendField(_ name: String, _ value: String) {
        append(contentsOf: name.utf8)
        append(contentsOf: ": ".utf8)
        append(contentsOf: value.utf8.lazy.filter(ASCII.isFieldValue))
        append(contentsOf: "\r\n".utf8)
    }

    /// Appends what `write` appends, as one chunk (RFC 9112 §7.1); nothing if that is nothing.
    mutating func appendChunk(_ write: (inout [UInt8]) -> Void) {
        var piece: [UInt8] = []
        write(&piece)
        // A chunk of no bytes would be the last one.
        guard !piece.isEmpty else { return }
        append(contentsOf: String(piece.count, radix: 16).utf8)
        append(contentsOf: "\r\n".utf8)
        append(contentsOf: piece)
        append(contentsOf: "\r\n".utf8)
    }

    /// Appends the end of what went out in chunks.
    mutating func appendLastChunk() { append(contentsOf: "0\r\n\r\n".utf8) }

    /// Appends a number that is not negative.
    mutating func appendDecimal(_ value: Int) {
        if value >= 10 { appendDecimal(value / 10) }
        append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value % 10))
    }
}
