/// The first line of a request.
struct HTTPRequestLine: Sendable {
    let method: HTTPMethod
    let path: String
    let query: String?
    /// Whether it is HTTP/1.0, which ends the connection after each answer.
    let isVersion10: Bool

    /// Reads `POST /v1/requests HTTP/1.1`.
    ///
    /// - Throws: ``HTTPStatus``: 400 for what is no request line, 405 and 501 for methods that are
    ///   not served, 505 for other versions.
    init(_ line: ArraySlice<UInt8>) throws(HTTPStatus) {
        let parts = line.split(separator: ASCII.space, omittingEmptySubsequences: false)
        guard parts.count == 3 else { throw .badRequest }
        isVersion10 = try Self.isVersion10(parts[2])
        method = try Self.method(parts[0])
        let target = try Self.origin(of: parts[1])
        if let mark = target.firstIndex(of: UInt8(ascii: "?")) {
            path = String(decoding: target[..<mark], as: UTF8.self)
            query = String(decoding: target[(mark + 1)...], as: UTF8.self)
        } else {
            path = String(decoding: target, as: UTF8.self)
            query = nil
        }
    }

    private static func method(_ bytes: ArraySlice<UInt8>) throws(HTTPStatus) -> HTTPMethod {
        switch bytes.count {
        case 3 where bytes.elementsEqual("GET".utf8): return .get
        case 4 where bytes.elementsEqual("POST".utf8): return .post
        case 4 where bytes.elementsEqual("HEAD".utf8): return .head
        default: break
        }
        guard !bytes.isEmpty, bytes.allSatisfy(ASCII.isToken) else { throw .badRequest }
        switch String(decoding: bytes, as: UTF8.self) {
        case "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT": throw .methodNotAllowed
        default: throw .notImplemented
        }
    }

    private static func isVersion10(_ bytes: ArraySlice<UInt8>) throws(HTTPStatus) -> Bool {
        if bytes.elementsEqual("HTTP/1.1".utf8) { return false }
        if bytes.elementsEqual("HTTP/1.0".utf8) { return true }
        let digits = bytes.dropFirst(5)
        guard bytes.starts(with: "HTTP/".utf8), digits.count == 3,
            digits.first.map({ (0x30...0x39).contains($0) }) == true,
            digits.dropFirst().first == UInt8(ascii: "."),
            digits.last.map({ (0x30...0x39).contains($0) }) == true
        else { throw .badRequest }
        throw .versionNotSupported
    }

    /// The path and query: all of `/path?query`, the end of `http://host/path?query`.
    private static func origin(
        of target: ArraySlice<UInt8>
    ) throws(HTTPStatus) -> ArraySlice<UInt8> {
        guard target.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { throw .badRequest }
        if target.first == UInt8(ascii: "/") { return target }
        guard target.count > 7, ASCII.equal(target.prefix(7), "http://"),
            let slash = target.dropFirst(7).firstIndex(of: UInt8(ascii: "/"))
        else { throw .badRequest }
        return target[slash...]
    }
}
