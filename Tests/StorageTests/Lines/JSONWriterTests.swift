import Storage
import TestSupport
import Testing

@Suite struct JSONWriterTests {
    private func text(_ write: (inout JSONWriter) -> Void) -> String {
        var writer = JSONWriter()
        write(&writer)
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    @Test @DiskAside func `only quotes, backslashes and control bytes are escaped`() {
        let all = (0..<0x20).map { String(Unicode.Scalar(UInt8($0))) }.joined()
        #expect(
            text { $0.string(all) }
                == #""\u0000\u0001\u0002\u0003\u0004\u0005\u0006\u0007\b\t\n\u000b\f\r\u000e\u000f"#
                + #"\u0010\u0011\u0012\u0013\u0014\u0015\u0016\u0017\u0018\u0019\u001a\u001b\u001c"#
                + #"\u001d\u001e\u001f""#
        )
        #expect(
            text { $0.string("a\"b\\c/\u{7F}\u{E9}\u{2028}") }
                == "\"a\\\"b\\\\c/\u{7F}\u{E9}\u{2028}\""
        )
    }

    @Test @DiskAside func `each scalar comes back as it was`() throws {
        var scalars = String.UnicodeScalarView()
        for value in Array(UInt32(0)...0x2FF) + [
            0xD7FF, 0xE000, 0xFEFF, 0xFFFF, 0x1_0000, 0x10_FFFF,
        ] {
            guard let scalar = Unicode.Scalar(value) else { continue }
            let string = String(scalar)
            #expect(try String(lineBytes: string.lineBytes).utf8.elementsEqual(string.utf8))
            scalars.append(scalar)
        }
        let all = String(scalars)
        #expect(try String(lineBytes: all.lineBytes).utf8.elementsEqual(all.utf8))
    }

    @Test(
        arguments: [
            0, 1, -1, 9, 10, 99, 100, 12_345, -12_345, 1_763_697_600_123, .max, .min, .max - 1,
            .min + 1,
        ] as [Int64]
    )
    @DiskAside func `integers come back as they were`(value: Int64) throws {
        #expect(String(decoding: value.lineBytes, as: UTF8.self) == "\(value)")
        #expect(try Int64(lineBytes: value.lineBytes) == value)
        #expect(try UInt64(lineBytes: value.magnitude.lineBytes) == value.magnitude)
    }

    @Test @DiskAside func `powers of ten and their neighbours have all their digits`() {
        var power: UInt64 = 1
        for _ in 0..<20 {
            for value in [power - 1, power, power + 1, UInt64.max - power] {
                #expect(String(decoding: value.lineBytes, as: UTF8.self) == "\(value)")
            }
            power = power.multipliedReportingOverflow(by: 10).partialValue
        }
    }

    @Test @DiskAside func `commas stand between members and elements only`() {
        let written = text { writer in
            writer.beginObject()
            writer.member("a", 1)
            writer.member("none", String?.none)
            writer.member("b", ["x", "y"])
            writer.key("c")
            writer.oneCase("d")
            writer.key("e")
            writer.oneCase("f") { $0.member("g", true) }
            writer.key("h")
            writer.beginArray()
            writer.beginObject()
            writer.endObject()
            writer.null()
            writer.verbatim(Array("[1]".utf8))
            writer.boolean(false)
            writer.endArray()
            writer.endObject()
        }
        #expect(
            written
                == #"{"a":1,"b":["x","y"],"c":{"d":{}},"e":{"f":{"g":true}},"h":[{},null,[1],false]}"#
        )
    }

    @Test @DiskAside func `a buffer used again starts empty`() {
        var writer = JSONWriter()
        writer.string("x")
        writer.removeAll()
        writer.integer(7)
        #expect(writer.bytes == Array("7".utf8) && writer.count == 1)
    }
}
