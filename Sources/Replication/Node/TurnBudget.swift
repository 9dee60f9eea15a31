/// How much of what may wait a node does in one turn; the rest is done in the next.
///
/// A turn without a bound holds up the heartbeats behind it. The node has no clock, so it counts:
/// the defaults are a few milliseconds of work each.
package struct TurnLimits: Hashable, Sendable {
    /// Requests, queries and forwarded operations begun in a turn.
    package var requests = 1_024
    /// Bytes that those ask with and are answered with; the one that passes it is the last.
    package var bytes = 1 << 20

    /// Creates the default limits.
    package init() {}
}

/// What is left of a turn's limits.
struct TurnBudget: Sendable {
    private var requests: Int
    private var bytes: Int

    /// Creates the budget of a turn.
    init(_ limits: TurnLimits) {
        requests = limits.requests
        bytes = limits.bytes
    }

    /// Whether one more request may be begun.
    var allowsRequest: Bool { requests > 0 && bytes > 0 }

    mutating func beginRequest(bytes asked: Int) {
        requests -= 1
        bytes -= asked
    }

    mutating func answered(bytes answer: Int) { bytes -= answer }
}
