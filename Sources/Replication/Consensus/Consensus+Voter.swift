import Storage

extension Consensus {
    /// Says whether this node would vote; changes nothing (pitfall 3).
    ///
    /// A node of an earlier term is told the term even where candidates are ignored: it may have
    /// missed an election and would ask for ever (pitfall 5).
    mutating func answerPreVote(_ request: VoteRequest, from peer: NodeIdentity, _ now: Instant) {
        if request.term > term, hearsLeader(now, asked: peer) || withholds(from: peer, now) {
            return
        }
        let isGranted = request.term > term && state.lastForVotes <= request.last
        let reply = VoteReply(term: term, asked: request.term, isGranted: isGranted)
        send(.preVoteReply(reply), to: peer, after: .term)
    }

    /// Votes for the first candidate of a term whose log is not behind (Raft §5.2, §5.4.1).
    ///
    /// A candidate that this term's leader itself sent is heard, by that leader too (Thesis §4.2.3).
    mutating func answerVote(_ request: VoteRequest, from peer: NodeIdentity, _ now: Instant) {
        if request.term > term {
            // A process that was started in this term leaves one out.
            let isSent =
                request.isTransfer && request.term <= term.next.next && names(peer)
            guard isSent || !hearsLeader(now, asked: peer) else { return }
            adopt(request.term)
            follow(nil, now)
        }
        let isFree = state.vote.candidate == nil || state.vote.candidate == peer
        let isGranted = request.term == term && isFree && state.lastForVotes <= request.last
        if isGranted { grant(peer, now) }
        let reply = VoteReply(term: term, asked: request.term, isGranted: isGranted)
        send(.voteReply(reply), to: peer, after: .term)
    }

    private mutating func grant(_ candidate: NodeIdentity, _ now: Instant) {
        timing.delayElection(configuration, now: now)
        state.candidacy = nil
        guard state.vote.candidate != candidate else { return }
        state.vote.candidate = candidate
        turn.changesVote = true
        #if PLANTED_BUGS
        if PlantedBug.forgetVote.isActive { turn.changesVote = false }
        #endif
    }

    /// Whether a leader was heard so lately that candidates are ignored (Thesis §4.2.3).
    ///
    /// A leader ignores them as long as it leads: check-quorum ends that in time. A leader that the
    /// log does not name keeps nobody from hearing candidates that it does name.
    func hearsLeader(_ now: Instant, asked candidate: NodeIdentity) -> Bool {
        guard role != .leader else { return true }
        guard let leader, now < timing.stickyUntil else { return false }
        return names(leader) || !names(candidate)
    }
}
