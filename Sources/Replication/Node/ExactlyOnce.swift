import Collections
package import Storage

/// Which requests took effect, and what they were answered: part of the replicated state.
///
/// It keeps the newest 1,000,000 keys or 24 hours of log time, whichever is less; what is evicted
/// is decided by `apply` alone, so the table is the same on every node (Thesis §6.3).
package struct ExactlyOnce: Sendable {
    /// How much is kept.
    package struct Limits: Hashable, Sendable {
        /// The largest number of keys.
        package var count = 1_000_000
        /// How long a key is kept, by the log's time.
        package var age = Duration.seconds(24 * 3_600)

        /// The limits of the design.
        package init() {}
    }

    /// What is known of a request that took effect.
    package struct Record: Hashable, Sendable {
        /// The entry that it took effect with.
        package var index: LogIndex
        /// SHA-256 of the request without its secrets.
        package var request: String
        /// What it was answered, canonical JSON without secrets.
        package var output: [UInt8]

        /// Creates a record.
        package init(index: LogIndex, request: String, output: [UInt8]) {
            self.index = index
            self.request = request
            self.output = output
        }
    }

    private struct Age: Sendable {
        var identity: RequestIdentity
        var index: LogIndex
        var time: Timestamp
    }

    private var records = SortedMap<RequestIdentity, Record>()
    private var ages = ChunkedArray<Age>()
    private let limits: Limits
    /// The newest evicted index: a key of a request first tried before it may have been forgotten.
    package private(set) var floor = LogIndex.zero

    /// Creates an empty table.
    package init(limits: Limits = Limits()) { self.limits = limits }

    /// Number of keys that are kept.
    package var count: Int { records.count }

    /// What a request was answered, if it took effect.
    package subscript(identity: RequestIdentity) -> Record? { records[identity] }

    /// Notes that a request took effect, and evicts what is too old or too much.
    package mutating func record(_ record: Record, of identity: RequestIdentity, at time: Timestamp)
    {
        records[identity] = record
        ages.append(Age(identity: identity, index: record.index, time: time))
        while let oldest = ages.first,
            ages.count > limits.count || oldest.time + limits.age < time
        {
            ages.removeFirst(1)
            records.removeValue(forKey: oldest.identity)
            floor = max(floor, oldest.index)
        }
    }
}
