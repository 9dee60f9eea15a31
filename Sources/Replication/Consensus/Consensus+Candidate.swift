import Storage

extension Consensus {
    /// Gives the leader up, and asks whether it could win; later, if the policy wants so.
    mutating func electionTimedOut(_ now: Instant) {
        if role == .candidate { timing.candidacyFailed() }
        timing.electionTimedOut()
        follow(nil, now)
        if state.isDiverged, timing.waitsForOthers(configuration, now: now) { return }
        if !timing.isDelayed, let delay = campaignDelay {
            timing.isDelayed = true
            timing.electionDeadline = now + delay
            return
        }
        timing.delayElection(configuration, now: now)
        guard state.mayCampaign, !isStalled(now) else { return }
        state.candidacy = Candidacy(isReal: false)
        state.candidacy?.tally.record(true, from: state.identity)
        askVoters()
        decide(now)
    }

    /// Asks for votes in a later term, while the own vote is being written.
    ///
    /// The own vote counts once it is durable: forgotten in a crash, it could be given twice
    /// (pitfall 1). The requests need not wait for it, which on slow disks is longer than an election
    /// may last: a process that ends before has led nothing, and the next one does not campaign in
    /// the same term, where it would be given votes for a log that it may have no more. It knows
    /// which one that is only if the term before is durable; else they wait.
    private mutating func campaign(_ now: Instant, isTransfer: Bool = false) {
        timing.delayElection(configuration, now: now, isCandidate: true)
        let isGated = !state.durability.isTermDurable
        state.vote = Vote(term: state.candidacyTerm, candidate: state.identity)
        turn.changesVote = true
        state.candidacy = Candidacy(isReal: true, isTransfer: isTransfer, isGated: isGated)
        askVoters()
    }

    /// Campaigns at once, without asking first: the leader hands the lead over.
    ///
    /// A node that must not lead lets the leader's time run out.
    mutating func takeOver(_ asked: Term, from peer: NodeIdentity, _ now: Instant) {
        guard asked == term, role == .follower || role == .preCandidate,
            leader == nil || leader == peer, state.isFirstChoice, !isStalled(now)
        else { return }
        follow(nil, now)
        campaign(now, isTransfer: true)
    }

    /// Counts the own vote once it is durable.
    mutating func countOwnVote(_ now: Instant) {
        guard role == .candidate, state.durability.isTermDurable else { return }
        state.candidacy?.tally.record(true, from: state.identity)
        decide(now)
    }

    mutating func count(preVote reply: VoteReply, from peer: NodeIdentity, _ now: Instant) {
        if reply.term > term {
            _ = isCurrent(reply.term, now)
            return
        }
        guard role == .preCandidate, reply.asked == state.candidacyTerm else { return }
        state.candidacy?.tally.record(reply.isGranted, from: peer)
        decide(now)
    }

    /// Only a vote given in this very term counts; one that comes with a later term is none
    /// (pitfall 4).
    mutating func count(vote reply: VoteReply, from peer: NodeIdentity, _ now: Instant) {
        guard isCurrent(reply.term, now), role == .candidate, reply.asked == term else { return }
        #if PLANTED_BUGS
        if PlantedBug.countRefusal.isActive { state.candidacy?.tally.record(true, from: peer) }
        #endif
        state.candidacy?.tally.record(reply.isGranted, from: peer)
        decide(now)
    }

    private mutating func decide(_ now: Instant) {
        guard let candidacy = state.candidacy else { return }
        switch candidacy.tally.result(in: state.quorum) {
        case .won: if candidacy.isReal { lead(now) } else { campaign(now) }
        case .lost: follow(nil, now)
        case .pending: return
        }
    }

    private mutating func askVoters() {
        for voter in state.quorum.voters { ask(voter) }
    }

    /// Sends the request of this candidacy to a voter that has not answered it.
    mutating func ask(_ voter: NodeIdentity) {
        guard let candidacy = state.candidacy, voter != state.identity,
            candidacy.tally.answer(of: voter) == nil, state.quorum.voters.contains(voter)
        else { return }
        let request = VoteRequest(
            term: candidacy.isReal ? term : state.candidacyTerm,
            last: state.log.last,
            isTransfer: candidacy.isTransfer
        )
        if candidacy.isReal {
            send(.vote(request), to: voter, after: candidacy.isGated ? .term : .open)
        } else {
            send(.preVote(request), to: voter)
        }
    }

    /// Pre-votes soon when the leader's connection ended.
    ///
    /// If the leader lives, the others hear it and do not answer, and its next heartbeat is
    /// followed as before.
    mutating func lostLeader(_ lost: NodeIdentity, _ now: Instant) {
        follow(nil, now)
        guard state.isFirstChoice else { return }
        let others = state.quorum.voters.filter { $0 != lost }
        let rank = others.firstIndex(of: state.identity) ?? others.count
        let stagger = configuration.failoverStagger.nanoseconds * Int64(rank)
        timing.electionDeadline = min(timing.electionDeadline, now + .nanoseconds(stagger))
        if now >= timing.electionDeadline { electionTimedOut(now) }
    }
}
