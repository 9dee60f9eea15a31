package import Storage

/// What waits at a node, in number and in bytes; beyond either, what comes is overload.
///
/// A bound on numbers alone is none: 65,536 requests of 128 KiB are 8 GiB.
package struct IntakeBudget: Sendable {
    /// What one that waits costs beside its bytes.
    package static let overheadBytes = 512

    private let maximumCount: Int
    private let maximumBytes: Int
    private var costs: [Ticket: Int] = [:]
    /// The bytes of all that wait.
    package private(set) var bytes = 0

    /// Creates an empty budget.
    package init(count: Int, bytes: Int) {
        maximumCount = count
        maximumBytes = bytes
    }

    /// How many wait.
    package var count: Int { costs.count }

    /// Takes one in.
    ///
    /// - Returns: Whether there was room; otherwise nothing is taken.
    package mutating func take(_ ticket: Ticket, bytes added: Int) -> Bool {
        let cost = added + Self.overheadBytes
        guard costs.count < maximumCount, bytes + cost <= maximumBytes else { return false }
        costs[ticket] = cost
        bytes += cost
        return true
    }

    /// Lets one go that has its answer, or needs none; once more is no mistake.
    package mutating func release(_ ticket: Ticket) {
        bytes -= costs.removeValue(forKey: ticket) ?? 0
    }
}

/// What other nodes forwarded before this leader may propose, in the order in which it came.
package struct HeldForwards: Sendable {
    /// One forwarded request.
    package typealias Held = (from: NodeIdentity, id: UInt64, proposal: Proposal)

    private let maximumBytes: Int
    private var held: [Held] = []
    private var bytes = 0

    /// Creates an empty queue.
    package init(maximumBytes: Int) { self.maximumBytes = maximumBytes }

    /// Holds one, if there is room.
    package mutating func hold(
        _ proposal: Proposal,
        _ id: UInt64,
        from node: NodeIdentity
    ) -> Bool {
        guard bytes + proposal.estimatedBytes <= maximumBytes else { return false }
        held.append((node, id, proposal))
        bytes += proposal.estimatedBytes
        return true
    }

    /// Gives all of them up.
    package mutating func removeAll() -> [Held] {
        defer { self = HeldForwards(maximumBytes: maximumBytes) }
        return held
    }
}

/// What a node has taken in and not answered: one place for what it may hold.
struct Intake: Sendable {
    /// Requests of this node's own clients, wherever they wait.
    var requests: IntakeBudget
    /// Queries that wait for a state that is new enough.
    var queries: IntakeBudget
    /// What other nodes forwarded too early.
    var held: HeldForwards
    /// When it was last told that an operation was refused.
    var refused = Telling()

    init(_ configuration: NodeConfiguration) {
        requests = IntakeBudget(
            count: configuration.maximumPending,
            bytes: configuration.maximumPendingBytes
        )
        queries = IntakeBudget(
            count: configuration.maximumPending,
            bytes: configuration.maximumQueryBytes
        )
        held = HeldForwards(maximumBytes: configuration.maximumHeldBytes)
    }

    /// One has its answer, or needs none.
    mutating func release(_ ticket: Ticket) {
        requests.release(ticket)
        queries.release(ticket)
    }
}
