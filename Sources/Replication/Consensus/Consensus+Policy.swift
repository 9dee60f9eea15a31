import Storage

/// What the election policy may do: wait longer, answer later, and name who should lead, all of it
/// within bounds that it cannot move.
extension Consensus {
    private var electionView: ElectionView {
        ElectionView(
            own: state.identity,
            voters: state.quorum.voters,
            live: role == .leader
                ? liveMembers.filter { membership.isVoter($0) } : state.quorum.voters,
            lost: timing.lostLeader,
            electionTimeout: configuration.electionTimeout
        )
    }

    /// No policy may stop elections: a node waits for one election timeout more at the most.
    private func clamped(_ delay: Duration) -> Duration {
        max(.zero, min(delay, configuration.electionTimeout))
    }

    /// How much longer than the drawn timeout to wait, or nil.
    var campaignDelay: Duration? {
        guard state.mayCampaign, state.quorum.voters != [state.identity] else { return nil }
        let delay = clamped(policy.campaignDelay(electionView))
        return delay > .zero ? delay : nil
    }

    /// Whether the policy leaves this candidate without an answer for now.
    ///
    /// Only before an election, and for at most one election timeout after the leader was lost: a
    /// vote that was asked for in earnest, and so one of a hand-over, is always answered.
    func withholds(from candidate: NodeIdentity, _ now: Instant) -> Bool {
        // That a leader was heard which the log does not name is no reason.
        if let leader, !names(leader), names(candidate) { return false }
        let delay = clamped(policy.voteDelay(for: candidate, electionView))
        return now < timing.stickyUntil + delay
    }

    /// Hands over to the voter that the policy prefers, once it has been fit for long enough.
    mutating func lookForPreferred(_ now: Instant) {
        guard !isTransferring, canRead, membership.outgoing.isEmpty,
            let preferred = policy.preferredLeader(electionView), isFit(preferred)
        else {
            timing.favourite = nil
            return
        }
        let since = timing.favourite.flatMap { $0.identity == preferred ? $0.since : nil } ?? now
        timing.favourite = (preferred, since)
        guard now - since >= timing.handOvers.wait(configuration, now) else { return }
        timing.favourite = nil
        timing.handOvers.note(configuration, now)
        beginTransfer(to: preferred, .policy, now)
    }

    private func isFit(_ node: NodeIdentity) -> Bool {
        guard maySucceed(node), let place = peerPlace(node),
            let peer = state.leadership?.peers[place]
        else { return false }
        return isLive(peer) && peer.mode == .replicate
            && peer.match.value + configuration.failbackLag >= commitIndex.value
    }
}
