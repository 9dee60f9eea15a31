/// How much of what may wait a node does in one turn; the rest is done in the next.
///
/// A turn without a bound holds up the heartbeats behind it. The node has no clock, so it counts:
/// the defaults are a few milliseconds of work each.
package struct TurnLimits: Hashable, Sendable {
    /// Requests, queries and forwarded operations begun in a turn.
    package var requests = 1_024
    /// Bytes that those ask with and are answered with; the one that passes it is the last.
    package var bytes = 1 << 20
    /// Committed entries applied in a turn.
    package var entries = 1_024
    /// Bytes of those; the one that passes it is the last.
    package var entryBytes = 1 << 20
    /// Waiting requests given to a new leader in a turn.
    package var routes = 1_024
    /// Bytes of those; the one that passes it is the last.
    package var routeBytes = 1 << 20

    /// Creates the default limits.
    package init() {}
}

/// What is left of a turn's limits.
struct TurnBudget: Sendable {
    /// For what clients ask, here and through other nodes.
    private(set) var requests: Allowance
    /// For what is applied.
    var entries: Allowance
    /// For what is given to a leader.
    var routes: Allowance

    /// Creates the budget of a turn.
    init(_ limits: TurnLimits) {
        requests = Allowance(count: limits.requests, bytes: limits.bytes)
        entries = Allowance(count: limits.entries, bytes: limits.entryBytes)
        routes = Allowance(count: limits.routes, bytes: limits.routeBytes)
    }

    mutating func beginRequest(bytes asked: Int) { requests.spend(bytes: asked) }

    mutating func answered(bytes answer: Int) { requests.spend(count: 0, bytes: answer) }
}

/// So many pieces of work, and so many bytes.
struct Allowance: Sendable {
    private var count: Int
    private var bytes: Int

    init(count: Int, bytes: Int) {
        self.count = count
        self.bytes = bytes
    }

    /// Whether one more piece may be begun, however long it is.
    var isLeft: Bool { count > 0 && bytes > 0 }

    mutating func spend(count: Int = 1, bytes: Int) {
        self.count -= count
        self.bytes -= bytes
    }
}
