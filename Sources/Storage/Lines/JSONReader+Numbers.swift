extension JSONReader {
    /// Reads an integer.
    public mutating func integer() throws(LineError) -> Int64 {
        let (start, isNegative, magnitude) = try number()
        if isNegative {
            guard magnitude <= Int64.min.magnitude else {
                throw LineError(.notAnInteger, at: start)
            }
            return magnitude == Int64.min.magnitude ? .min : -Int64(magnitude)
        }
        guard let value = Int64(exactly: magnitude) else {
            throw LineError(.notAnInteger, at: start)
        }
        return value
    }

    /// Reads an integer that is not negative.
    public mutating func unsigned() throws(LineError) -> UInt64 {
        let (start, isNegative, magnitude) = try number()
        guard !isNegative else {
            throw LineError(.expected("an integer that is not negative"), at: start)
        }
        return magnitude
    }

    /// Reads an integer that fits `Int` and is not negative: a count or a size.
    public mutating func count() throws(LineError) -> Int {
        let start = position
        guard let value = Int(exactly: try unsigned()) else {
            throw LineError(.notAnInteger, at: start)
        }
        return value
    }

    mutating func number() throws(LineError) -> (Int, isNegative: Bool, UInt64) {
        skipWhiteSpace()
        let start = position
        let isNegative = current == UInt8(ascii: "-")
        if isNegative { position += 1 }
        guard let first = current else { throw error(.unexpectedEnd) }
        guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else {
            throw LineError(.expected("an integer"), at: start)
        }
        var magnitude: UInt64 = 0
        while let byte = current, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
            let (product, overflows) = magnitude.multipliedReportingOverflow(by: 10)
            let (sum, carries) = product.addingReportingOverflow(UInt64(byte - UInt8(ascii: "0")))
            guard !overflows, !carries else { throw LineError(.notAnInteger, at: start) }
            magnitude = sum
            position += 1
        }
        let digits = position - start - (isNegative ? 1 : 0)
        // No leading zero and no minus zero: one number has one form.
        guard digits == 1 || first != UInt8(ascii: "0"), !(isNegative && magnitude == 0) else {
            throw LineError(.notAnInteger, at: start)
        }
        switch current {
        case UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"):
            throw LineError(.notAnInteger, at: start)
        default: return (start, isNegative, magnitude)
        }
    }
}
