package import Storage

extension Consensus {
    /// What a node finds on its disk when it starts; all of it is durable.
    package struct Restored: Hashable, Sendable {
        /// Who the node is.
        package var identity: NodeIdentity
        /// The latest term and vote.
        package var vote: Vote
        /// The terms of the log.
        package var log: LogTerms
        /// The memberships in the log, in order; earlier ones than the last are needed where the
        /// last may still be truncated.
        package var memberships: [MembershipEntry]
        /// How far the log is known to be committed: the snapshot's index, or zero.
        package var commitIndex: LogIndex
        /// What a damaged disk may have held, or nil if the disk is good.
        ///
        /// The log given with it ends before the first damaged entry, and acknowledgements count
        /// from there. What was acknowledged before must still be honoured, so until its log is as
        /// up to date again, the node votes as if it ended here, and never campaigns. The vote
        /// given with it is one that leaves none to give in a term in which it may have voted.
        package var lost: LogPosition?
        /// Whether an earlier process may have asked for votes in the term after ``vote``, and ended
        /// before its own vote was durable.
        ///
        /// Then this one does not campaign in that term: what it would be told may be meant for the
        /// other's log.
        package var mayHaveAsked = false

        /// Creates the state of a node; of a blank one by default.
        package init(
            identity: NodeIdentity,
            vote: Vote = .none,
            log: LogTerms = LogTerms(),
            memberships: [MembershipEntry] = [],
            commitIndex: LogIndex = .zero,
            lost: LogPosition? = nil
        ) {
            self.identity = identity
            self.vote = vote
            self.log = log
            self.memberships = memberships
            self.commitIndex = commitIndex
            self.lost = lost
        }

        /// Creates the state of a node whose log holds one membership that matters.
        package init(
            identity: NodeIdentity,
            vote: Vote,
            log: LogTerms,
            membership: Membership,
            membershipIndex: LogIndex,
            commitIndex: LogIndex = .zero,
            lost: LogPosition? = nil
        ) {
            self.init(
                identity: identity,
                vote: vote,
                log: log,
                memberships: [MembershipEntry(index: membershipIndex, membership: membership)],
                commitIndex: commitIndex,
                lost: lost
            )
        }
    }
}
