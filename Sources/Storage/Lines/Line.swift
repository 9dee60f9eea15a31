/// Checks of whole lines: a JSON object whose last member is its `crc`, ended by a line feed.
public enum Line {
    /// The length of `,"crc":"xxxxxxxx"}`.
    public static let sealBytes = 18

    private static let seal = EightBytes(",\"crc\":\"")

    /// Checks the seal of a line and gives the object's range up to the seal, without parsing it.
    ///
    /// - Parameters:
    ///   - bytes: Bytes that hold the line.
    ///   - range: Where the line stands, without its line feed.
    /// - Returns: The range before `,"crc"`.
    /// - Throws: ``LineError`` if the seal is not there or does not fit.
    public static func check(
        _ bytes: [UInt8],
        in range: Range<Int>
    ) throws(LineError) -> Range<Int> {
        let end = range.upperBound - sealBytes
        guard range.lowerBound >= 0, range.upperBound <= bytes.count, end > range.lowerBound,
            bytes[range.lowerBound] == UInt8(ascii: "{"), bytes.eightBytes(at: end) == seal,
            bytes[range.upperBound - 2] == UInt8(ascii: "\""),
            bytes[range.upperBound - 1] == UInt8(ascii: "}")
        else { throw LineError(.badChecksum, at: range.lowerBound) }
        var stated: UInt32 = 0
        for byte in bytes[end + 8..<end + 16] {
            // No ranges: matching them costs a quarter of the checksum.
            var digit = byte &- UInt8(ascii: "0")
            if digit > 9 {
                digit = byte &- UInt8(ascii: "a") &+ 10
                guard digit > 9, digit < 16 else {
                    throw LineError(.badChecksum, at: range.lowerBound)
                }
            }
            stated = stated << 4 | UInt32(digit)
        }
        guard CRC32C.checksum(bytes, in: range.lowerBound..<end) == stated else {
            throw LineError(.badChecksum, at: range.lowerBound)
        }
        return range.lowerBound..<end
    }

    /// Writes a whole line: an object with the members that `members` writes, sealed.
    public static func write(
        to writer: inout JSONWriter,
        _ members: (inout JSONWriter) -> Void
    ) {
        let start = writer.count
        writer.beginObject()
        members(&writer)
        writer.seal(from: start)
    }

    /// Reads a sealed line; `member` is called for each member but `crc`.
    ///
    /// - Throws: ``LineError`` for a bad seal, and for anything that ``JSONReader`` refuses.
    public static func read(
        _ bytes: [UInt8],
        in range: Range<Int>,
        _ member: (_ name: String, inout JSONReader) throws(LineError) -> Void
    ) throws(LineError) {
        _ = try check(bytes, in: range)
        var reader = JSONReader(bytes, in: range)
        try reader.members { (name, reader) throws(LineError) in
            if name == "crc" {
                _ = try reader.string()
            } else {
                try member(name, &reader)
            }
        }
        try reader.finish()
    }
}
