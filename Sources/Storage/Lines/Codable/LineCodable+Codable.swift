/// The canonical form of a `Codable` type, for state machines that don't write theirs by hand.
///
/// Members stand in the order in which `encode(to:)` writes them, which is that of declaration when
/// the compiler wrote it; nil members are left out; an enumeration's case is an object with its
/// name, as the compiler writes it. Dictionaries and sets are put in the order of their bytes, so
/// that the form does not depend on the process (not if `encode(to:)` calls that of a dictionary
/// itself: it should encode it through a container). A part that is `LineCodable` itself has its own
/// form here too.
///
/// It costs several times what a hand-written form does. Nested deeper than
/// ``JSONReader/maximumDepth``, a value is written and cannot be read again.
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

    /// Appends the value through `encode(to:)`.
    ///
    /// Traps when `encode(to:)` throws, and for a `Double` or `Float`, which have no canonical form:
    /// such a type must not be made `LineCodable`.
    public func write(to writer: inout JSONWriter) {
        let node = LineNode()
        do {
            try encode(to: LineEncoder(node: node, codingPath: []))
        } catch {
            preconditionFailure("\(Self.self) cannot be written as a line: \(error)")
        }
        if let self = self as? any Unordered { self.sort(node) }
        node.write(to: &writer)
    }
}

extension LineError {
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
