package import Storage

/// Who belongs to the cluster, and how that changes: always through a joint membership, one change
/// at a time (Thesis §4.3).
extension Consensus {
    /// Whether a change of members is under way: begun, and not yet committed as a whole.
    package var isChanging: Bool {
        !membership.outgoing.isEmpty || membershipIndex > commitIndex
    }

    /// The newest membership that is known to be committed; the empty one of index zero if none is.
    package var committedMembership: MembershipEntry {
        state.memberships.committed(at: commitIndex)
    }

    /// The members that answered a round of this leader within about the last election timeout,
    /// itself among them, sorted; empty on others than the leader.
    package var liveMembers: [NodeIdentity] {
        guard state.leadership != nil else { return [] }
        let peers = progress.filter { isLive($0) && membership.member($0.identity) != nil }
        let own = membership.member(state.identity).map { [$0.identity] } ?? []
        return (peers.map(\.identity) + own).sorted()
    }

    /// What a change would lead to, if it were begun now; it is not.
    ///
    /// - Parameters:
    ///   - change: The change.
    ///   - expecting: The entry with the membership that the caller knows, or nil.
    /// - Returns: The plan, or why the change would be refused.
    package func plan(
        _ change: MembershipChange,
        expecting: LogIndex?
    ) -> Result<ChangePlan, ChangeRefusal> {
        do throws(ChangeRefusal) {
            try checkMayChange(expecting)
            let target = try membership.applying(change)
            try checkIsCaughtUp(change)
            return .success(try planned(target))
        } catch {
            return .failure(error)
        }
    }

    private func checkMayChange(_ expecting: LogIndex?) throws(ChangeRefusal) {
        guard role == .leader else {
            throw state.isDiskFull && leader == nil ? .diskFull : .notLeader(leader)
        }
        guard !isTransferring else { throw .transferring }
        // Until then an unfinished change of an earlier term may yet come to light (pitfall 19).
        guard canRead else { throw .notReady }
        guard !isChanging else { throw .inProgress(membershipIndex) }
        guard expecting == nil || expecting == membershipIndex else {
            throw .changed(membershipIndex)
        }
    }

    /// Who gets a vote must not be what everybody waits for (pitfall 24).
    private func checkIsCaughtUp(_ change: MembershipChange) throws(ChangeRefusal) {
        let learner: NodeIdentity
        switch change {
        case .promote(let node), .replace(_, with: let node): learner = node
        case .add, .remove, .demote, .readdress: return
        }
        guard isCaughtUp(learner) else {
            let lag = lag(of: learner)
            throw .invalid("\(learner) is \(lag) entries behind, or not heard; wait for it")
        }
    }

    private func planned(_ target: Membership) throws(ChangeRefusal) -> ChangePlan {
        let live = liveMembers
        let new = Quorum(target).incoming
        for voters in [new, state.quorum.incoming] {
            let count = voters.count { live.contains($0) }
            let needed = voters.count / 2 + 1
            guard count >= needed else { throw .noLiveMajority(live: count, needed: needed) }
        }
        let remaining = target.incoming.map { ($0.identity, lag(of: $0.identity)) }
        return ChangePlan(
            membership: target,
            expecting: membershipIndex,
            quorum: new.count / 2 + 1,
            live: new.filter { live.contains($0) },
            lag: Dictionary(remaining) { first, _ in first }
        )
    }

    /// How many entries a member lacks; one that is not known yet lacks all.
    private func lag(of node: NodeIdentity) -> UInt64 {
        guard node != state.identity else { return 0 }
        let match = peerPlace(node).flatMap { state.leadership?.peers[$0].match } ?? .zero
        return state.log.lastIndex.value - min(match, state.log.lastIndex).value
    }

    /// Whether a member has ended a catch-up round within an election timeout (Thesis §4.2.1).
    ///
    /// A round begins with each look of check-quorum, an election timeout after the one before, and
    /// brings the entries that the log held then.
    func isCaughtUp(_ node: NodeIdentity) -> Bool {
        guard let place = peerPlace(node), let leadership = state.leadership else { return false }
        let peer = leadership.peers[place]
        return isLive(peer) && peer.mode == .replicate && peer.match >= leadership.look.end
    }

    /// Whether a member answered a round that was begun after the look before the last.
    func isLive(_ peer: Progress) -> Bool {
        guard let look = state.leadership?.lookBefore else { return false }
        return peer.ackedRound > look.round
    }
}

extension Consensus {
    /// Begins a change: the joint membership is in effect at once.
    mutating func change(_ change: MembershipChange, expecting: LogIndex?) {
        switch plan(change, expecting: expecting) {
        case .success(let plan): begin(plan)
        case .failure(let refusal): turn.outcomes.append(.changeRefused(refusal))
        }
    }

