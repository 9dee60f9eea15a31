internal import Storage

/// A host and a port as people write them: `n1.example:7400`, `10.0.0.1:7400`, `[::1]:7400`.
package struct Address: Hashable, Sendable, CustomStringConvertible {
    /// A name or a numeric address, without brackets.
    package var host: String
    /// 0 to let the system choose, when listening.
    package var port: UInt16

    /// Creates an address.
    package init(host: String, port: UInt16) {
        self.host = host
        self.port = port
    }

    /// Reads `host:port`; nil if it is not of this form.
    package init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":") else { return nil }
        var host = text[..<colon]
        let digits = text[text.index(after: colon)...]
        let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
        if isBracketed { host = host.dropFirst().dropLast() }
        guard !host.isEmpty, isBracketed == host.contains(":"),
            let port = UInt16(digits: digits),
            host.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "/") })
        else { return nil }
        self.init(host: String(host), port: port)
    }

    /// As ``init(_:)`` reads it.
    package var description: String {
        host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }

    /// What is wrong with a text that is to be an address, in words that follow it; nil if nothing is.
    package static func fault(of text: String) -> String? {
        if Address(text) != nil { return nil }
        let isWithoutPort = !text.contains(":") || text.hasSuffix("]")
        return isWithoutPort && Address(text + ":1") != nil
            ? "has no port: write \(text):PORT" : "is not host:port"
    }

    /// One spelling for all that name the same place: `Localhost:07410` is `127.0.0.1:7410`.
    ///
    /// For comparisons alone: what is dialled is what was written. Text that is no address stays as
    /// it is.
    package static func normal(_ text: String) -> String {
        guard var address = Address(text) else { return text }
        let host = address.host.lowercased()
        address.host = host == "localhost" ? "127.0.0.1" : host
        return address.description
    }

    /// Whether two texts name the same place, as far as spelling tells.
    package static func isSame(_ one: String, _ other: String) -> Bool {
        one == other || normal(one) == normal(other)
    }
}
