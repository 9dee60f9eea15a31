/// CRC-32C (Castagnoli), as in RFC 3720 §B.4, by slicing eight bytes at a time.
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
    public static func checksum(_ before: UInt32, then bytes: [UInt8], in range: Range<Int>) -> UInt32 {
        ~update(~before, bytes, in: range)
    }

    /// Eight tables of 256, one after the other.
    private static let tables: [UInt32] = {
        var tables = [UInt32](repeating: 0, count: 8 * 256)
        for byte in 0..<256 {
            var crc = UInt32(byte)
            for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0x82F6_3B78 : crc >> 1 }
            tables[byte] = crc
        }
        for byte in 0..<256 {
            for slice in 1..<8 {
                let before = tables[(slice - 1) * 256 + byte]
                tables[slice * 256 + byte] = before >> 8 ^ tables[Int(before & 0xFF)]
            }
        }
        return tables
    }()

    private static func update(_ seed: UInt32, _ bytes: [UInt8], in range: Range<Int>) -> UInt32 {
        precondition(range.lowerBound >= 0 && range.upperBound <= bytes.count)
        // Sound: the range was checked against the array above, the tables have 2,048 elements, and
        // every index into them is a byte plus a multiple of 256 up to 1,792.
        return unsafe tables.withUnsafeBufferPointer { table in
            unsafe bytes.withUnsafeBytes { source in
                var crc = seed
                var offset = range.lowerBound
                while offset + 8 <= range.upperBound {
                    let low = unsafe source.loadUnaligned(fromByteOffset: offset, as: UInt32.self)
                    let high = unsafe source.loadUnaligned(
                        fromByteOffset: offset + 4,
                        as: UInt32.self
                    )
                    let first = UInt32(littleEndian: low) ^ crc
                    let second = UInt32(littleEndian: high)
                    let a = unsafe table[0x700 + Int(first & 0xFF)]
                    let b = unsafe table[0x600 + Int(first >> 8 & 0xFF)]
                    let c = unsafe table[0x500 + Int(first >> 16 & 0xFF)]
                    let d = unsafe table[0x400 + Int(first >> 24)]
                    let e = unsafe table[0x300 + Int(second & 0xFF)]
                    let f = unsafe table[0x200 + Int(second >> 8 & 0xFF)]
                    let g = unsafe table[0x100 + Int(second >> 16 & 0xFF)]
                    let h = unsafe table[Int(second >> 24)]
                    crc = (a ^ b ^ c ^ d) ^ (e ^ f ^ g ^ h)
                    offset += 8
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
