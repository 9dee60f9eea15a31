package import Storage

/// The leader's estimate of the time: the median of the voters' wall clocks.
///
/// Each clock is what a node's last message said, aged by monotonic time, so that one leader's
/// wrong clock cannot end all sessions. With two readings the lower counts.
package struct ClusterClock: Sendable {
    private struct Reading {
        var wall: Timestamp
        var heard: Instant
    }
    private var readings: [NodeIdentity: Reading] = [:]

    /// Creates a clock that has heard nobody.
    package init() {}

    /// Notes what a node's clock said.
    package mutating func note(_ wall: Timestamp, of node: NodeIdentity, at now: Moment) {
        readings[node] = Reading(wall: wall, heard: now.instant)
    }

    /// The median over the voters that were heard, with `own` for this node.
    package func median(of membership: Membership, own: NodeIdentity, at now: Moment) -> Timestamp {
        var times = membership.incoming.filter { $0.role == .voter }
            .compactMap { time(of: $0.identity, own: own, at: now) }
        guard !times.isEmpty else { return now.wall }
        times.sort()
        return times[(times.count - 1) / 2]
    }

    private func time(of node: NodeIdentity, own: NodeIdentity, at now: Moment) -> Timestamp? {
        if node == own { return now.wall }
        return readings[node].map { $0.wall + (now.instant - $0.heard) }
    }

    /// How far a node's clock is ahead of the median, or nil if it was not heard.
    package func offset(
        of node: NodeIdentity,
        in membership: Membership,
        own: NodeIdentity,
        at now: Moment
    ) -> Duration? {
        guard let time = time(of: node, own: own, at: now) else { return nil }
        let median = median(of: membership, own: own, at: now)
        return .milliseconds(time.milliseconds - median.milliseconds)
    }
}

/// Now, by both clocks of a node: one never goes back, the other says what people call the time.
package struct Moment: Hashable, Sendable {
    /// For deadlines.
    package var instant: Instant
    /// For timestamps; may jump.
    package var wall: Timestamp

    /// Creates a moment.
    package init(instant: Instant, wall: Timestamp) {
        self.instant = instant
        self.wall = wall
    }
}
