/// The canonical form of a `Codable` type, for state machines that don't write theirs by hand.
///
/// Members stand in the order in which `encode(to:)` writes them, which is that of declaration when
/// the compiler wrote it; nil members are left out; an enumeration's case is an object with its
/// name, as the compiler writes it. Dictionaries and sets are put in the order of their bytes, so
/// that the form does not depend on the process (not if `encode(to:)` calls that of a dictionary
/// itself: it should encode it through a container). A part that is `LineCodable` itself has its own
/// form here too.
///
/// A `Double` or `Float` has no canonical form, nor has an integer beyond 64 bits: values that hold
/// one cannot be read, and writing them fails. It costs several times what a hand-written form does.
extension LineCodable where Self: Codable {
    /// Reads the value through `init(from: any Decoder)`.
    ///
    /// - Throws: ``LineError`` for anything that ``JSONReader`` refuses, for a value of another
    ///   kind, and for a member that the type did not ask for.
    public init(from reader: inout JSONReader) throws(LineError) {
        let range = try reader.skip()
        let decoder = LineDecoder(bytes: reader.bytes, range: range)
        do {
            self = try Self(from: decoder)
            try decoder.finish()
        } catch {
            throw LineError(decoding: error, at: range.lowerBound)
        }
    }

    /// Appends the value through `encode(to:)`; the writer is told what that throws.
    public func write(to writer: inout JSONWriter) {
        let node = LineNode()
        do {
            try encode(to: LineEncoder(node: node, codingPath: []))
        } catch {
            writer.fail(LineError(encoding: error))
        }
        if let self = self as? any Unordered { self.sort(node) }
        node.write(to: &writer)
    }
}

extension LineError {
    /// Takes over what an `Encodable` type threw.
    init(encoding error: any Error) {
        switch error {
        case let error as LineError:
            self = error
        case EncodingError.invalidValue(_, let context):
            let path = context.codingPath.map(\.stringValue).joined(separator: ".")
            self.init(.invalid(context.debugDescription + (path.isEmpty ? "" : " ('\(path)')")))
        default:
            self.init(.invalid("\(error)"))
        }
    }

    /// Takes over what a `Decodable` type threw.
    init(decoding error: any Error, at offset: Int) {
        switch error {
        case let error as LineError:
            self = error
        case DecodingError.keyNotFound(let key, _):
            self.init(.missingMember(key.stringValue), at: offset)
        case DecodingError.typeMismatch(_, let context),
            DecodingError.valueNotFound(_, let context),
            DecodingError.dataCorrupted(let context):
            self.init(.invalid(context.debugDescription), at: offset)
        default:
            self.init(.invalid("\(error)"), at: offset)
        }
    }
}
