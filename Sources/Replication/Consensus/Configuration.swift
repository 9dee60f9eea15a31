extension Consensus {
    /// The limits and times of a core.
    package struct Configuration: Hashable, Sendable {
        /// How often a leader is heard when there is nothing to say.
        package var heartbeatInterval: Duration = .milliseconds(50)
        /// How long a follower waits for its leader, drawn anew each time up to twice this.
        ///
        /// Also how long it ignores candidates after it heard the leader, and how long a leader
        /// goes on without a majority. Below 150 ms a stalled sync ends a leadership.
        package var electionTimeout: Duration = .milliseconds(300)
        /// How far apart in time followers pre-vote when their leader's connection ends, by rank
        /// among the voters: at the same moment they would split the vote.
        package var failoverStagger: Duration = .milliseconds(20)
        /// For how long the voter that the policy wants to lead must have been fit to, before the
        /// first hand-over; each one doubles it, up to ``failbackMaximumWait``.
        package var failbackStableTime: Duration = .seconds(3)
        /// The longest wait before a hand-over that the policy wants.
        ///
        /// After twice this without one the waits begin anew. So no flapping node, and no policy,
        /// bounces the lead.
        package var failbackMaximumWait: Duration = .seconds(300)
        /// How many committed entries that voter may lack: proposals wait until it has them.
        package var failbackLag: UInt64 = 1_000
        /// How long a follower may be left without news of a commit index when no entry carries
        /// it; short, because followers answer from what they have applied.
        package var commitDelay: Duration = .milliseconds(2)
        /// The most that one append may hold, but for a single entry that is larger.
        package var maximumAppendBytes = 256 << 10
        /// The most entries in one append.
        package var maximumAppendEntries = 1024
        /// The most appends on their way to one follower; heartbeats do not count.
        package var maximumInflightAppends = 64
        /// The most bytes on their way to one follower.
        package var maximumInflightBytes = 8 << 20
        /// Beyond this proposals are refused as overloaded, but for a single one
        /// while nothing is uncommitted.
        package var maximumUncommittedBytes = 16 << 20
        /// The size that is assumed for an entry that this leader did not propose or has long
        /// committed; such entries go to followers that lag.
        package var assumedEntryBytes = 4 << 10

        /// Creates the default configuration.
        package init() {}
    }
}
