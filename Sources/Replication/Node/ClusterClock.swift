package import Storage

/// The leader's estimate of the time: the median of the voters' wall clocks, never ahead of a good
/// one while only a minority of them is wrong.
///
/// Each clock is what a node's last message said, aged by monotonic time, and forgotten when no other
/// came for a while: a clock that was wrong may have been set right meanwhile, and must not count as
/// wrong together with another that went wrong since. Where voters were not heard, the estimate is
/// so low that all of a minority may be ahead and among those that were; it may then be too low, and
/// the log's time stands still, which ends no session.
package struct ClusterClock: Sendable {
    private struct Reading {
        var wall: Timestamp
        var heard: Instant
    }
    private var readings: [NodeIdentity: Reading] = [:]
    private let patience: Duration

    /// Creates a clock that has heard nobody.
    ///
    /// - Parameter patience: How long a reading counts.
    package init(patience: Duration) { self.patience = patience }

    /// Notes what a node's clock said.
    package mutating func note(_ wall: Timestamp, of node: NodeIdentity, at now: Moment) {
        readings[node] = Reading(wall: wall, heard: now.instant)
    }

    /// The median over the voters, with `own` for this node.
    ///
    /// - Returns: Nil if no majority was heard: one that is surely good may not be among them, and of
    ///   two voters a leader must not go by its own clock alone.
    package func median(of membership: Membership, own: NodeIdentity, at now: Moment) -> Timestamp?
    {
        let voters = membership.incoming.filter { $0.role == .voter }
        let times = voters.compactMap { time(of: $0.identity, own: own, at: now) }.sorted()
        let wrong = max(0, voters.count - 1) / 2
        let place = min((times.count - 1) / 2, times.count - 1 - wrong)
        return times.count > voters.count / 2 ? times[place] : nil
    }

    private func time(of node: NodeIdentity, own: NodeIdentity, at now: Moment) -> Timestamp? {
        if node == own { return now.wall }
        guard let reading = readings[node] else { return nil }
        let age = now.instant - reading.heard
        return age > patience ? nil : reading.wall + age
    }

    /// How far a node's clock is ahead of the others, or nil if this node cannot judge.
    ///
    /// A median alone judges nobody: a follower hears its leader and itself, and of two clocks that
    /// differ either may be the wrong one. A clock is judged by the median once all voters were heard,
    /// and else by a majority of them that says the same, give or take ``agreement``.
    package func offset(
        of node: NodeIdentity,
        in membership: Membership,
        own: NodeIdentity,
        at now: Moment
    ) -> Duration? {
        guard let time = time(of: node, own: own, at: now),
            let reference = reference(of: membership, own: own, at: now)
        else { return nil }
        return .milliseconds(time.milliseconds - reference.milliseconds)
    }

    /// How far apart clocks may be that count as saying the same.
    private static let agreement = Duration.seconds(1)

    /// The time that others are judged by, or nil if there is none.
    private func reference(
        of membership: Membership,
        own: NodeIdentity,
        at now: Moment
    ) -> Timestamp? {
        let voters = membership.incoming.filter { $0.role == .voter }
        let times = voters.compactMap { time(of: $0.identity, own: own, at: now) }.sorted()
        let majority = voters.count / 2 + 1
        if times.count == voters.count, !times.isEmpty { return times[(times.count - 1) / 2] }
        guard times.count >= majority else { return nil }
        for (first, last) in zip(times, times.dropFirst(majority - 1))
        where .milliseconds(last.milliseconds - first.milliseconds) <= Self.agreement {
            return first
        }
        return nil
    }
}
