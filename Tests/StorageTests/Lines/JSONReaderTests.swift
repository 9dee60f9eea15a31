import Storage
import TestSupport
import Testing

@Suite struct JSONReaderTests {
    private func skip(_ bytes: [UInt8]) -> LineError? {
        var reader = JSONReader(bytes)
        do throws(LineError) {
            _ = try reader.skip()
            try reader.finish()
            return nil
        } catch { return error }
    }

    @Test(arguments: [
        #"{}"#, #"[]"#, #"""# + #"""#, "0", "-1", "true", "false", "null",
        #"{"a":{"b":[1,2,[]]},"c":""}"#, " \t\r\n{ \"a\" : 1 , \"b\" : [ 2 , 3 ] } \n",
        "9223372036854775807", "18446744073709551615", "-9223372036854775808", "[0,-5,10]",
        #""\"\\\/\b\f\n\r\t\u0041\ud83d\ude00\uD83D\uDE00""#, "\"\u{7F}\u{80}\u{10FFFF}\"",
        #"{"a":1,"A":2,"":3}"#, "{\"\u{E9}\":1,\"e\u{301}\":2}",
    ])
    @DiskAside func `valid documents are accepted`(text: String) {
        #expect(skip(Array(text.utf8)) == nil)
    }

    @Test(
        arguments: [
            // Structure.
            ("", .unexpectedEnd, 0), (" ", .unexpectedEnd, 1), ("{", .unexpectedEnd, 1),
            ("[1", .unexpectedEnd, 2), (#"{"a""#, .unexpectedEnd, 4),
            (#"{"a":"#, .unexpectedEnd, 5),
            ("[1,]", .unexpectedByte(0x5D), 3), (#"{"a":1,}"#, .expected("a string"), 7),
            ("[,1]", .unexpectedByte(0x2C), 1), ("[1 2]", .unexpectedByte(0x32), 3),
            ("{1:2}", .expected("a string"), 1), (#"{"a" 1}"#, .unexpectedByte(0x31), 5),
            ("[1}", .unexpectedByte(0x7D), 2), (#"{"a":1]"#, .unexpectedByte(0x5D), 6),
            ("{} {}", .trailingBytes, 3), ("1,", .trailingBytes, 1), ("{}\0", .trailingBytes, 2),
            ("\u{FEFF}{}", .unexpectedByte(0xEF), 0), ("//x\n1", .unexpectedByte(0x2F), 0),
            ("\u{C}1", .unexpectedByte(0x0C), 0), ("'a'", .unexpectedByte(0x27), 0),
            // Doubled members, also when written in another way.
            (#"{"a":1,"a":1}"#, .doubledMember("a"), 7),
            (#"{"a":1,"b":2,"\u0061":1}"#, .doubledMember("a"), 13),
            (#"[{"x":{"":1,"":1}}]"#, .doubledMember(""), 12),
            // Numbers.
            ("01", .notAnInteger, 0), ("00", .notAnInteger, 0), ("-0", .notAnInteger, 0),
            ("-01", .notAnInteger, 0), ("1.0", .notAnInteger, 0), ("1e3", .notAnInteger, 0),
            ("1E3", .notAnInteger, 0), ("0.5", .notAnInteger, 0), ("-", .unexpectedEnd, 1),
            ("+1", .unexpectedByte(0x2B), 0), (".5", .unexpectedByte(0x2E), 0),
            ("-x", .expected("an integer"), 0), ("18446744073709551616", .notAnInteger, 0),
            ("99999999999999999999999999", .notAnInteger, 0), ("0x10", .trailingBytes, 1),
            ("NaN", .unexpectedByte(0x4E), 0), ("Infinity", .unexpectedByte(0x49), 0),
            // Words.
            ("tru", .unexpectedEnd, 3), ("trux", .unexpectedByte(0x78), 3),
            ("nul", .unexpectedEnd, 3),
            ("True", .unexpectedByte(0x54), 0), ("truee", .trailingBytes, 4),
            // Strings.
            (#""a"#, .unexpectedEnd, 2), (#""\"#, .unexpectedEnd, 2),
            (#""\x""#, .unexpectedByte(0x78), 2),
            ("\"\u{0}\"", .unexpectedByte(0), 1), ("\"a\nb\"", .unexpectedByte(0x0A), 2),
            ("\"\u{1F}\"", .unexpectedByte(0x1F), 1), ("\"\\n\t\"", .unexpectedByte(0x09), 3),
            (#""\u12""#, .unexpectedByte(0x22), 5), (#""\u12G4""#, .unexpectedByte(0x47), 5),
            (#""\ud83d""#, .loneSurrogate, 3), (#""\ud83dx""#, .loneSurrogate, 3),
            (#""\ud83d\n""#, .loneSurrogate, 3), (#""\ud83d\u0041""#, .loneSurrogate, 3),
            (#""\ude00""#, .loneSurrogate, 3), (#""\ude00\ud83d""#, .loneSurrogate, 3),
        ] as [(String, LineError.Reason, Int)]
    )
    @DiskAside func `what is not strict JSON is refused`(
        text: String,
        reason: LineError.Reason,
        at: Int
    ) {
        #expect(skip(Array(text.utf8)) == LineError(reason, at: at))
    }

    @Test(
        arguments: [
            [0x80], [0xC3], [0xC0, 0x80], [0xE2, 0x82], [0xED, 0xA0, 0x80],
            [0xF4, 0x90, 0x80, 0x80],
            [0xFF], [0x61, 0xC3, 0x28], [0xF0, 0x80, 0x80, 0xAF],
        ] as [[UInt8]]
    )
    @DiskAside func `bytes that are not UTF-8 are refused, with and without escapes`(bytes: [UInt8])
    {
        let quote = UInt8(ascii: "\"")
        #expect(skip([quote] + bytes + [quote])?.reason == .invalidUTF8)
        #expect(skip([quote] + bytes + Array(#"\n"#.utf8) + [quote])?.reason == .invalidUTF8)
        #expect(skip(Array("{\"".utf8) + bytes + Array("\":1}".utf8))?.reason == .invalidUTF8)
    }

    @Test @DiskAside func `nesting is refused beyond its limit and not before`() {
        func nested(_ depth: Int) -> [UInt8] {
            [UInt8](repeating: UInt8(ascii: "["), count: depth)
                + [UInt8](repeating: UInt8(ascii: "]"), count: depth)
        }
        #expect(skip(nested(JSONReader.maximumDepth)) == nil)
        #expect(
            skip(nested(JSONReader.maximumDepth + 1))
                == LineError(.tooDeep, at: JSONReader.maximumDepth)
        )
        #expect(skip(nested(1_000_000))?.reason == .tooDeep)
    }

    @Test(arguments: [2, 31, 32, 33, 34, 1_000])
    @DiskAside func `a doubled member is found among any number`(count: Int) {
        let names = (0..<count).map { "\"m\($0)\":\($0)" }
        #expect(skip(Array("{\(names.joined(separator: ","))}".utf8)) == nil)
        for doubled in [0, count / 2, count - 1] {
            let text = "{\(names.joined(separator: ",")),\"m\(doubled)\":0}"
            #expect(skip(Array(text.utf8))?.reason == .doubledMember("m\(doubled)"))
        }
    }

    @Test @DiskAside func `integers are read up to the ends of their ranges`() throws {
        func integer(_ text: String) throws(LineError) -> Int64 {
            try Int64(lineBytes: Array(text.utf8))
        }
        #expect(try integer("-9223372036854775808") == .min)
        #expect(try integer("9223372036854775807") == .max)
        #expect(try UInt64(lineBytes: Array("18446744073709551615".utf8)) == .max)
        for text in ["9223372036854775808", "-9223372036854775809", "18446744073709551615"] {
            #expect(throws: LineError(.notAnInteger, at: 0)) { try integer(text) }
        }
        #expect(throws: LineError.self) { try UInt64(lineBytes: Array("-1".utf8)) }
        var reader = JSONReader(Array("9223372036854775808".utf8))
        #expect(throws: LineError(.notAnInteger, at: 0)) { try reader.count() }
    }

    @Test @DiskAside func `each kind is refused where another one belongs`() {
        for text in ["{}", "[]", "\"\"", "1", "true", "null", "x", ""] {
            let bytes = Array(text.utf8)
            var readers = (0..<6).map { _ in JSONReader(bytes) }
            #expect((try? readers[0].string()) == (text == "\"\"" ? "" : nil))
            #expect((try? readers[1].integer()) == (text == "1" ? 1 : nil))
            #expect((try? readers[2].boolean()) == (text == "true" ? true : nil))
            #expect(((try? readers[3].null()) != nil) == (text == "null"))
            #expect(((try? readers[4].emptyObject()) != nil) == (text == "{}"))
            #expect(
                ((try? readers[5].elements { _ throws(LineError) in }) != nil) == (text == "[]")
            )
        }
    }

    @Test @DiskAside func `a case is one member and an empty object has none`() throws {
        func name(_ text: String) throws(LineError) -> String {
            var reader = JSONReader(Array(text.utf8))
            return try reader.oneCase { (name, reader) throws(LineError) in
                try reader.emptyObject()
                return name
            }
        }
        #expect(try name(#"{"send":{}}"#) == "send")
        for text in ["{}", #"{"a":{},"b":{}}"#, #"{"a":{"b":1}}"#, #"{"a":1}"#] {
            #expect(throws: LineError.self) { try name(text) }
        }
    }

    @Test @DiskAside func `a part of the bytes is read and no more`() throws {
        let bytes = Array("xx[1,2]yy".utf8)
        var reader = JSONReader(bytes, in: 2..<7)
        #expect(try reader.verbatim() == Array("[1,2]".utf8))
        #expect(throws: Never.self) { try reader.finish() }
        var short = JSONReader(bytes, in: 2..<5)
        #expect(throws: LineError(.unexpectedEnd, at: 5)) { try short.skip() }
        var beyond = JSONReader(bytes, in: 50..<60)
        #expect(throws: LineError.self) { try beyond.skip() }
    }
}
