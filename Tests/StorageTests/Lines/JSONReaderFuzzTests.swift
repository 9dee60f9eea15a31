import Storage
import TestSupport
import Testing

/// Whatever the bytes are, the reader answers; a trap would end the whole test process.
@Suite struct JSONReaderFuzzTests {
    private static let documents = [
        #"{"index":42,"term":3,"by":"a\u00e9\ud83d\ude00","op":{"send":{"text":"h\"i","n":[1,-2]}}}"#,
        #"[true,false,null,[[],{}],"",0,18446744073709551615,-9223372036854775808,"\/\b\f"]"#,
        "{\"\u{E9}\":\"\u{1F600}\",\"a\":{\"b\":{\"c\":[\"d\"]}}}",
    ].map { Array($0.utf8) }

    private func exercise(_ bytes: [UInt8]) {
        var reader = JSONReader(bytes)
        let accepted = (try? reader.skip()) != nil && (try? reader.finish()) != nil
        // What is accepted reads the same a second time.
        if accepted {
            var again = JSONReader(bytes)
            #expect((try? again.verbatim()) != nil)
        }
        #expect(reader.position >= 0 && reader.position <= bytes.count)
        for read in Self.reads {
            var reader = JSONReader(bytes)
            _ = try? read(&reader)
        }
        _ = try? Line.check(bytes, in: bytes.indices)
        _ = try? Line.read(bytes, in: bytes.indices) { (_, reader) throws(LineError) in
            _ = try reader.skip()
        }
    }

    private static let reads: [@Sendable (inout JSONReader) throws -> Void] = [
        { _ = try $0.string() }, { _ = try $0.integer() }, { _ = try $0.unsigned() },
        { _ = try $0.count() }, { _ = try $0.boolean() }, { try $0.null() }, { _ = try $0.peek() },
        { reader in _ = try reader.oneCase { (_, reader) throws(LineError) in try reader.skip() } },
    ]

    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    @DiskAside func `random bytes never trap`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let alphabet = Array("{}[]\",:\\u0123456789abcdefDtrnls-+.eE \n\u{0}\u{E9}\u{1F600}".utf8)
        for round in 0..<1_500 {
            let length = Int.random(in: 0..<60, using: &random)
            exercise(
                (0..<length).map { _ in
                    round % 3 == 0
                        ? UInt8.random(in: 0...255, using: &random)
                        : alphabet[Int.random(in: alphabet.indices, using: &random)]
                }
            )
        }
    }

    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    @DiskAside func `mutated documents never trap`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for round in 0..<1_500 {
            var bytes = Self.documents[round % Self.documents.count]
            for _ in 0...Int.random(in: 0..<4, using: &random) { mutate(&bytes, &random) }
            exercise(bytes)
        }
    }

    @Test @DiskAside func `each prefix of a document is refused`() {
        for document in Self.documents {
            for end in document.indices {
                var reader = JSONReader(Array(document[..<end]))
                #expect(throws: LineError.self) { try reader.skip() }
                exercise(Array(document[end...]))
            }
        }
    }

    private func mutate(_ bytes: inout [UInt8], _ random: inout SeededGenerator) {
        guard let index = bytes.indices.randomElement(using: &random) else { return }
        let end = Int.random(in: index...bytes.count, using: &random)
        switch Int.random(in: 0..<5, using: &random) {
        case 0: bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case 1: bytes[index] = UInt8.random(in: 0...255, using: &random)
        case 2: bytes.removeSubrange(index..<min(end, index + 4))
        case 3: bytes.insert(contentsOf: bytes[index..<end], at: index)
        default: bytes.insert(bytes[index], at: end)
        }
    }
}
