import Storage

extension Consensus {
    mutating func receive(_ reply: AppendReply, from peer: NodeIdentity, _ now: Instant) {
        // Only members are known here, by incarnation: a wiped disk under an old id is not one
        // (pitfall 9).
        guard isCurrent(reply.term, now), let place = peerPlace(peer),
            reply.round <= timing.round
        else { return }
        #if PLANTED_BUGS
        if PlantedBug.staleReplyConfirmsRead.isActive {
            raiseRound(reply.round, of: place)
            confirmReads()
        }
        #endif
        guard answersThisLeader(reply, place) else { return }
        raiseRound(reply.round, of: place)
        confirmReads()
        beginReads(now)
        switch reply.outcome {
        case .matched(let through): matched(through, place, now)
        case .full(let through): full(through, place, now)
        case .conflict(let previous, let hint): conflict(previous, hint, place)
        case .stale: return
        }
    }

    /// Whether a reply is one to an append of this term and session that was taken.
    ///
    /// Any other says nothing of now: an earlier process of this node has led an earlier term, with
    /// rounds and sessions of the same numbers (pitfall 53).
    private func answersThisLeader(_ reply: AppendReply, _ place: Int) -> Bool {
        reply.outcome != .stale && reply.asked == term
            && state.leadership?.peers[place].session == reply.session
    }

    private mutating func raiseRound(_ round: AppendRound, of place: Int) {
        guard let acked = state.leadership?.peers[place].ackedRound, round > acked else { return }
        state.leadership?.peers[place].ackedRound = round
    }

    private mutating func matched(_ through: LogIndex, _ place: Int, _ now: Instant) {
        guard through <= state.log.lastIndex else {
            // It has compacted more than this log holds: two histories. It sees that by the last entry.
            let next = state.log.lastIndex.next
            state.leadership?.peers[place].probe(from: next, isPaused: true)
            return
        }
        state.leadership?.peers[place].matched(through: through)
        advanceCommit(now)
        sendEntries(place)
    }

    private mutating func full(_ through: LogIndex, _ place: Int, _ now: Instant) {
        guard through <= state.log.lastIndex else { return }
        state.leadership?.peers[place].isFull(through: through)
        advanceCommit(now)
    }

    /// Skips back over all terms that the two logs can't share, and probes there (Raft §5.3), or
    /// sends a snapshot if they part before this log begins.
    private mutating func conflict(_ previous: LogIndex, _ hint: LogPosition, _ place: Int) {
        let before = state.log.before
        guard let peer = state.leadership?.peers[place], peer.isNews(conflictAt: previous) else {
            return
        }
        guard min(hint.index, previous.previous) >= before.index, hint.term >= before.term else {
            return sendSnapshot(place)
        }
        let shared = state.log.last(
            atOrBefore: min(hint.index, previous.previous),
            termAtMost: hint.term
        )
        state.leadership?.peers[place].probe(from: shared.index.next)
        sendEntries(place)
    }

    /// Raises the commit index to the last entry that a quorum has durable.
    ///
    /// Counts only entries of the current term; earlier ones commit with them (Raft §5.4.2,
    /// Figure 8; pitfall 10). This node itself counts with what is durable here.
    mutating func advanceCommit(_ now: Instant) {
        guard let leadership = state.leadership else { return }
        let agreed = state.quorum.agreed { voter in
            if voter == state.identity { return state.durability.index }
            return leadership.peers.first { $0.identity == voter }?.match ?? .zero
        }
        #if PLANTED_BUGS
        if PlantedBug.acknowledgeBeforeMajority.isActive {
            raiseCommit(to: state.durability.index)
        }
        if PlantedBug.commitOldTermByCounting.isActive { raiseCommit(to: agreed ?? .zero) }
        #endif
        guard let agreed, agreed > commitIndex, state.log.term(at: agreed) == term else { return }
        raiseCommit(to: agreed)
        state.leadership?.sizes.forget(through: agreed)
        beginReads(now)
        membershipCommitted(now)
    }

    /// Probes a member anew whose connection was made, or asks it for its vote again.
    mutating func connected(_ peer: NodeIdentity, _ now: Instant) {
        ask(peer)
        guard let place = peerPlace(peer) else { return }
        state.leadership?.peers[place].begin(timing.nextSession())
        sendProbe(place)
    }

    /// Stops sending entries into nowhere, or looks for a new leader.
    mutating func disconnected(_ peer: NodeIdentity, _ now: Instant) {
        if let place = peerPlace(peer) {
            guard let match = state.leadership?.peers[place].match else { return }
            state.leadership?.peers[place].probe(from: match.next, isPaused: true)
        } else if role == .follower, leader == peer {
            lostLeader(peer, now)
        }
    }
}
