package import Storage

/// What a node finds in its journal.
package struct RestoredNode: Sendable {
    /// Who it is.
    package var identity: NodeIdentity
    /// The cluster it belongs to, or nil.
    package var cluster: String?
    /// The latest term, and its vote in it.
    package var vote: Vote
    /// The terms of all entries.
    package var log: LogTerms
    /// The memberships that may matter, in order: the snapshot's, and all in the log behind it.
    package var memberships: [MembershipEntry]
    /// The last entry of the log that was known to be committed.
    package var commit: LogIndex
    /// How the newest terms of the log began.
    package var origins = TermOrigins()
    /// Whether terms of the log began before ``origins`` of which that is unknown.
    package var isOriginUnknown = false
    /// What a damaged disk may have held, or nil if the disk is good.
    package var lost: LogPosition?
    /// The good entries behind the damage.
    package var kept: [KeptEntries] = []
    /// Whether an earlier process ran on this disk, and may have asked for votes that left no trace.
    package var mayHaveAsked = false
    /// The time of the last entry.
    package var lastTime: Timestamp

    /// Creates what a journal held.
    package init(
        identity: NodeIdentity,
        cluster: String?,
        vote: Vote,
        log: LogTerms,
        memberships: [MembershipEntry],
        commit: LogIndex = .zero,
        lost: LogPosition? = nil,
        lastTime: Timestamp
    ) {
        self.identity = identity
        self.cluster = cluster
        self.vote = vote
        self.log = log
        self.memberships = memberships
        self.commit = commit
        self.lost = lost
        self.lastTime = lastTime
    }

    /// The newest membership.
    package var membership: Membership { memberships.last?.membership ?? .empty }
}
