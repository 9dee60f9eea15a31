/// A request as a client makes it.
struct HTTPCall: Sendable {
    var method: HTTPMethod
    var path: String
    var token: String?
    /// Further fields.
    var fields: [(name: String, value: String)] = []
    var body: [UInt8] = []

    /// The request as it goes over the wire.
    ///
    /// - Parameters:
    ///   - host: As the caller named the server.
    ///   - patience: For how long the server may look for a leader; nil leaves it to the server.
    /// - Returns: All bytes of it.
    func bytes(host: String, patience: Duration? = nil) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(256 + body.count)
        bytes.append(contentsOf: method.rawValue.utf8)
        bytes.append(ASCII.space)
        appendTarget(to: &bytes)
        bytes.append(contentsOf: " HTTP/1.1\r\n".utf8)
        bytes.appendField("Host", host)
        if let token { bytes.appendField("Authorization", "Bearer \(token)") }
        if let patience {
            bytes.appendField(ProtocolFields.patienceName, String(max(patience.milliseconds, 1)))
        }
        for field in fields { bytes.appendField(field.name, field.value) }
        if method == .post {
            bytes.appendField("Content-Type", "application/json")
            bytes.appendField("Content-Length", String(body.count))
        }
        bytes.append(contentsOf: "\r\n".utf8)
        bytes.append(contentsOf: body)
        return bytes
    }

    /// The path, with what no target may hold as `%xx`.
    private func appendTarget(to bytes: inout [UInt8]) {
        for byte in path.utf8 {
            if byte > 0x20 && byte < 0x7F {
                bytes.append(byte)
            } else {
                let digits = Array("0123456789ABCDEF".utf8)
                bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
    }
}
