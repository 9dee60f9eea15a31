import Storage

/// Numbers of the log, as far as they are believed.
extension JSONReader {
    /// The largest index or term that is believed: far from any that is reached, and far enough
    /// from the end of the type that no sum with a count overflows.
    static let largestOrdinal: UInt64 = 1 << 53

    /// Reads an index or a term.
    mutating func ordinal() throws(LineError) -> UInt64 {
        let value = try unsigned()
        guard value <= Self.largestOrdinal else {
            throw error(.invalid("indices and terms are at most 2^53"))
        }
        return value
    }

    /// Reads an index and a term.
    mutating func logPosition() throws(LineError) -> LogPosition {
        let position = try LogPosition(from: &self)
        guard max(position.index.value, position.term.value) <= Self.largestOrdinal else {
            throw error(.invalid("indices and terms are at most 2^53"))
        }
        return position
    }

    /// A wall clock's time: far enough from the ends of the type that no sum with a duration
    /// overflows.
    mutating func milliseconds() throws(LineError) -> Int64 {
        let value = try integer()
        guard value.magnitude <= Self.largestOrdinal else {
            throw error(.invalid("a time is at most 2^53 milliseconds"))
        }
        return value
    }
}
