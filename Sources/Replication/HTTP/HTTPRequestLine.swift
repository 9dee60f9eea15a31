/// The first line of a request.
struct HTTPRequestLine: Sendable {
    let method: HTTPMethod
    let path: String
    let query: String?
    /// Whether it is HTTP/1.0, whose connection ends with the answer unless the client asks otherwise.
    let isVersion10: Bool

    /// Reads `POST /v1/requests HTTP/1.1`.
    ///
    /// - Throws: ``HTTPStatus``: 400 for what is no request line, 501 for methods that are not known,
    ///   405 for `CONNECT`, which has no path, 505 for other versions.
    init(_ line: ArraySlice<UInt8>) throws(HTTPStatus) {
        let parts = line.split(separator: ASCII.space, omittingEmptySubsequences: false)
        guard parts.count == 3 else { throw .badRequest }
        isVersion10 = try Self.isVersion10(parts[2])
        method = try Self.method(parts[0])
        guard parts[1].allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { throw .badRequest }
        var target = try Self.origin(of: parts[1], method)
        if let mark = target.firstIndex(of: UInt8(ascii: "?")) {
            query = String(decoding: target[(mark + 1)...], as: UTF8.self)
            target = target[..<mark]
        } else {
            query = nil
        }
        path = target.isEmpty ? "/" : String(decoding: target, as: UTF8.self)
    }

    private static func method(_ bytes: ArraySlice<UInt8>) throws(HTTPStatus) -> HTTPMethod {
        switch bytes.count {
        case 3 where bytes.elementsEqual("GET".utf8): return .get
        case 4 where bytes.elementsEqual("POST".utf8): return .post
        case 4 where bytes.elementsEqual("HEAD".utf8): return .head
        default: break
        }
        guard !bytes.isEmpty, bytes.allSatisfy(ASCII.isToken) else { throw .badRequest }
        let name = String(decoding: bytes, as: UTF8.self)
        if name == "CONNECT" { throw .methodNotAllowed }
        guard let method = HTTPMethod(rawValue: name) else { throw .notImplemented }
        return method
    }

    /// Whether it is HTTP/1.0; a later minor version is served as HTTP/1.1 (RFC 9110 §2.5).
    private static func isVersion10(_ bytes: ArraySlice<UInt8>) throws(HTTPStatus) -> Bool {
        if bytes.elementsEqual("HTTP/1.1".utf8) { return false }
        let digits = bytes.dropFirst(5)
        guard bytes.starts(with: "HTTP/".utf8), digits.count == 3, let major = digits.first,
            let minor = digits.last, digits.dropFirst().first == UInt8(ascii: "."),
            (0x30...0x39).contains(major), (0x30...0x39).contains(minor)
        else { throw .badRequest }
        guard major == UInt8(ascii: "1") else { throw .versionNotSupported }
        return minor == UInt8(ascii: "0")
    }

    /// The path and query: all of `/path?query`, the end of `http://host/path?query`.
    private static func origin(
        of target: ArraySlice<UInt8>,
        _ method: HTTPMethod
    ) throws(HTTPStatus) -> ArraySlice<UInt8> {
        if target.first == UInt8(ascii: "/") { return target }
        if method == .options, target.elementsEqual("*".utf8) { return target }
        for scheme in ["http://", "https://"] {
            let length = scheme.utf8.count
            guard ASCII.equal(target.prefix(length), scheme) else { continue }
            let rest = target.dropFirst(length)
            let end = rest.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") }
            guard Authority(rest[..<(end ?? rest.endIndex)]) != nil else { throw .badRequest }
            return rest[(end ?? rest.endIndex)...]
        }
        throw .badRequest
    }
}
