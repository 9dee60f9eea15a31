/// Reads JSON strictly, value by value, and never traps whatever the bytes are.
///
/// Refused: doubled members, lone surrogates, invalid UTF-8, numbers that are not integers of 64
/// bits, a byte order mark, trailing commas, nesting beyond ``maximumDepth``. White space and any
/// order of members are accepted. This is the only code that indexes bytes from network or disk.
public struct JSONReader: Sendable {
    /// How deep objects and arrays may be nested.
    public static let maximumDepth = 32

    let bytes: [UInt8]
    let limit: Int
    /// The offset of the next byte.
    public private(set) var position: Int
    private var depth = 0
    private let depthLimit: Int

    /// Reads all of `bytes`.
    public init(_ bytes: [UInt8]) {
        self.init(bytes, in: bytes.indices)
    }

    /// Reads all of `bytes`, nested no deeper than this: they are to stand inside of another value.
    public init(_ bytes: [UInt8], nestedUpTo depth: Int) {
        self.init(bytes, in: bytes.indices, nestedUpTo: depth)
    }

    /// Reads a part of `bytes`; offsets in errors count from the start of `bytes`.
    public init(_ bytes: [UInt8], in range: Range<Int>) {
        self.init(bytes, in: range, nestedUpTo: Self.maximumDepth)
    }

    private init(_ bytes: [UInt8], in range: Range<Int>, nestedUpTo depth: Int) {
        depthLimit = min(depth, Self.maximumDepth)
        self.bytes = bytes
        limit = min(range.upperBound, bytes.count)
        position = max(0, range.lowerBound)
    }

    /// What kind of value comes next, by its first byte.
    public enum Kind: Sendable {
        case object, array, string, number, boolean, null
    }

    /// Looks at the next value without reading it.
    public mutating func peek() throws(LineError) -> Kind {
        skipWhiteSpace()
        guard let byte = current else { throw error(.unexpectedEnd) }
        switch byte {
        case UInt8(ascii: "{"): return .object
        case UInt8(ascii: "["): return .array
        case UInt8(ascii: "\""): return .string
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number
        case UInt8(ascii: "t"), UInt8(ascii: "f"): return .boolean
        case UInt8(ascii: "n"): return .null
        default: throw error(.unexpectedByte(byte))
        }
    }

    /// Reads an object, calling `member` for each name; `member` must read exactly its value.
    ///
    /// - Complexity: O(*n*) in the number of bytes.
    public mutating func members(
        _ member: (_ name: String, inout JSONReader) throws(LineError) -> Void
    ) throws(LineError) {
        try open(UInt8(ascii: "{"), "an object")
        var names = Names()
        if try !closes(UInt8(ascii: "}")) {
            repeat {
                let start = position
                let name = try string()
                guard names.insert(name) else { throw LineError(.doubledMember(name), at: start) }
                try expect(UInt8(ascii: ":"))
                try member(name, &self)
            } while try continues(UInt8(ascii: "}"))
        }
        depth -= 1
    }

    /// The names of one object so far, told apart by their bytes.
    private struct Names {
        private var few: [String] = []
        private var many: Set<[UInt8]> = []

        /// Adds a name and says whether it is new; few are walked over, which beats a set of them.
        mutating func insert(_ name: String) -> Bool {
            guard many.isEmpty else { return many.insert(Array(name.utf8)).inserted }
            // `==` alone would also take two ways to write one accented letter for the same name.
            guard !few.contains(where: { $0 == name && $0.utf8.elementsEqual(name.utf8) }) else {
                return false
            }
            if few.isEmpty { few.reserveCapacity(8) }
            few.append(name)
            if few.count == 32 { many = Set(few.map { Array($0.utf8) }) }
            return true
        }
    }

    /// Reads an array, calling `element` for each element; `element` must read exactly one value.
    public mutating func elements(
        _ element: (inout JSONReader) throws(LineError) -> Void
    ) throws(LineError) {
        try open(UInt8(ascii: "["), "an array")
        if try !closes(UInt8(ascii: "]")) {
            repeat { try element(&self) } while try continues(UInt8(ascii: "]"))
        }
        depth -= 1
    }

    /// Reads `{"name":value}`, the form of an enumeration's case, and gives what `value` gives.
    public mutating func oneCase<Value>(
        _ value: (_ name: String, inout JSONReader) throws(LineError) -> Value
    ) throws(LineError) -> Value {
        let start = position
        var found: Value?
        try members { (name, reader) throws(LineError) in
            guard found == nil else { throw LineError(.unknownMember(name), at: start) }
            found = try value(name, &reader)
        }
        guard let found else {
            throw LineError(.expected("an object with one member"), at: start)
        }
        return found
    }

    /// Reads an empty object, the payload of a case that has none.
    public mutating func emptyObject() throws(LineError) {
        try members { (name, reader) throws(LineError) in throw reader.unknown(name) }
    }

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

    /// Reads an integer.
    public mutating func integer() throws(LineError) -> Int64 {
        let (start, isNegative, magnitude) = try number()
        if isNegative {
            guard magnitude <= Int64.min.magnitude else {
                throw LineError(.notAnInteger, at: start)
            }
            return magnitude == Int64.min.magnitude ? .min : -Int64(magnitude)
        }
        guard let value = Int64(exactly: magnitude) else {
            throw LineError(.notAnInteger, at: start)
        }
        return value
    }

