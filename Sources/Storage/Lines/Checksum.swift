/// CRC-32C (Castagnoli), as in RFC 3720 §B.4, by slicing sixteen bytes at a time.
public enum CRC32C {
    /// The checksum of a part of `bytes`.
    ///
    /// - Complexity: O(*n*); over 1 GB/s in a release build.
    public static func checksum(_ bytes: [UInt8], in range: Range<Int>) -> UInt32 {
        ~update(~0, bytes, in: range)
    }

    /// The checksum of all of `bytes`.
    public static func checksum(_ bytes: [UInt8]) -> UInt32 {
        checksum(bytes, in: bytes.indices)
    }

    /// The checksum of bytes that follow others, from the checksum of those; 0 before the first.
    public static func checksum(_ before: UInt32, then bytes: [UInt8], in range: Range<Int>)
        -> UInt32
    {
        ~update(~before, bytes, in: range)
    }

    /// Sixteen tables of 256, one after the other; the last one is for the byte that comes first.
    private static let tables: [UInt32] = {
        var tables = [UInt32](repeating: 0, count: 16 * 256)
        for byte in 0..<256 {
            var crc = UInt32(byte)
            for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0x82F6_3B78 : crc >> 1 }
            tables[byte] = crc
        }
        for byte in 0..<256 {
            for slice in 1..<16 {
                let before = tables[(slice - 1) * 256 + byte]
                tables[slice * 256 + byte] = before >> 8 ^ tables[Int(before & 0xFF)]
            }
        }
        return tables
    }()

    private static func update(_ seed: UInt32, _ bytes: [UInt8], in range: Range<Int>) -> UInt32 {
        precondition(range.lowerBound >= 0 && range.upperBound <= bytes.count)
        // Sound: the range was checked against the array above, each step reads as many bytes as it
        // found room for, the tables have 4,096 elements, and every index into them is a byte plus a
        // multiple of 256 up to 3,840.
        return unsafe tables.withUnsafeBufferPointer { table in
            unsafe bytes.withUnsafeBytes { source in
                var crc = seed
                var offset = range.lowerBound
                func word(_ ahead: Int) -> UInt32 {
                    let word = unsafe source.loadUnaligned(
                        fromByteOffset: offset + ahead,
                        as: UInt32.self
                    )
                    return UInt32(littleEndian: word)
                }
                // Four bytes, of which the last is `last` tables away from the end of a step.
                func slice(_ word: UInt32, _ last: Int) -> UInt32 {
                    let a = unsafe table[(last + 3) << 8 + Int(word & 0xFF)]
                    let b = unsafe table[(last + 2) << 8 + Int(word >> 8 & 0xFF)]
                    let c = unsafe table[(last + 1) << 8 + Int(word >> 16 & 0xFF)]
                    let d = unsafe table[last << 8 + Int(word >> 24)]
                    return (a ^ b) ^ (c ^ d)
                }
                while offset + 16 <= range.upperBound {
                    // What needs the step before comes last.
                    let rest = slice(word(4), 8) ^ slice(word(8), 4) ^ slice(word(12), 0)
                    crc = rest ^ slice(word(0) ^ crc, 12)
                    offset += 16
                }
                // Lines are short: byte by byte, the rest would take as long as all before it.
                while offset + 4 <= range.upperBound {
                    crc = slice(word(0) ^ crc, 0)
                    offset += 4
                }
                while offset < range.upperBound {
                    let byte = unsafe source[offset]
                    crc = unsafe crc >> 8 ^ table[Int(UInt8(truncatingIfNeeded: crc) ^ byte)]
                    offset += 1
                }
                return crc
            }
        }
    }
}
