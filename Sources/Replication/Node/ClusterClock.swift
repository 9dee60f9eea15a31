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
        var times: [Timestamp] = []
        for member in membership.incoming where member.role == .voter {
            if member.identity == own {
                times.append(now.wall)
            } else if let reading = readings[member.identity] {
                times.append(reading.wall + (now.instant - reading.heard))
            }
        }
        guard !times.isEmpty else { return now.wall }
        times.sort()
        return times[(times.count - 1) / 2]
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
