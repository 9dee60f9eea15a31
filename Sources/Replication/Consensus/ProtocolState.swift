import Storage

extension Consensus {
    /// All that decides what a core may do, without clocks and chance.
    ///
    /// Two cores with equal states are in the same place of the protocol.
    package struct ProtocolState: Hashable, Sendable {
        let identity: NodeIdentity
        var vote: Vote
        /// The first term in which this process may campaign.
        private let firstCandidacy: Term
        var log: LogTerms
        var memberships: MembershipHistory
        /// The quorum of the membership in effect.
        var quorum: Quorum
        var commitIndex: LogIndex
        var durability: Durability
        /// The leader of the current term, if it is known.
        var leader: NodeIdentity?
        /// Not nil in a candidate and a pre-candidate; never together with `leadership`.
        var candidacy: Candidacy?
        /// Not nil in a leader.
        var leadership: Leadership?
        /// What this node may have acknowledged before its disk was damaged, until it has it again.
        var lost: LogPosition?
        /// Whether a leader's entries came in while something is lost: then the log is the leader's
        /// as far as it was told so, and no fill takes anything of it back.
        var hasFollowed = false
        /// Whether only votes can be written.
        var isDiskFull = false
        /// Whether the state is one that a majority contradicts.
        var isDiverged = false

        init(_ restored: Restored) {
            identity = restored.identity
            vote = restored.vote
            let next = restored.vote.term.next
            firstCandidacy = restored.mayHaveAsked ? next.next : next
            log = restored.log
            memberships = MembershipHistory(restored.memberships)
            quorum = Quorum(memberships.current.membership)
            durability = Durability(index: restored.log.lastIndex)
            commitIndex = min(
                max(restored.commitIndex, restored.log.before.index),
                restored.log.lastIndex
            )
            memberships.commit(commitIndex)
            lost = restored.lost
            regain()
        }

        var role: Role {
            if leadership != nil { return .leader }
            guard let candidacy else { return .follower }
            return candidacy.isReal ? .candidate : .preCandidate
        }

        /// Whether this node may try to lead; one that must not still votes (pitfall 7).
        ///
        /// One that a membership has taken out may, and does not count itself, until that is
        /// committed: others may have no such entry yet, and not vote for each other without it.
        /// One whose state is bad may too, later than others: its log may be the longest.
        var mayCampaign: Bool {
            lost == nil && !isDiskFull && memberships.mayVote(identity)
        }

        /// The term in which this node would campaign.
        var candidacyTerm: Term { max(vote.term.next, firstCandidacy) }

        /// Whether this node may try to lead as soon as it can.
        var isFirstChoice: Bool { mayCampaign && !isDiverged }

        /// Counts by the membership in effect from now on.
        mutating func adoptQuorum() {
            #if PLANTED_BUGS
            if PlantedBug.membershipAtCommit.isActive {
                quorum = Quorum(memberships.committed(at: commitIndex).membership)
                return
            }
            #endif
            quorum = Quorum(memberships.current.membership)
        }

        /// Ends the repair once the log is as up to date as the lost one; it must not end earlier,
        /// whatever came in (pitfall 38).
        mutating func regain() {
            if let lost, !(log.last < lost) { self.lost = nil }
        }

        /// Where the log ends for a vote: a damaged one where it may have ended before.
        var lastForVotes: LogPosition {
            #if PLANTED_BUGS
            if PlantedBug.voteBeforeHole.isActive { return log.last }
            #endif
            return lost.map { max($0, log.last) } ?? log.last
        }
    }

    /// A try to become leader.
    struct Candidacy: Hashable, Sendable {
        /// Whether votes are asked for, and not only whether they would be given.
        var isReal: Bool
        /// Whether the leader asked for it, so that hearing it is no reason to refuse.
        var isTransfer = false
        /// Whether requests wait until the own vote is durable.
        var isGated = false
        var tally = VoteTally()
    }

    /// What a leader had when it looked for its quorum, once in an election timeout.
    struct Look: Hashable, Sendable {
        /// Its newest round.
        var round: AppendRound
        /// Its last entry.
        var end: LogIndex
    }

    /// What only a leader has.
    struct Leadership: Hashable, Sendable {
        /// The other members, in the order of their identities.
        var peers: [Progress]
        var sizes: EntrySizes
        var reads = ReadRounds()
        /// What there was when check-quorum looked last.
        var look: Look
        /// What there was at the look before.
        var lookBefore: Look
        /// The members that join.
        var joining: [NodeIdentity] = []
        /// Who of them is about to become a voter; begun anew with each look of check-quorum.
        var promotion: Promotion?
        /// The peers that are no members any more, and have not been told so.
        var departing: [NodeIdentity] = []
        /// The lead on its way to another voter; cleared by ``Consensus/endTransfer(_:)`` alone.
        var transfer: LeadershipTransfer?

        /// The newest round that a quorum has answered; the leader itself answers at once.
        func ackedRound(in quorum: Quorum, leader: NodeIdentity) -> AppendRound? {
            quorum.agreed { voter in
                if voter == leader { return AppendRound(.max) }
                return peers.first { $0.identity == voter }?.ackedRound ?? .zero
            }
        }
    }
}
