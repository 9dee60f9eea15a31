/// A promise that was broken, and the seed that shows it.
public struct Violation: Error, Hashable, Sendable, CustomStringConvertible {
    /// Which promise.
    public enum Promise: String, Hashable, Sendable, CaseIterable {
        /// At most one leader per term (Raft §5.2).
        case electionSafety
        /// Two logs with an entry of the same index and term agree on it (Raft §5.3).
        case logMatching
        /// A leader has every committed entry (Raft §5.4).
        case leaderCompleteness
        /// No two nodes apply different entries at one index (Raft §5.4.3).
        case stateMachineSafety
        /// Nodes that applied the same entries have the same state.
        case determinism
        /// A start finds what was durable, and damage only on a disk that was damaged.
        case durability
        /// An acknowledged operation is kept.
        case acknowledgedIsKept
        /// No operation takes effect twice.
        case exactlyOnce
        /// Reads and writes are linearizable.
        case linearizability
        /// Nothing appears that was never sent.
        case nothingInvented
        /// The log's time is never ahead of all good clocks, so nothing expires early.
        case time
        /// A node does not stop by itself, nor refuse its own disk.
        case staysUp
        /// Once nothing goes wrong any more, all is answered and all nodes agree.
        case convergence
        /// There is one cluster.
        case oneCluster
        /// What the workload itself checks.
        case workload
    }

    /// Which promise.
    public var promise: Promise
    /// What was seen.
    public var detail: String
    /// Replays it.
    public var seed: UInt64

    /// Creates a violation.
    public init(promise: Promise, detail: String, seed: UInt64) {
        self.promise = promise
        self.detail = detail
        self.seed = seed
    }

    /// The promise, what was seen, and the seed.
    public var description: String { "\(promise.rawValue): \(detail) (seed \(seed))" }
}
