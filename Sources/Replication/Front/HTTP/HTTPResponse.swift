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

    /// The answer to what the domain refuses.
    package static func refusal(_ refusal: Refusal) -> HTTPResponse {
        error(HTTPStatus(refusal.kind), code: refusal.code, message: refusal.message)
    }

    /// The answer to bytes that are no request; it ends the connection.
    static func unreadable(_ status: HTTPStatus) -> HTTPResponse {
        let code = status.reason.lowercased().replacing(" ", with: "_")
        return error(
            status,
            code: "http_\(code)",
            message: "the HTTP request was not understood: "
                + "\(status.code) \(status.reason)",
            closes: true
        )
    }

    /// Appends the answer as it goes over the wire.
    ///
    /// `common` are fields that all answers have; `isHead` leaves the body out, but not its length.
    func write(to output: inout [UInt8], common: [UInt8], isHead: Bool, closes: Bool) {
        output.append(contentsOf: status.line)
        output.append(contentsOf: common)
        output.append(contentsOf: fields)
        if let contentType { output.appendField("Content-Type", contentType) }
        if closes { output.append(contentsOf: "Connection: close\r\n".utf8) }
        output.append(contentsOf: "Content-Length: ".utf8)
        output.appendDecimal(body.count)
        output.append(contentsOf: "\r\n\r\n".utf8)
        if !isHead { output.append(contentsOf: body) }
    }

    /// Appends the head of an answer whose body goes on until the connection ends.
    func writeStreamHead(to output: inout [UInt8], common: [UInt8]) {
        output.append(contentsOf: status.line)
        output.append(contentsOf: common)
        output.append(contentsOf: fields)
        if let contentType { output.appendField("Content-Type", contentType) }
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

    /// Appends a number that is not negative.
    mutating func appendDecimal(_ value: Int) {
        if value >= 10 { appendDecimal(value / 10) }
        append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value % 10))
    }
}
