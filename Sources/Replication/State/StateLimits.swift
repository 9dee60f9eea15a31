package import Storage

/// How much the replicated state remembers: part of that state, so the same on every node.
///
/// The creator of a cluster writes them into its first entry, if they are not the standard ones, and
/// snapshots carry them. A node that is configured otherwise takes those of the state: two nodes that
/// forget at different entries would answer retries differently.
///
/// `{"keys":1000000,"age":86400000,"events":100000}`
package struct StateLimits: Hashable, Sendable {
    /// Of requests that took effect.
    package var keys = ExactlyOnce.Limits()
    /// Of how many of the newest entries events are kept.
    package var events: UInt64 = 100_000

    /// Those of a first entry or a snapshot that names none.
    package static let standard = StateLimits()

    /// Creates limits; the standard ones where nothing else is said.
    package init(keys: ExactlyOnce.Limits = ExactlyOnce.Limits(), events: UInt64 = 100_000) {
        self.keys = keys
        self.events = events
    }

    /// Creates limits of so many keys of so much time.
    package init(keyCount: Int, age: Duration = .seconds(24 * 3_600), events: UInt64 = 100_000) {
        keys.count = keyCount
        keys.age = age
        self.events = events
    }
}

extension StateLimits: LineCodable {
    /// Reads number and age in milliseconds of keys, and the entries whose events are kept.
    package init(from reader: inout JSONReader) throws(LineError) {
        var (count, age, events): (Int?, Int64?, UInt64?)
        try reader.members { (name, reader) throws(LineError) in
            switch name {
            case "keys": count = try reader.count()
            case "age": age = try reader.milliseconds()
            case "events": events = try reader.unsigned()
            default: throw reader.unknown(name)
            }
        }
        self.init(
            keyCount: try reader.require(count, "keys"),
            age: .milliseconds(try reader.require(age, "age")),
            events: try reader.require(events, "events")
        )
    }

    /// Writes all three.
    package func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("keys", keys.count)
        writer.member("age", keys.age.milliseconds)
        writer.member("events", events)
        writer.endObject()
    }
}