    mutating func begin(_ plan: ChangePlan) {
        #if PLANTED_BUGS
        if PlantedBug.changeInOneStep.isActive { return lead(with: plan.membership) }
        #endif
        lead(with: joint(of: plan))
    }

    /// The membership that a change begins with.
    func joint(of plan: ChangePlan) -> Membership {
        Membership(incoming: plan.membership.incoming, outgoing: membership.incoming)
    }

    /// Goes on with a change once its entry is committed; the caller leads.
    ///
    /// Each leader that commits the joint membership ends it, for it has committed an entry of its
    /// own term then; the entry that it appends is why it does so once (pitfall 21).
    mutating func membershipCommitted(_ now: Instant) {
        guard membershipIndex <= commitIndex else { return }
        if !membership.outgoing.isEmpty {
            lead(with: Membership(incoming: membership.incoming))
        } else {
            leaveIfRemoved(now)
        }
    }

    /// Appends a membership, which is in effect from now on (Thesis §4.1, pitfall 20).
    private mutating func lead(with membership: Membership) {
        state.log.append(term: term)
        state.leadership?.sizes.append(membership.estimatedBytes)
        turn.writes.append(.append(.members(state.log.last, membership)))
        state.memberships.append(
            MembershipEntry(index: state.log.lastIndex, membership: membership)
        )
        state.adoptQuorum()
        meetPeers()
        sendToAll()
    }

    /// Knows the other members of the membership in effect: those that stay as before, and new
    /// ones from a new session on (pitfall 14).
    ///
    /// Those that a change has taken out are kept until they were told, or until the next change.
    mutating func meetPeers() {
        guard let known = state.leadership?.peers else { return }
        let first = state.log.before.index.next
        let session = timing.nextSession()
        let members = membership.all.map(\.identity).filter { $0 != state.identity }
        var peers = members.map { identity in
            known.first { $0.identity == identity }
                ?? Progress(
                    identity: identity,
                    next: state.log.lastIndex,
                    first: first,
                    session: session
                )
        }
        let departing = known.filter { peer in
            membership.outgoing.isEmpty && !members.contains(peer.identity)
        }
        peers += departing
        state.leadership?.peers = peers.sorted { $0.identity < $1.identity }
        state.leadership?.departing = departing.map(\.identity)
        let joining = membership.incoming.filter { $0.role == .joining }
        state.leadership?.joining = joining.map(\.identity)
        state.leadership?.promotion = nil
    }

    /// Stops sending to members that were taken out once they were sent the news that it is so.
    ///
    /// Called at the end of a step: it changes the places of the peers.
    mutating func forgetDeparted() {
        guard let departing = state.leadership?.departing, !departing.isEmpty,
            membershipIndex <= commitIndex
        else { return }
        forget(departing.filter { isToldOfMembership($0) })
    }

    /// Does not try for longer to tell those that are not heard.
    mutating func forgetSilentDeparted() {
        guard let leadership = state.leadership, !leadership.departing.isEmpty else { return }
        forget(leadership.peers.filter { !isLive($0) }.map(\.identity))
    }

    private func isToldOfMembership(_ node: NodeIdentity) -> Bool {
        guard let place = peerPlace(node), let peer = state.leadership?.peers[place] else {
            return true
        }
        // It would get the news in a snapshot alone, which is for members: it is led no longer, asks to
        // be taken in, and hears why it is not.
        if peer.mode == .snapshot { return true }
        return peer.mode == .replicate && peer.next > membershipIndex
            && peer.toldCommit >= membershipIndex
    }

    private mutating func forget(_ nodes: [NodeIdentity]) {
        let gone = state.leadership?.departing.filter { nodes.contains($0) } ?? []
        state.leadership?.peers.removeAll { gone.contains($0.identity) }
        state.leadership?.departing.removeAll { gone.contains($0) }
    }

    /// Hands the lead over if the committed membership gives this leader no vote, or steps down if
    /// nobody is there to take it (pitfall 22).
    private mutating func leaveIfRemoved(_ now: Instant) {
        guard isRemoved, !isTransferring else { return }
        guard let successor = bestSuccessor else { return follow(nil, now) }
        beginTransfer(to: successor, .removal, now)
    }

    /// Whether this leader has led a change to its end that gives it no vote.
    var isRemoved: Bool {
        !isChanging && !state.quorum.voters.contains(state.identity)
    }
}

extension Membership {
    /// About how long its line is.
    fileprivate var estimatedBytes: Int { 64 + (incoming.count + outgoing.count) * 160 }
}
