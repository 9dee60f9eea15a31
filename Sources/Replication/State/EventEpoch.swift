internal import Storage

/// What tells the events of one cluster from those of another at the same address.
///
/// Clients see it in every id; it follows from the cluster's id, so all nodes show the same. A cluster
/// that was made anew has another one, and a client that comes with an id of the old one is found out.
package struct EventEpoch: Hashable, Sendable {
    /// In the replicated state and its snapshots, which are of one cluster anyway.
    package static let inState: UInt64 = 1
    /// Of a client that means a place in whatever cluster it talks to.
    package static let any: UInt64 = 0

    /// The number that clients see.
    package let value: UInt64

    /// The epoch of a cluster.
    package init(cluster: String) {
        value = max(2, UInt64(CRC32C.checksum(Array(cluster.utf8))))
    }

    /// An id of the state as clients see it.
    package func shown(_ id: EventID) -> EventID { id.with(epoch: value) }

    /// An id that a client has sent as the state has it, or nil if it is of another cluster.
    package func read(_ id: EventID) -> EventID? {
        guard id.epoch == value || id.epoch == Self.any else { return nil }
        return id.with(epoch: Self.inState)
    }
}
