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
    public internal(set) var position: Int
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

    var current: UInt8? { position < limit ? bytes[position] : nil }

    mutating func skipWhiteSpace() {
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
}
