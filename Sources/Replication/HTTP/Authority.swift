/// The host and port of a `Host` field, of an `Origin`, or of a target in absolute form
/// (RFC 3986 §3.2).
struct Authority: Hashable, Sendable {
    /// In lower case, without a dot at the end; a numeric IPv6 address in its brackets.
    let host: String
    /// nil if it is not said.
    let port: UInt16?

    /// Reads `name`, `name:7400`, `10.0.0.1:7400` or `[::1]:7400`; nil for anything else, such as
    /// user information.
    init?(_ bytes: ArraySlice<UInt8>) {
        let hostEnd: Int
        if bytes.first == UInt8(ascii: "[") {
            guard let close = bytes.firstIndex(of: UInt8(ascii: "]")) else { return nil }
            hostEnd = close + 1
            let inside = bytes[(bytes.startIndex + 1)..<close]
            guard !inside.isEmpty, inside.allSatisfy(Self.isOfIPv6) else { return nil }
        } else {
            hostEnd = bytes.firstIndex(of: ASCII.colon) ?? bytes.endIndex
            guard Self.isName(bytes[..<hostEnd]) else { return nil }
        }
        var rest = bytes[hostEnd...]
        if rest.popFirst() == nil {
            port = nil
        } else {
            guard bytes[hostEnd] == ASCII.colon else { return nil }
            // The grammar allows a port without digits.
            guard rest.isEmpty || ASCII.decimal(rest).map({ $0 <= 65_535 }) == true else {
                return nil
            }
            port = ASCII.decimal(rest).map { UInt16(truncatingIfNeeded: $0) }
        }
        host = Self.normal(String(decoding: bytes[..<hostEnd], as: UTF8.self))
    }

    /// A host's name as it is compared.
    static func normal(_ host: String) -> String {
        let lower = host.lowercased()
        return lower.hasSuffix(".") ? String(lower.dropLast()) : lower
    }

    /// Whether the host is a numeric address and no name that somebody's name server answers for.
    ///
    /// A host whose last part is a number is one for every browser (WHATWG URL §3.5).
    var isNumeric: Bool {
        if host.hasPrefix("[") { return true }
        guard let last = host.split(separator: ".", omittingEmptySubsequences: false).last else {
            return false
        }
        return !last.isEmpty && last.utf8.allSatisfy { (0x30...0x39).contains($0) }
    }

    private static func isOfIPv6(_ byte: UInt8) -> Bool {
        ASCII.hexValue(byte) != nil || byte == ASCII.colon || byte == UInt8(ascii: ".")
    }

    /// Whether the bytes are a registered name of at least one byte (RFC 3986 §3.2.2).
    private static func isName(_ bytes: ArraySlice<UInt8>) -> Bool {
        guard !bytes.isEmpty else { return false }
        var digits = 0
        for byte in bytes {
            if digits > 0 {
                guard ASCII.hexValue(byte) != nil else { return false }
                digits -= 1
            } else if byte == UInt8(ascii: "%") {
                digits = 2
            } else if !isOfName(byte) {
                return false
            }
        }
        return digits == 0
    }

    private static func isOfName(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "-._~!$&'()*+,;=".utf8.contains(byte)
        }
    }
}
