extension BinaryInteger {
    /// The digits of a number that is not negative, with zeros before them up to a width.
    package func padded(to width: Int, radix: Int = 10) -> String {
        let digits = String(self, radix: radix)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }
}

extension FixedWidthInteger {
    /// Reads digits and nothing else: no sign, which `Int("+5")` takes, and no capital hex digits.
    package init?(digits text: some StringProtocol, radix: Int = 10) {
        let isDigit = { (byte: UInt8) in
            (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                || radix == 16 && (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
        }
        guard text.utf8.allSatisfy(isDigit) else { return nil }
        self.init(text, radix: radix)
    }
}
