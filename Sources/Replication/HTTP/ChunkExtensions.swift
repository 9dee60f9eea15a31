/// What may stand behind the size of a chunk (RFC 9112 §7.1.1): it is checked, and means nothing.
///
/// ```
/// ;name=value;other="a value";flag
/// ```
enum ChunkExtensions {
    private static let semicolon = UInt8(ascii: ";")
    private static let quote = UInt8(ascii: "\"")
    private static let backslash = UInt8(ascii: "\\")

    /// Whether the bytes between a chunk's size and its line's end are extensions.
    static func areValid(_ bytes: ArraySlice<UInt8>) -> Bool {
        var rest = bytes
        while !rest.isEmpty {
            guard rest.popFirst() == semicolon else { return false }
            skipBlanks(&rest)
            guard takeToken(&rest) else { return false }
            skipBlanks(&rest)
            if rest.first == UInt8(ascii: "=") {
                rest.removeFirst()
                skipBlanks(&rest)
                guard rest.first == quote ? takeQuoted(&rest) : takeToken(&rest) else {
                    return false
                }
                skipBlanks(&rest)
            }
        }
        return true
    }

    private static func skipBlanks(_ rest: inout ArraySlice<UInt8>) {
        rest = rest.drop { $0 == ASCII.space || $0 == ASCII.tab }
    }

    private static func takeToken(_ rest: inout ArraySlice<UInt8>) -> Bool {
        let end = rest.firstIndex { !ASCII.isToken($0) } ?? rest.endIndex
        defer { rest = rest[end...] }
        return end > rest.startIndex
    }

    private static func takeQuoted(_ rest: inout ArraySlice<UInt8>) -> Bool {
        rest.removeFirst()
        while let byte = rest.popFirst() {
            if byte == quote { return true }
            let isGood = byte == backslash ? rest.popFirst().map(ASCII.isFieldValue) ?? false : true
            guard isGood, ASCII.isFieldValue(byte) else { return false }
        }
        return false
    }
}
