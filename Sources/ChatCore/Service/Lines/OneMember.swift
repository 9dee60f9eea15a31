import Storage

extension JSONReader {
    /// Reads an object with exactly one member, of this name.
    mutating func oneMember<Value: LineCodable>(
        _ wanted: String,
        as type: Value.Type = Value.self
    ) throws(LineError) -> Value {
        try oneCase { (name, reader) throws(LineError) in
            guard name == wanted else { throw reader.unknown(name) }
            return try Value(from: &reader)
        }
    }
}

extension JSONWriter {
    /// Writes an object with exactly one member.
    mutating func oneMember(_ name: String, _ value: some LineCodable) {
        beginObject()
        member(name, value)
        endObject()
    }
}
