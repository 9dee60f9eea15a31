/// Fills a node with what a type encodes.
struct LineEncoder: Encoder {
    let node: LineNode
    let codingPath: [any CodingKey]
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        node.beObject()
        return KeyedEncodingContainer(LineKeyedEncoding(node: node, codingPath: codingPath))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        node.beArray()
        return LineUnkeyedEncoding(node: node, codingPath: codingPath)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer {
        LineSingleEncoding(node: node, codingPath: codingPath)
    }

    /// Encodes any value; here end the types that encode themselves by a call of their own.
    func encode(_ value: some Encodable) throws {
        // Before the stack is full.
        guard codingPath.count <= JSONReader.maximumDepth else { throw LineError(.tooDeep) }
        if let value = value as? any LineCodable {
            node.scalar { value.write(to: &$0) }
        } else if let value = value as? any FixedWidthInteger {
            try encodeInteger(value)
        } else if value is any BinaryFloatingPoint {
            throw refusal(of: value, "a \(type(of: value)) has no canonical form")
        } else {
            try value.encode(to: self)
            if let value = value as? any Unordered { value.sort(node) }
        }
    }

    private func encodeInteger(_ value: some FixedWidthInteger) throws {
        if let integer = Int64(exactly: value) {
            node.scalar { $0.integer(integer) }
        } else if let integer = UInt64(exactly: value) {
            node.scalar { $0.unsigned(integer) }
        } else {
            throw refusal(of: value, "\(value) does not fit 64 bits")
        }
    }

    private func refusal(of value: Any, _ why: String) -> EncodingError {
        .invalidValue(value, EncodingError.Context(codingPath: codingPath, debugDescription: why))
    }
}

/// The key of a `super` container and of array elements.
struct LineKey: CodingKey {
    let stringValue: String
    let intValue: Int?

    init(stringValue: String) {
        self.stringValue = stringValue
        intValue = nil
    }

    init(intValue: Int) {
        stringValue = "\(intValue)"
        self.intValue = intValue
    }
}

/// Members of an object; the generic method serves all types that the protocol names.
struct LineKeyedEncoding<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let node: LineNode
    let codingPath: [any CodingKey]

    private func encoder(_ key: any CodingKey) -> LineEncoder {
        LineEncoder(node: node.member(key.stringValue), codingPath: codingPath + [key])
    }

    func encodeNil(forKey key: Key) { encoder(key).node.scalar { $0.null() } }

    func encode<Value: Encodable>(_ value: Value, forKey key: Key) throws {
        try encoder(key).encode(value)
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type,
        forKey key: Key
    ) -> KeyedEncodingContainer<Nested> {
        encoder(key).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        encoder(key).unkeyedContainer()
    }

    func superEncoder() -> any Encoder { encoder(LineKey(stringValue: "super")) }

    func superEncoder(forKey key: Key) -> any Encoder { encoder(key) }
}

/// Elements of an array; the generic method serves all types that the protocol names.
struct LineUnkeyedEncoding: UnkeyedEncodingContainer {
    let node: LineNode
    let codingPath: [any CodingKey]
    var count: Int { node.count }

    private func encoder() -> LineEncoder {
        let key = LineKey(intValue: node.count)
        return LineEncoder(node: node.element(), codingPath: codingPath + [key])
    }

    func encodeNil() { encoder().node.scalar { $0.null() } }

    func encode<Value: Encodable>(_ value: Value) throws { try encoder().encode(value) }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type
    ) -> KeyedEncodingContainer<Nested> {
        encoder().container(keyedBy: type)
    }

    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { encoder().unkeyedContainer() }

    func superEncoder() -> any Encoder { encoder() }
}

/// One value; the generic method serves all types that the protocol names.
struct LineSingleEncoding: SingleValueEncodingContainer {
    let node: LineNode
    let codingPath: [any CodingKey]

    func encodeNil() { node.scalar { $0.null() } }

    func encode<Value: Encodable>(_ value: Value) throws {
        try LineEncoder(node: node, codingPath: codingPath).encode(value)
    }
}
