/// What is to be done.
package enum HTTPMethod: String, Hashable, Sendable {
    /// Read.
    case get = "GET"
    /// Like `get`, but the answer has no body.
    case head = "HEAD"
    /// Do.
    case post = "POST"
    /// Not served by any path, as those below.
    case put = "PUT"
    /// See ``put``.
    case delete = "DELETE"
    /// See ``put``.
    case patch = "PATCH"
    /// See ``put``.
    case options = "OPTIONS"
    /// See ``put``.
    case trace = "TRACE"
}

/// Names a request of one connection, in the order that they came.
package struct HTTPRequestID: Hashable, Comparable, Sendable {
    /// Counts from 0 in each connection.
    package let sequence: UInt64
    /// Orders by arrival.
    package static func < (left: HTTPRequestID, right: HTTPRequestID) -> Bool {
        left.sequence < right.sequence
    }
}

/// A whole request.
package struct HTTPRequest: Sendable {
    /// For ``HTTPConnection/respond(to:_:into:)``.
    package internal(set) var id = HTTPRequestID(sequence: 0)
    /// What is to be done.
    package let method: HTTPMethod
    /// Where: the target up to the question mark, as it came, always with a slash first.
    package let path: String
    /// The target after the question mark, as it came.
    package let query: String?
    /// The header fields.
    package let fields: HTTPFields
    /// The body, often empty.
    package let body: [UInt8]
    /// Whether the client asks for the connection to end after the answer.
    let closes: Bool
    /// Whether it is HTTP/1.0, which knows no chunks, and ends the connection unless it is asked not
    /// to.
    let isVersion10: Bool

    /// The value of a header field; `name` is in lower case.
    package func field(_ name: String) -> String? { fields.first(name) }

    /// The token of `Authorization: Bearer …`.
    package var bearerToken: String? {
        guard let value = fields.firstBytes("authorization"), value.count > 7,
            ASCII.equal(value.prefix(7), "bearer ")
        else { return nil }
        return String(decoding: ASCII.trimmed(value.dropFirst(7)), as: UTF8.self)
    }

    /// The query cannot be read, or in two ways.
    package struct MalformedQuery: Error, Hashable, Sendable {}

    /// The value of a parameter of the query, percent-decoded; nil if it is not there.
    ///
    /// - Throws: ``MalformedQuery`` if any part of the query is not percent-encoded UTF-8, or the
    ///   parameter is there twice.
    package func parameter(_ name: String) throws(MalformedQuery) -> String? {
        var value: String?
        for pair in (query ?? "").utf8.split(separator: UInt8(ascii: "&")) {
            let halves = pair.split(
                separator: UInt8(ascii: "="),
                maxSplits: 1,
                omittingEmptySubsequences: false
            ).map(Self.decoded)
            guard let first = halves.first, let key = first, let text = halves.last ?? nil else {
                throw MalformedQuery()
            }
            guard key == name else { continue }
            guard value == nil else { throw MalformedQuery() }
            value = halves.count == 2 ? text : ""
        }
        return value
    }

    private static func decoded(_ text: Substring.UTF8View) -> String? {
        let bytes = Array(text)
        var plain: [UInt8] = []
        var offset = 0
        while offset < bytes.count {
            let byte = bytes[offset]
            offset += 1
            guard byte == UInt8(ascii: "%") else {
                plain.append(byte == UInt8(ascii: "+") ? ASCII.space : byte)
                continue
            }
            guard offset + 1 < bytes.count, let high = ASCII.hexValue(bytes[offset]),
                let low = ASCII.hexValue(bytes[offset + 1])
            else { return nil }
            plain.append(high << 4 | low)
            offset += 2
        }
        return String(validating: plain, as: UTF8.self)
    }
}
