import Storage
import TestSupport
import Testing

@Suite struct DigitsTests {
    @Test(arguments: ["", "+5", "-5", " 5", "5 ", "0x5", "5a", "٥", "18446744073709551616"])
    @Aside func `what is more than digits, or too large, is no number`(text: String) {
        #expect(UInt64(digits: text) == nil)
    }

    @Test(arguments: ["+1", "AB", "g", "1_0"])
    @Aside func `hex digits are lower-case`(text: String) {
        #expect(UInt32(digits: text, radix: 16) == nil)
    }

    @Test @Aside func `digits are a number, and a number has digits`() {
        #expect(UInt64(digits: "007") == 7 && UInt32(digits: "0ab1", radix: 16) == 0xAB1)
        #expect(7.padded(to: 3) == "007" && 0xAB1.padded(to: 3, radix: 16) == "ab1")
        #expect(12_345.padded(to: 3) == "12345")
    }
}
