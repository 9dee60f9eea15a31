package import Storage

/// The appends that are on their way to one follower, oldest first.
package struct Inflights: Hashable, Sendable {
    private struct Sent: Hashable {
        var last: LogIndex
        var bytes: Int
    }

    private var sent: [Sent] = []
    /// How many bytes are on their way.
    package private(set) var bytes = 0

    /// Creates an empty window.
    package init() {}

    /// How many appends are on their way.
    package var count: Int { sent.count }

    /// Notes an append that ends with `last`.
    package mutating func add(last: LogIndex, bytes size: Int) {
        sent.append(Sent(last: last, bytes: size))
        bytes += size
    }

    /// Forgets the appends that end at or before `index`.
    ///
    /// - Complexity: O(*n*) in the number of appends, which is small by configuration.
    package mutating func free(through index: LogIndex) {
        let freed = sent.prefix { $0.last <= index }
        bytes -= freed.reduce(0) { $0 + $1.bytes }
        sent.removeFirst(freed.count)
    }
}
