import Storage
import TestSupport
import Testing

@Suite struct LineTests {
    private func line(_ text: String = "hello") -> [UInt8] {
        var writer = JSONWriter()
        Line.write(to: &writer) { writer in
            writer.member("index", 42)
            writer.member("text", text)
        }
        return writer.bytes
    }

    private func read(_ bytes: [UInt8]) throws(LineError) -> [String] {
        var names: [String] = []
        try Line.read(bytes, in: 0..<max(0, bytes.count - 1)) { (name, reader) throws(LineError) in
            names.append(name)
            _ = try reader.skip()
        }
        return names
    }

    @Test(
        arguments: [
            ("", 0), ("a", 0xC1D0_4330), ("123456789", 0xE306_9283),
            ("The quick brown fox jumps over the lazy dog", 0x2262_0404),
        ] as [(String, UInt32)]
    )
    @DiskAside func `known texts have their known CRC-32C`(text: String, checksum: UInt32) {
        #expect(CRC32C.checksum(Array(text.utf8)) == checksum)
    }

    /// RFC 3720 §B.4.
    @Test @DiskAside func `the vectors of the RFC hold`() {
        #expect(CRC32C.checksum([UInt8](repeating: 0, count: 32)) == 0x8A91_36AA)
        #expect(CRC32C.checksum([UInt8](repeating: 0xFF, count: 32)) == 0x62A8_AB43)
        #expect(CRC32C.checksum(Array(0..<32)) == 0x46DD_794E)
        #expect(CRC32C.checksum((0..<32).reversed()) == 0x113F_DB5C)
    }

    @Test @DiskAside func `a part has the checksum that it has alone, at each offset and length`() {
        var random = SeededGenerator(seed: 3)
        let bytes = (0..<64).map { _ in UInt8.random(in: 0...255, using: &random) }
        for start in 0..<20 {
            for end in start..<64 {
                var bitwise: UInt32 = ~0
                for byte in bytes[start..<end] {
                    bitwise ^= UInt32(byte)
                    for _ in 0..<8 {
                        bitwise = bitwise & 1 == 1 ? bitwise >> 1 ^ 0x82F6_3B78 : bitwise >> 1
                    }
                }
                #expect(CRC32C.checksum(bytes, in: start..<end) == ~bitwise)
            }
        }
    }

    @Test @DiskAside func `a line comes back as it was written`() throws {
        let bytes = line()
        #expect(
            String(decoding: bytes, as: UTF8.self).hasPrefix(#"{"index":42,"text":"hello","crc":""#)
        )
        #expect(bytes.suffix(3) == Array("\"}\n".utf8))
        #expect(try read(bytes) == ["index", "text"])
        #expect(
            try Line.check(bytes, in: 0..<bytes.count - 1) == 0..<bytes.count - 1 - Line.sealBytes
        )
    }

    @Test @DiskAside func `lines one after the other are each sealed from their own start`() throws
    {
        var writer = JSONWriter()
        for index in 0..<3 { Line.write(to: &writer) { $0.member("index", index) } }
        let lines = writer.bytes.split(separator: UInt8(ascii: "\n"))
        #expect(lines.count == 3)
        for line in lines {
            #expect(throws: Never.self) { try Line.check(writer.bytes, in: line.indices) }
        }
    }

    @Test @DiskAside func `each flipped bit of a line is found`() {
        let bytes = line("h\u{E9}\"llo")
        for bit in 0..<(bytes.count - 1) * 8 {
            var flipped = bytes
            flipped[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(throws: LineError(.badChecksum, at: 0)) { try read(flipped) }
        }
    }

    @Test @DiskAside func `each cut of a line is found`() {
        let bytes = line()
        for end in 0..<bytes.count - 1 {
            #expect(throws: LineError.self) { try Line.check(bytes, in: 0..<end) }
            #expect(throws: LineError.self) { try Line.check(bytes, in: end + 1..<bytes.count - 1) }
        }
        #expect(throws: LineError.self) { try Line.check(bytes, in: 0..<bytes.count + 5) }
    }

    /// Each is sealed rightly, so that only the reader can refuse it.
    @Test(arguments: [
        (#"{"a":1,"crc":"00000000""#, LineError.Reason.doubledMember("crc")),
        (#"{"a":1,"\u0063rc":"x""#, .doubledMember("crc")),
        (#"{"a":{"b":1"#, .unexpectedEnd), (#"{"a":1}{"b":2"#, .trailingBytes),
        (#"{"a":1.5"#, .notAnInteger), (#"{"a":1,"a":2"#, .doubledMember("a")),
        (#"{"#, .expected("a string")),
    ])
    @DiskAside func `a right seal does not excuse wrong JSON`(
        open: String,
        reason: LineError.Reason
    ) {
        var writer = JSONWriter()
        writer.verbatim(Array(open.utf8))
        writer.seal(from: 0)
        #expect(throws: Never.self) { try Line.check(writer.bytes, in: 0..<writer.count - 1) }
        do {
            _ = try read(writer.bytes)
            Issue.record("it was read")
        } catch { #expect(error.reason == reason) }
    }

    @Test @DiskAside func `a checksum in capitals is refused`() {
        let capitals = line().map { (97...102).contains($0) ? $0 - 32 : $0 }
        #expect(throws: LineError.self) { try Line.check(capitals, in: 0..<capitals.count - 1) }
    }
}
