public import Storage

/// The lines of a state: each an object with one member, whose name says what it is.
extension SnapshotWriter {
    /// Writes such as `{"account":{"id":7},"crc":"…"}`.
    ///
    /// - Throws: ``SnapshotError`` if the file cannot be written; pass it on.
    public mutating func line(
        _ kind: String,
        _ value: some LineCodable
    ) throws(SnapshotError) {
        try line { $0.member(kind, value) }
    }
}

extension SnapshotReader {
    /// Reads the next line, or gives nil after the last; `value` must read exactly one value.
    ///
    /// - Parameter value: Given the name of the line's one member; what it throws is told with the
    ///   line's place in the file.
    /// - Returns: What `value` gave, or nil if all lines were read and are good.
    /// - Throws: ``SnapshotError`` if the file or the line is not as it was written; pass it on.
    public mutating func next<Value>(
        _ value: (_ kind: String, inout JSONReader) throws(LineError) -> Value
    ) throws(SnapshotError) -> Value? {
        var found: Value?
        let isLine = try next { (name, reader) throws(LineError) in
            guard found == nil else { throw reader.unknown(name) }
            found = try value(name, &reader)
        }
        guard isLine else { return nil }
        guard let found else { throw .invalid("a line of the state is empty") }
        return found
    }
}
