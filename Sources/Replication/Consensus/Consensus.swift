package import Storage

/// One node's part in consensus: Raft as a pure value (Raft §5; Thesis §6.4, §9.6).
///
/// No I/O, clock, thread or source of randomness inside: the caller steps it with what happened
/// and does what comes back, in order. It knows entries by position only.
package struct Consensus: Sendable {
    /// Its limits and times.
    package let configuration: Configuration
    let policy: any ElectionPolicy
    /// Its place in the protocol.
    package internal(set) var state: ProtocolState
    var timing: Timing
    var turn = Turn()

    /// Creates a core that follows nobody yet.
    package init(
        _ restored: Restored,
        configuration: Configuration = Configuration(),
        policy: any ElectionPolicy = RandomizedElection(),
        seed: UInt64,
        now: Instant
    ) {
        self.configuration = configuration
        self.policy = policy
        state = ProtocolState(restored)
        timing = Timing(seed: seed, now: now)
        // A sole voter has nobody to wait for: its first deadline is now.
        if state.quorum.voters != [state.identity] {
            timing.delayElection(configuration, now: now)
        }
    }

    /// Takes in what happened, and gives what is to be done, in order.
    package mutating func step(_ input: Input, now: Instant) -> [Effect] {
        let before = standing
        switch input {
        case .timer: tick(now)
        case .receive(let message, let peer): receive(message, from: peer, now)
        case .propose(let sizes): propose(sizes)
        case .persisted(let token): persisted(token, now)
        case .read(let ticket): read(ticket, now)
        case .connected(let peer): connected(peer, now)
        case .disconnected(let peer): disconnected(peer, now)
        case .compacted(let position): compacted(through: position)
        case .snapshotSent(let peer, let position): snapshotSent(to: peer, position)
        case .snapshotFailed(let peer): snapshotFailed(to: peer)
        case .installed(let position, let membership, let index):
            let entry = MembershipEntry(index: index, membership: membership)
            installed(position, entry, now)
        case .fill(let previous, let entries): fill(previous, entries)
        case .change(let change, let expecting): self.change(change, expecting: expecting)
        case .transfer(let target): transfer(to: target, now)
        case .diverged(let isBad): diverged(isBad, now)
        case .forgotten(let lost, let said): forgotten(lost, said, now)
        case .disk(let isFull): disk(isFull: isFull, now)
        }
        noteOtherDisks(now)
        promoteJoined(now)
        handOverBadState(now)
        goOnWithTransfer()
        scheduleNews(now)
        forgetDeparted()
        return finish(since: before, now)
    }

    private mutating func tick(_ now: Instant) {
        if role == .leader {
            tickLeader(now)
        } else if now >= timing.electionDeadline {
            electionTimedOut(now)
        }
    }

    private mutating func receive(_ message: Message, from peer: NodeIdentity, _ now: Instant) {
        guard peer != state.identity,
            names(peer) || takes(message, ofUnnamed: peer, now)
        else { return }
        switch message {
        case .preVote(let request): answerPreVote(request, from: peer, now)
        case .preVoteReply(let reply): count(preVote: reply, from: peer, now)
        case .vote(let request): answerVote(request, from: peer, now)
        case .voteReply(let reply): count(vote: reply, from: peer, now)
        case .append(let append): receive(append, from: peer, now)
        case .appendReply(let reply): receive(reply, from: peer, now)
        case .timeoutNow(let term): takeOver(term, from: peer, now)
        }
    }

    /// Gives up leading, and the hope of it, while nothing can be written (pitfall 40).
    private mutating func disk(isFull: Bool, _ now: Instant) {
        state.isDiskFull = isFull
        guard isFull, role != .follower else { return }
        endTransfer(.refused("the disk is full"))
        follow(nil, now)
    }

    /// Gives up leading, and the hope of it, when the state is found to be bad.
    private mutating func diverged(_ isBad: Bool, _ now: Instant) {
        state.isDiverged = isBad
        guard isBad, role != .follower else { return }
        endTransfer(.refused("the state of this node is bad"))
        follow(nil, now)
    }

    private mutating func persisted(_ token: PersistToken, _ now: Instant) {
        state.durability.persisted(token)
        timing.persisted(token, now)
        countOwnVote(now)
        advanceCommit(now)
    }
}

extension Consensus {
    /// What it is in the current term.
    package var role: Role { state.role }
    /// The latest term that it has seen.
    package var term: Term { state.vote.term }
    /// The leader of the current term, if it is known.
    package var leader: NodeIdentity? { state.leader }
    /// The last entry that is known to be committed; it never falls.
    package var commitIndex: LogIndex { state.commitIndex }
    /// The last entry.
    package var lastPosition: LogPosition { state.log.last }
    /// The terms of the log.
    package var log: LogTerms { state.log }
    /// The last entry that is durable here.
    package var durableIndex: LogIndex { state.durability.index }
    /// The membership in effect: that of the newest entry with one, committed or not.
    package var membership: Membership { state.memberships.current.membership }
    /// The entry that holds ``membership``; zero if there is none.
    package var membershipIndex: LogIndex { state.memberships.current.index }
    /// How far the other members are; empty on others than the leader.
    package var progress: [Progress] { state.leadership?.peers ?? [] }
    /// When it must be stepped with ``Input/timer`` at the latest.
    package var nextDeadline: Instant {
        let regular = timing.deadline(of: role)
        guard role == .leader, let yielding = yieldDeadline else { return regular }
        return min(regular, yielding)
    }
}
