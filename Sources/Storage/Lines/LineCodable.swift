/// A value with one canonical form as JSON, written and read without Foundation.
///
/// Writing the same value gives the same bytes on every node: members in a fixed order, no white
/// space, integers only, an absent optional left out, a case without payload as `{}`.
public protocol LineCodable {
    /// Reads the value, and nothing after it.
    ///
    /// - Throws: ``LineError`` for anything that ``write(to:)`` of some value would not write, but
    ///   for white space and the order of members.
    init(from reader: inout JSONReader) throws(LineError)

    /// Appends the canonical form, or tells the writer that there is none.
    func write(to writer: inout JSONWriter)
}

extension LineCodable {
    /// The canonical form, without a line end.
    ///
    /// Traps for a value that has none; ``canonicalForm(nestedUpTo:)`` throws.
    public var lineBytes: [UInt8] {
        do throws(LineError) { return try canonicalForm() } catch {
            preconditionFailure("\(Self.self) cannot be written as a line: \(error)")
        }
    }

    /// The canonical form, without a line end.
    ///
    /// - Parameter depth: How deep it may be nested, ``JSONReader/maximumDepth`` at the most.
    /// - Returns: JSON in UTF-8.
    /// - Throws: ``LineError`` for a value that has none, and ``LineError/Reason/tooDeep``.
    public func canonicalForm(
        nestedUpTo depth: Int = JSONReader.maximumDepth
    ) throws(LineError) -> [UInt8] {
        var writer = JSONWriter()
        write(to: &writer)
        if let failure = writer.failure { throw failure }
        guard writer.deepest <= depth else { throw LineError(.tooDeep) }
        return writer.bytes
    }

    /// Reads a value that makes up all of `bytes`.
    public init(lineBytes bytes: [UInt8]) throws(LineError) {
        var reader = JSONReader(bytes)
        self = try Self(from: &reader)
        try reader.finish()
    }
}

extension String: LineCodable {
    /// Reads a JSON string.
    public init(from reader: inout JSONReader) throws(LineError) { self = try reader.string() }
    /// Appends a JSON string.
    public func write(to writer: inout JSONWriter) { writer.string(self) }
}

extension Int64: LineCodable {
    /// Reads a JSON integer.
    public init(from reader: inout JSONReader) throws(LineError) { self = try reader.integer() }
    /// Appends a JSON integer.
    public func write(to writer: inout JSONWriter) { writer.integer(self) }
}

extension UInt64: LineCodable {
    /// Reads a JSON integer that is not negative.
    public init(from reader: inout JSONReader) throws(LineError) { self = try reader.unsigned() }
    /// Appends a JSON integer.
    public func write(to writer: inout JSONWriter) { writer.unsigned(self) }
}

extension Bool: LineCodable {
    /// Reads `true` or `false`.
    public init(from reader: inout JSONReader) throws(LineError) { self = try reader.boolean() }
    /// Appends `true` or `false`.
    public func write(to writer: inout JSONWriter) { writer.boolean(self) }
}

extension Array: LineCodable where Element: LineCodable {
    /// Reads a JSON array.
    public init(from reader: inout JSONReader) throws(LineError) {
        self = []
        try reader.elements { (reader) throws(LineError) in
            append(try Element(from: &reader))
        }
    }
    /// Appends a JSON array.
    public func write(to writer: inout JSONWriter) {
        writer.beginArray()
        for element in self { element.write(to: &writer) }
        writer.endArray()
    }
}
