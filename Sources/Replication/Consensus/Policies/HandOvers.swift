/// How often this node handed over because its policy wanted so.
package struct HandOvers: Sendable {
    private var count = 0
    private var last: Instant?

    /// Creates the count of a node that has just started.
    package init() {}

    /// For how long the next voter must have been fit.
    package func wait(_ configuration: Consensus.Configuration, _ now: Instant) -> Duration {
        var wait = max(.zero, configuration.failbackStableTime)
        guard !isForgotten(configuration, now) else { return wait }
        let longest = max(wait, configuration.failbackMaximumWait)
        for _ in 0..<count where wait < longest { wait = wait * 2 }
        return min(wait, longest)
    }

    /// Notes one that begins now.
    package mutating func note(_ configuration: Consensus.Configuration, _ now: Instant) {
        count = isForgotten(configuration, now) ? 1 : min(count + 1, 32)
        last = now
    }

    private func isForgotten(_ configuration: Consensus.Configuration, _ now: Instant) -> Bool {
        guard let last else { return true }
        return now - last >= configuration.failbackMaximumWait * 2
    }
}
