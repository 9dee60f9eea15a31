import ReplicationCollections
package import Storage

/// Which requests took effect, and what they were answered: part of the replicated state.
///
/// It keeps the newest 1,000,000 keys or 24 hours of log time, whichever is less; what is evicted
/// is decided by `apply` alone, so the table is the same on every node (Thesis §6.3).
///
/// An entry evicts ``evictionsPerEntry`` keys at the most (pitfall 56): after an import of a million
/// keys, all of them would otherwise go with one entry, a day later, at the same time on every node.
/// A key that is due and still here is found as before, on every node, for what has gone is part of
/// the state; it only answers a retry that comes later than promised.
package struct ExactlyOnce: Hashable, Sendable {
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

    private struct Age: Hashable, Sendable {
        var identity: RequestIdentity
        var index: LogIndex
        var time: Timestamp
    }

    private var records = SortedMap<RequestIdentity, Record>()
    private var ages = ChunkedArray<Age>()
    /// The most keys that one entry evicts; more than one, so that what is due gets less.
    package static let evictionsPerEntry = 4

    /// How much is kept; part of the state.
    package let limits: Limits
    /// The newest evicted index: a key of a request first tried before it may have been forgotten.
    package private(set) var floor = LogIndex.zero

    /// Creates an empty table, or one whose keys are to be restored.
    package init(limits: Limits = Limits(), floor: LogIndex = .zero) {
        self.limits = limits
        self.floor = floor
    }

    /// Number of keys that are kept.
    package var count: Int { records.count }

    /// What a request was answered, if it took effect.
    package subscript(identity: RequestIdentity) -> Record? { records[identity] }

    /// Notes that a request took effect, and evicts some of what is too old or too much.
    ///
    /// - Complexity: O(log *n*).
    package mutating func record(_ record: Record, of identity: RequestIdentity, at time: Timestamp)
    {
        records[identity] = record
        ages.append(Age(identity: identity, index: record.index, time: time))
        for _ in 0..<Self.evictionsPerEntry {
            guard let oldest = ages.first,
                ages.count > limits.count || oldest.time + limits.age < time
            else { return }
            ages.removeFirst(1)
            records.removeValue(forKey: oldest.identity)
            floor = max(floor, oldest.index)
        }
    }

    /// Gives each key that is kept, oldest first, with its record and its time.
    package func forEachKey<Failure>(
        _ body: (RequestIdentity, Record, Timestamp) throws(Failure) -> Void
    ) throws(Failure) {
        for age in ages {
            if let record = records[age.identity] { try body(age.identity, record, age.time) }
        }
    }

    /// Takes back a key that ``forEachKey(_:)`` gave, and evicts nothing.
    ///
    /// - Returns: The rule that it breaks, or nil.
    package mutating func restore(
        _ record: Record,
        of identity: RequestIdentity,
        at time: Timestamp
    ) -> String? {
        let newest = ages.last
        guard record.index > newest?.index ?? floor else { return "its entry comes earlier" }
        guard newest.map({ $0.time <= time }) ?? true else { return "its time comes earlier" }
        guard records[identity] == nil else { return "the key stands twice" }
        records[identity] = record
        ages.append(Age(identity: identity, index: record.index, time: time))
        return nil
    }
}
