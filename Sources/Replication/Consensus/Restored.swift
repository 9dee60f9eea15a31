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
        package var damage: Damage?

        /// Creates the state of a node; of a blank one by default.
        package init(
            identity: NodeIdentity,
            vote: Vote = .none,
            log: LogTerms = LogTerms(),
            memberships: [MembershipEntry] = [],
            commitIndex: LogIndex = .zero,
            damage: Damage? = nil
        ) {
            self.identity = identity
            self.vote = vote
            self.log = log
            self.memberships = memberships
            self.commitIndex = commitIndex
            self.damage = damage
        }

        /// Creates the state of a node whose log holds one membership that matters.
        package init(
            identity: NodeIdentity,
            vote: Vote,
            log: LogTerms,
            membership: Membership,
            membershipIndex: LogIndex,
            commitIndex: LogIndex = .zero,
            damage: Damage? = nil
        ) {
            self.init(
                identity: identity,
                vote: vote,
                log: log,
                memberships: [MembershipEntry(index: membershipIndex, membership: membership)],
                commitIndex: commitIndex,
                damage: damage
            )
        }
    }

    /// What the good lines of a damaged journal say that it once held.
    ///
    /// The log given with it ends before the first damaged entry, and acknowledgements count from
    /// there. Votes must still honour what was acknowledged before, so the node votes as if it
    /// held it, and does not vote in terms in which it may have voted. It never campaigns. All
    /// this ends when the log is as up to date again.
    package struct Damage: Hashable, Sendable {
        /// The largest `through` that any good line names.
        package var through: LogPosition
        /// The largest term that any good line names.
        package var term: Term

        /// Creates a damage.
        package init(through: LogPosition, term: Term) {
            self.through = through
            self.term = term
        }
    }
}
