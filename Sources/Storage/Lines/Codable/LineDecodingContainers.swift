/// Members of an object; the generic method serves all types that the protocol names.
struct LineKeyedDecoding<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let decoder: LineDecoder
    let object: LineObject
    var codingPath: [any CodingKey] { decoder.codingPath }
    var allKeys: [Key] { object.names.compactMap(Key.init(stringValue:)) }

    func contains(_ key: Key) -> Bool { object.range(of: key.stringValue) != nil }

    func decodeNil(forKey key: Key) throws -> Bool {
        decoder.part(try range(key), key).isNull
    }

    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
        try decoder.part(try range(key), key).decode(type)
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type,
        forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> {
        try decoder.nestedPart(try range(key), key).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try decoder.nestedPart(try range(key), key).unkeyedContainer()
    }

    func superDecoder() throws -> any Decoder {
        let key = LineKey(stringValue: "super")
        return decoder.nestedPart(try range(key), key)
    }

    func superDecoder(forKey key: Key) throws -> any Decoder {
        decoder.nestedPart(try range(key), key)
    }

    private func range(_ key: any CodingKey) throws(LineError) -> Range<Int> {
        try decoder.reader.require(object.range(of: key.stringValue), key.stringValue)
    }
}

/// Elements of an array; the generic method serves all types that the protocol names.
struct LineUnkeyedDecoding: UnkeyedDecodingContainer {
    let decoder: LineDecoder
    let ranges: [Range<Int>]
    private(set) var currentIndex = 0
    var codingPath: [any CodingKey] { decoder.codingPath }
    var count: Int? { ranges.count }
    var isAtEnd: Bool { currentIndex >= ranges.count }

    init(decoder: LineDecoder, ranges: [Range<Int>]) {
        self.decoder = decoder
        self.ranges = ranges
    }

    mutating func decodeNil() throws -> Bool {
        let isNull = decoder.part(try range(), key).isNull
        if isNull { currentIndex += 1 }
        return isNull
    }

    mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        let value = try decoder.part(try range(), key).decode(type)
        currentIndex += 1
        return value
    }

    mutating func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type
    ) throws -> KeyedDecodingContainer<Nested> {
        try next().container(keyedBy: type)
    }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        try next().unkeyedContainer()
    }

    mutating func superDecoder() throws -> any Decoder { try next() }

    private var key: LineKey { LineKey(intValue: currentIndex) }

    private mutating func next() throws(LineError) -> LineDecoder {
        let next = decoder.nestedPart(try range(), key)
        currentIndex += 1
        return next
    }

    private func range() throws(LineError) -> Range<Int> {
        guard !isAtEnd else {
            throw decoder.reader.error(.invalid("the array has too few elements"))
        }
        return ranges[currentIndex]
    }
}

/// One value; the generic method serves all types that the protocol names.
struct LineSingleDecoding: SingleValueDecodingContainer {
    let decoder: LineDecoder
    var codingPath: [any CodingKey] { decoder.codingPath }

    func decodeNil() -> Bool { decoder.isNull }

    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        try decoder.decode(type)
    }
}
