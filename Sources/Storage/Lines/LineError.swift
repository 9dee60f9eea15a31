/// Why bytes are not the JSON or the line that was expected, and where.
public struct LineError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong.
    public enum Reason: Hashable, Sendable, CustomStringConvertible {
        /// A byte that the grammar does not allow here.
        case unexpectedByte(UInt8)
        /// The bytes ended inside a value.
        case unexpectedEnd
        /// A value of another kind, e.g. a string where an integer belongs.
        case expected(String)
        /// A string that is not UTF-8.
        case invalidUTF8
        /// Half of a surrogate pair in a `\u` escape.
        case loneSurrogate
        /// A number with a fraction or an exponent, or one that does not fit.
        case notAnInteger
        /// Nested deeper than ``JSONReader/maximumDepth``.
        case tooDeep
        /// A member that stands twice in one object.
        case doubledMember(String)
        /// A member that is not known here.
        case unknownMember(String)
        /// A member that must be there and is not.
        case missingMember(String)
        /// Bytes after the end of the value.
        case trailingBytes
        /// The line's `crc` does not fit its bytes.
        case badChecksum
        /// A value of the right kind that is not allowed, with the rule.
        case invalid(String)

        /// What is wrong, as a clause.
        public var description: String {
            switch self {
            case .unexpectedByte(let byte): "byte \(byte) is not allowed here"
            case .unexpectedEnd: "it ends inside a value"
            case .expected(let kind): "expected \(kind)"
            case .invalidUTF8: "the string is not UTF-8"
            case .loneSurrogate: "half of a surrogate pair"
            case .notAnInteger: "the number is not an integer of 64 bits"
            case .tooDeep: "nested too deep"
            case .doubledMember(let name): "member '\(name)' stands twice"
            case .unknownMember(let name): "unknown member '\(name)'"
            case .missingMember(let name): "member '\(name)' is missing"
            case .trailingBytes: "there are bytes after the end of the value"
            case .badChecksum: "the checksum does not fit"
            case .invalid(let rule): rule
            }
        }
    }

    /// What is wrong.
    public var reason: Reason
    /// The offset of the byte, counted from the start of what was read.
    public var offset: Int

    /// Creates an error.
    public init(_ reason: Reason, at offset: Int = 0) {
        self.reason = reason
        self.offset = offset
    }

    /// What is wrong and where, as a clause.
    public var description: String { "\(reason) (at byte \(offset))" }
}
