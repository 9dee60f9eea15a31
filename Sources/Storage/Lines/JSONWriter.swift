/// Writes canonical JSON to one buffer that is used again.
///
/// Commas are placed by the writer. Nothing else is checked: an object without a key before each
/// value is the caller's mistake. A value that has no canonical form says so with ``fail(_:)``, and
/// whoever wanted its line looks at ``failure``.
public struct JSONWriter: Sendable {
    /// What was written so far.
    public private(set) var bytes: [UInt8] = []
    /// Why what was written is no line, or nil if it is one.
    public private(set) var failure: LineError?
    /// How deep what was written is nested.
    private(set) var deepest = 0
    private var depth = 0
    private var needsComma = false

    /// Creates an empty writer.
    public init(reserving capacity: Int = 0) {
        bytes.reserveCapacity(capacity)
    }

    /// Number of bytes written so far.
    public var count: Int { bytes.count }

    /// Forgets what was written and keeps the buffer.
    public mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        needsComma = false
        failure = nil
        (depth, deepest) = (0, 0)
    }

    /// Notes that a value has no canonical form; the first one counts.
    public mutating func fail(_ error: LineError) {
        if failure == nil { failure = error }
    }

    /// Opens an object.
    public mutating func beginObject() {
        separate()
        bytes.append(UInt8(ascii: "{"))
        needsComma = false
        open()
    }

    /// Closes an object.
    public mutating func endObject() {
        bytes.append(UInt8(ascii: "}"))
        needsComma = true
        depth -= 1
    }

    /// Opens an array.
    public mutating func beginArray() {
        separate()
        bytes.append(UInt8(ascii: "["))
        needsComma = false
        open()
    }

    /// Closes an array.
    public mutating func endArray() {
        bytes.append(UInt8(ascii: "]"))
        needsComma = true
        depth -= 1
    }

    /// Writes the name of the member whose value comes next.
    public mutating func key(_ name: String) {
        string(name)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    /// Writes a string; escaped are only `"`, `\` and bytes below 0x20.
    public mutating func string(_ value: String) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        // Copied whole and looked at afterwards, because a walk over an array is the faster one.
        let start = bytes.count
        bytes.append(contentsOf: value.utf8)
        if bytes[start...].contains(where: Self.mustEscape) {
            bytes.removeSubrange(start...)
            for byte in value.utf8 { escape(byte) }
        }
        bytes.append(UInt8(ascii: "\""))
        needsComma = true
    }

    /// Writes an integer.
    public mutating func integer(_ value: Int64) {
        separate()
        if value < 0 { bytes.append(UInt8(ascii: "-")) }
        digits(value.magnitude)
        needsComma = true
    }

    /// Writes an integer.
    public mutating func integer(_ value: Int) { integer(Int64(value)) }

    /// Writes an integer that is not negative.
    public mutating func unsigned(_ value: UInt64) {
        separate()
        digits(value)
        needsComma = true
    }

    /// Writes `true` or `false`.
    public mutating func boolean(_ value: Bool) {
        separate()
        bytes.append(contentsOf: (value ? "true" : "false").utf8)
        needsComma = true
    }

    /// Writes `null`.
    public mutating func null() {
        separate()
        bytes.append(contentsOf: "null".utf8)
        needsComma = true
    }

    /// Copies a value that is canonical JSON already.
    public mutating func verbatim(_ value: some Collection<UInt8>) {
        separate()
        bytes.append(contentsOf: value)
        needsComma = true
    }

    /// Copies what another writer has written of one value.
    mutating func verbatim(_ value: [UInt8], nested: Int) {
        deepest = max(deepest, depth + nested)
        verbatim(value)
    }

    /// Ends a line, of which the object is still open: `,"crc":"xxxxxxxx"}` and a line feed.
    ///
    /// - Parameter start: Where the line begins in ``bytes``.
    public mutating func seal(from start: Int) {
        let checksum = CRC32C.checksum(bytes, in: start..<bytes.count)
        bytes.append(contentsOf: ",\"crc\":\"".utf8)
        for shift in stride(from: 28, through: 0, by: -4) {
            bytes.append(Self.hexDigit(UInt8(truncatingIfNeeded: checksum >> UInt32(shift)) & 0xF))
        }
        bytes.append(contentsOf: "\"}\n".utf8)
        needsComma = false
    }

    private mutating func open() {
        depth += 1
        deepest = max(deepest, depth)
    }

    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = false
    }

    private static func mustEscape(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    private mutating func escape(_ byte: UInt8) {
        guard Self.mustEscape(byte) else {
            bytes.append(byte)
            return
        }
        bytes.append(UInt8(ascii: "\\"))
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes.append(byte)
        case 0x08: bytes.append(UInt8(ascii: "b"))
        case 0x09: bytes.append(UInt8(ascii: "t"))
        case 0x0A: bytes.append(UInt8(ascii: "n"))
        case 0x0C: bytes.append(UInt8(ascii: "f"))
        case 0x0D: bytes.append(UInt8(ascii: "r"))
        default:
            bytes.append(contentsOf: "u00".utf8)
            bytes.append(Self.hexDigit(byte >> 4))
            bytes.append(Self.hexDigit(byte & 0xF))
        }
    }

    private static func hexDigit(_ nibble: UInt8) -> UInt8 {
        nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "a") + nibble - 10
    }

    private mutating func digits(_ value: UInt64) {
        if value < 10 {
            bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value))
            return
        }
        // Room first and then from the last digit on: dividing by a variable, or reversing, costs
        // twice as much.
        var rest = value
        while rest > 0 {
            bytes.append(UInt8(ascii: "0"))
            rest /= 10
        }
        rest = value
        var index = bytes.count - 1
        while rest > 0 {
            bytes[index] += UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
            index -= 1
        }
    }
}

extension JSONWriter {
    /// Writes a member with a value that has a canonical form.
    public mutating func member(_ name: String, _ value: some LineCodable) {
        key(name)
        value.write(to: &self)
    }

    /// Writes a member, or nothing for nil.
    public mutating func member(_ name: String, _ value: (some LineCodable)?) {
        if let value { member(name, value) }
    }

    /// Writes a member with an integer.
    public mutating func member(_ name: String, _ value: Int) {
        key(name)
        integer(value)
    }

    /// Writes `{"name":{…}}`, the form of an enumeration's case.
    public mutating func oneCase(_ name: String, _ members: (inout JSONWriter) -> Void = { _ in }) {
        beginObject()
        key(name)
        beginObject()
        members(&self)
        endObject()
        endObject()
    }
}
