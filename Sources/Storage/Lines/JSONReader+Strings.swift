extension JSONReader {
    /// Reads a string.
    public mutating func string() throws(LineError) -> String {
        let start = try openString()
        var end = start
        var bits: UInt8 = 0
        while end < limit {
            let byte = bytes[end]
            if byte == UInt8(ascii: "\"") {
                position = end + 1
                // All ASCII is valid UTF-8; for short strings the check costs more than the string.
                if bits < 0x80 { return String(decoding: bytes[start..<end], as: UTF8.self) }
                guard let text = String(validating: bytes[start..<end], as: UTF8.self) else {
                    throw LineError(.invalidUTF8, at: start)
                }
                return text
            }
            if byte == UInt8(ascii: "\\") { return try escapedString(from: start, to: end) }
            guard byte >= 0x20 else { throw LineError(.unexpectedByte(byte), at: end) }
            bits |= byte
            end += 1
        }
        throw LineError(.unexpectedEnd, at: limit)
    }

    mutating func openString() throws(LineError) -> Int {
        skipWhiteSpace()
        guard let byte = current else { throw error(.unexpectedEnd) }
        guard byte == UInt8(ascii: "\"") else { throw error(.expected("a string")) }
        return position + 1
    }

    private mutating func escapedString(
        from start: Int,
        to firstEscape: Int
    ) throws(LineError) -> String {
        var text = Array(bytes[start..<firstEscape])
        position = firstEscape
        while let byte = current {
            position += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let string = String(validating: text, as: UTF8.self) else {
                    throw LineError(.invalidUTF8, at: start)
                }
                return string
            case UInt8(ascii: "\\"):
                try appendEscape(to: &text)
            case 0..<0x20:
                throw LineError(.unexpectedByte(byte), at: position - 1)
            default:
                text.append(byte)
            }
        }
        throw error(.unexpectedEnd)
    }

    private mutating func appendEscape(to text: inout [UInt8]) throws(LineError) {
        guard let byte = current else { throw error(.unexpectedEnd) }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "u"): text.append(contentsOf: String(try unicodeEscape()).utf8)
        default: throw LineError(.unexpectedByte(byte), at: position - 1)
        }
    }

    private mutating func unicodeEscape() throws(LineError) -> Unicode.Scalar {
        let start = position
        let first = try fourHexDigits()
        if let scalar = Unicode.Scalar(first) { return scalar }
        // A leading surrogate must be followed by a trailing one.
        guard (0xD800..<0xDC00).contains(first), current == UInt8(ascii: "\\") else {
            throw LineError(.loneSurrogate, at: start)
        }
        position += 1
        guard current == UInt8(ascii: "u") else { throw LineError(.loneSurrogate, at: start) }
        position += 1
        let second = try fourHexDigits()
        guard (0xDC00..<0xE000).contains(second),
            let scalar = Unicode.Scalar(
                0x1_0000 + (UInt32(first) - 0xD800) << 10 + (UInt32(second) - 0xDC00)
            )
        else { throw LineError(.loneSurrogate, at: start) }
        return scalar
    }

    private mutating func fourHexDigits() throws(LineError) -> UInt16 {
        var value: UInt16 = 0
        for _ in 0..<4 {
            guard let byte = current else { throw error(.unexpectedEnd) }
            let digit: UInt8
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
            default: throw error(.unexpectedByte(byte))
            }
            value = value << 4 | UInt16(digit)
            position += 1
        }
        return value
    }
}