    /// Reads an integer that is not negative.
    public mutating func unsigned() throws(LineError) -> UInt64 {
        let (start, isNegative, magnitude) = try number()
        guard !isNegative else {
            throw LineError(.expected("an integer that is not negative"), at: start)
        }
        return magnitude
    }

    /// Reads an integer that fits `Int` and is not negative: a count or a size.
    public mutating func count() throws(LineError) -> Int {
        let start = position
        guard let value = Int(exactly: try unsigned()) else {
            throw LineError(.notAnInteger, at: start)
        }
        return value
    }

    /// Reads `true` or `false`.
    public mutating func boolean() throws(LineError) -> Bool {
        skipWhiteSpace()
        switch current {
        case UInt8(ascii: "t"):
            try word("true")
            return true
        case UInt8(ascii: "f"):
            try word("false")
            return false
        default: throw error(.expected("true or false"))
        }
    }

    /// Reads `null`.
    public mutating func null() throws(LineError) {
        skipWhiteSpace()
        guard current == UInt8(ascii: "n") else { throw error(.expected("null")) }
        try word("null")
    }

    /// Checks a value of any kind and gives where it stands.
    public mutating func skip() throws(LineError) -> Range<Int> {
        let kind = try peek()
        let start = position
        switch kind {
        case .object: try members { (_, reader) throws(LineError) in _ = try reader.skip() }
        case .array: try elements { (reader) throws(LineError) in _ = try reader.skip() }
        case .string: _ = try string()
        case .number: _ = try number()
        case .boolean: _ = try boolean()
        case .null: try null()
        }
        return start..<position
    }

    /// Checks a value of any kind and gives its bytes as they stand.
    public mutating func verbatim() throws(LineError) -> [UInt8] {
        let range = try skip()
        return Array(bytes[range])
    }

    /// Checks that nothing but white space is left.
    public mutating func finish() throws(LineError) {
        skipWhiteSpace()
        guard position >= limit else { throw error(.trailingBytes) }
    }

    /// The error for a member that is not known here; its value is still unread.
    public func unknown(_ name: String) -> LineError { error(.unknownMember(name)) }

    /// The error for a member that is not there.
    public func missing(_ name: String) -> LineError { error(.missingMember(name)) }

    /// An error at the next byte.
    public func error(_ reason: LineError.Reason) -> LineError { LineError(reason, at: position) }

    /// Unwraps what a member gave, or says that it is missing.
    public func require<Value>(_ value: Value?, _ name: String) throws(LineError) -> Value {
        guard let value else { throw missing(name) }
        return value
    }

    private var current: UInt8? { position < limit ? bytes[position] : nil }

    private mutating func skipWhiteSpace() {
        while position < limit {
            switch bytes[position] {
            case 0x20, 0x09, 0x0A, 0x0D: position += 1
            default: return
            }
        }
    }

    private mutating func open(_ byte: UInt8, _ kind: String) throws(LineError) {
        skipWhiteSpace()
        guard let found = current else { throw error(.unexpectedEnd) }
        guard found == byte else { throw error(.expected(kind)) }
        guard depth < depthLimit else { throw error(.tooDeep) }
        depth += 1
        position += 1
    }

    private mutating func closes(_ byte: UInt8) throws(LineError) -> Bool {
        skipWhiteSpace()
        guard current == byte else { return false }
        position += 1
        return true
    }

    /// After a member or an element: true for a comma, false for the end.
    private mutating func continues(_ end: UInt8) throws(LineError) -> Bool {
        skipWhiteSpace()
        guard let byte = current else { throw error(.unexpectedEnd) }
        guard byte == UInt8(ascii: ",") || byte == end else { throw error(.unexpectedByte(byte)) }
        position += 1
        if byte == UInt8(ascii: ",") { skipWhiteSpace() }
        return byte != end
    }

    private mutating func expect(_ byte: UInt8) throws(LineError) {
        skipWhiteSpace()
        guard let found = current else { throw error(.unexpectedEnd) }
        guard found == byte else { throw error(.unexpectedByte(found)) }
        position += 1
    }

    private mutating func word(_ text: StaticString) throws(LineError) {
        for byte in text.description.utf8 {
            guard let found = current else { throw error(.unexpectedEnd) }
            guard found == byte else { throw error(.unexpectedByte(found)) }
            position += 1
        }
    }

    private mutating func number() throws(LineError) -> (Int, isNegative: Bool, UInt64) {
        skipWhiteSpace()
        let start = position
        let isNegative = current == UInt8(ascii: "-")
        if isNegative { position += 1 }
        guard let first = current else { throw error(.unexpectedEnd) }
        guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else {
            throw LineError(.expected("an integer"), at: start)
        }
        var magnitude: UInt64 = 0
        while let byte = current, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
            let (product, overflows) = magnitude.multipliedReportingOverflow(by: 10)
            let (sum, carries) = product.addingReportingOverflow(UInt64(byte - UInt8(ascii: "0")))
            guard !overflows, !carries else { throw LineError(.notAnInteger, at: start) }
            magnitude = sum
            position += 1
        }
        let digits = position - start - (isNegative ? 1 : 0)
        // No leading zero and no minus zero: one number has one form.
        guard digits == 1 || first != UInt8(ascii: "0"), !(isNegative && magnitude == 0) else {
            throw LineError(.notAnInteger, at: start)
        }
        switch current {
        case UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"):
            throw LineError(.notAnInteger, at: start)
        default: return (start, isNegative, magnitude)
        }
    }

    private mutating func openString() throws(LineError) -> Int {
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
