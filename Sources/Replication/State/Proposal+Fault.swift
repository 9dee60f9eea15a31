package import Storage

/// What makes a proposal unfit for the log, whoever made it.
extension Proposal {
    /// The longest `by`, in bytes of UTF-8.
    package static let maximumNameBytes = 256
    /// The longest key, in bytes of UTF-8.
    package static let maximumKeyBytes = 256
    /// How deep an operation may be nested: in a forwarded request it stands two levels deep.
    package static let maximumDepth = JSONReader.maximumDepth - 2

    /// The rule that `by`, `key` or `request` breaks, or nil.
    package var fault: String? {
        guard Self.isName(by, upTo: Self.maximumNameBytes) else {
            return "'by' has 1 to \(Self.maximumNameBytes) bytes, none of them a control byte"
        }
        guard Self.isName(key, upTo: Self.maximumKeyBytes) else {
            return "'key' has 1 to \(Self.maximumKeyBytes) bytes, none of them a control byte"
        }
        let digits = request.utf8
        guard digits.count == 64, digits.allSatisfy(Self.isHexDigit) else {
            return "'request' is a SHA-256 of 64 lower-case hex digits"
        }
        return nil
    }

    /// The rule that the operation breaks, or nil: what is logged must be what this node can read,
    /// and the very bytes that it would write.
    ///
    /// - Complexity: As reading and writing the operation once.
    package func fault<Operation: LineCodable>(as type: Operation.Type) -> String? {
        do throws(LineError) {
            var reader = JSONReader(operation, nestedUpTo: Self.maximumDepth)
            let read = try Operation(from: &reader)
            try reader.finish()
            return read.lineBytes == operation ? nil : "the operation is not in its canonical form"
        } catch {
            return "the operation is none that this version knows: \(error)"
        }
    }

    private static func isName(_ text: String, upTo maximum: Int) -> Bool {
        (1...maximum).contains(text.utf8.count)
            && text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
    }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"): true
        default: false
        }
    }
}
