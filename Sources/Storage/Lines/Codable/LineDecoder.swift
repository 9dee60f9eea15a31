/// Gives a type what stands at one place of a line.
///
/// It reads one level at a time and skips what lies below, which a decoder of its own reads when the
/// type asks for it. All bytes were checked before by ``JSONReader/skip()``.
final class LineDecoder: Decoder {
    let codingPath: [any CodingKey]
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    private let bytes: [UInt8]
    private let range: Range<Int>
    private var object: LineObject?
    /// Decoders of nested containers, which belong to the same value.
    private var nested: [LineDecoder] = []

    init(bytes: [UInt8], range: Range<Int>, codingPath: [any CodingKey] = []) {
        self.bytes = bytes
        self.range = range
        self.codingPath = codingPath
    }

    /// A reader of this value.
    var reader: JSONReader { JSONReader(bytes, in: range) }

    var isNull: Bool {
        var reader = reader
        return (try? reader.null()) != nil
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        KeyedDecodingContainer(LineKeyedDecoding(decoder: self, object: try members()))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        var reader = reader
        var ranges: [Range<Int>] = []
        try reader.elements { (reader) throws(LineError) in ranges.append(try reader.skip()) }
        return LineUnkeyedDecoding(decoder: self, ranges: ranges)
    }

    func singleValueContainer() -> any SingleValueDecodingContainer {
        LineSingleDecoding(decoder: self)
    }

    /// A decoder of a part of this value.
    func part(_ range: Range<Int>, _ key: any CodingKey) -> LineDecoder {
        LineDecoder(bytes: bytes, range: range, codingPath: codingPath + [key])
    }

    /// A decoder of a nested container, checked by ``finish()`` with this one.
    func nestedPart(_ range: Range<Int>, _ key: any CodingKey) -> LineDecoder {
        let decoder = part(range, key)
        nested.append(decoder)
        return decoder
    }

    /// Refuses members that the type did not ask for.
    func finish() throws(LineError) {
        try object?.finish()
        for decoder in nested { try decoder.finish() }
    }

    /// Decodes any type; here end the types that decode themselves by a call of their own.
    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        if let line = type as? any LineCodable.Type, let value = try read(line) as? Value {
            return value
        }
        if let integer = type as? any FixedWidthInteger.Type,
            let value = try read(integer) as? Value
        {
            return value
        }
        guard !(type is any BinaryFloatingPoint.Type) else {
            throw reader.error(.invalid("a \(type) has no canonical form"))
        }
        let decoder = LineDecoder(bytes: bytes, range: range, codingPath: codingPath)
        let value = try Value(from: decoder)
        try decoder.finish()
        return value
    }

    private func read<Line: LineCodable>(_ type: Line.Type) throws(LineError) -> Line {
        var reader = reader
        return try Line(from: &reader)
    }

    private func read<Integer: FixedWidthInteger>(
        _ type: Integer.Type
    ) throws(LineError) -> Integer {
        var reader = reader
        let value =
            Integer.isSigned
            ? Integer(exactly: try reader.integer()) : Integer(exactly: try reader.unsigned())
        guard let value else { throw LineError(.notAnInteger, at: range.lowerBound) }
        return value
    }

    private func members() throws(LineError) -> LineObject {
        if let object { return object }
        var reader = reader
        let object = LineObject()
        try reader.members { (name, reader) throws(LineError) in
            try object.add(name, try reader.skip())
        }
        self.object = object
        return object
    }
}

/// The members of an object, and which of them were asked for.
final class LineObject {
    private(set) var names: [String] = []
    private var ranges: [String: Range<Int>] = [:]
    private var asked: Set<String> = []

    /// Adds a member; names that Swift holds for equal are doubled here, though their bytes differ.
    func add(_ name: String, _ range: Range<Int>) throws(LineError) {
        guard ranges.updateValue(range, forKey: name) == nil else {
            throw LineError(.doubledMember(name), at: range.lowerBound)
        }
        names.append(name)
    }

    /// Where the value of a member stands, which counts as asked for from now on.
    func range(of name: String) -> Range<Int>? {
        asked.insert(name)
        return ranges[name]
    }

    func finish() throws(LineError) {
        guard let name = names.first(where: { !asked.contains($0) }) else { return }
        throw LineError(.unknownMember(name), at: ranges[name]?.lowerBound ?? 0)
    }
}
