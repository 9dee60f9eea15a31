import Storage

extension Consensus {
    /// Takes up a later term; the vote in it is still free.
    mutating func adopt(_ term: Term) {
        state.vote = Vote(term: term)
        turn.changesVote = true
    }

    /// Follows `leader`, or nobody that is known, in the current term.
    ///
    /// The vote stays: a second one in the same term would elect a second leader (pitfall 3).
    mutating func follow(_ leader: NodeIdentity?, _ now: Instant) {
        if let leadership = state.leadership {
            endTransfer(leadership.transferEnd(following: leader, term))
            turn.outcomes += leadership.reads.unanswered.map { .unreadable($0) }
            timing.commitDeadline = nil
            timing.stickyUntil = now
            timing.delayElection(configuration, now: now)
        }
        if leader == nil { timing.loseLeader(state.leader, now) } else { timing.leaderIsKnown() }
        state.leadership = nil
        state.candidacy = nil
        state.leader = leader
    }

    /// Steps down if a reply comes from a later term.
    ///
    /// - Returns: Whether the reply is of the current term.
    mutating func isCurrent(_ replyTerm: Term, _ now: Instant) -> Bool {
        if replyTerm > term {
            adopt(replyTerm)
            follow(nil, now)
            return false
        }
        return replyTerm == term
    }

    mutating func receive(_ append: Append, from peer: NodeIdentity, _ now: Instant) {
        #if PLANTED_BUGS
        if PlantedBug.ignoreStaleTerm.isActive, append.term < term {
            return accept(append, from: peer)
        }
        #endif
        guard append.term >= term else { return answer(append, .stale, to: peer, after: .term) }
        // Two leaders in one term do not exist; believing one would be worse than dropping it.
        guard append.term > term || role != .leader else { return }
        if append.term > term { adopt(append.term) }
        follow(peer, now)
        timing.stickyUntil = now + configuration.electionTimeout
        delayElection(by: peer, now)
        accept(append, from: peer)
    }

    private mutating func accept(_ append: Append, from peer: NodeIdentity) {
        guard !state.isDiskFull else { return acceptNothing(of: append, from: peer) }
        let log = state.log
        let previous = append.previous
        guard !contradicts(previous, of: peer) else { return }
        guard matches(previous) else {
            let hint = log.last(atOrBefore: previous.index, termAtMost: previous.term)
            let outcome = AppendReply.Outcome.conflict(previous: previous.index, hint: hint)
            return answer(append, outcome, to: peer, after: .term)
        }
        if state.lost != nil, !append.entries.isEmpty { state.hasFollowed = true }
        guard store(append.entries, of: peer) else { return }
        let verified = max(append.lastIndex, log.before.index)
        commit(min(append.commit, verified))
        // A heartbeat's answer does not wait for the disk, so it tells of what is durable now.
        let isHeartbeat = append.entries.isEmpty
        let through = isHeartbeat ? min(verified, state.durability.index) : verified
        answer(append, .matched(through: through), to: peer, after: isHeartbeat ? .term : .log)
    }

    /// Takes from an append what needs no disk: that the leader lives, and what is committed.
    ///
    /// The answer stops the leader from sending entries until a heartbeat is answered otherwise,
    /// and never asks for others or for a snapshot: there is no room for them either. It tells of
    /// what is durable, and either was compared or is committed, which every leader's log holds.
    private mutating func acceptNothing(of append: Append, from peer: NodeIdentity) {
        var held = LogIndex.zero
        if matches(append.previous) {
            held = firstDifference(append.entries)?.previous ?? append.lastIndex
            commit(min(append.commit, held))
        }
        let through = min(max(held, commitIndex), state.durability.index)
        answer(append, .full(through: through), to: peer, after: .term)
    }

    /// Whether an entry of the leader is held; what lies before the log is committed, and so it
    /// is (pitfall 13).
    private func matches(_ position: LogPosition) -> Bool {
        position.index < state.log.before.index
            || state.log.term(at: position.index) == position.term
    }

    /// Whether an entry of the leader is another one than is committed here; says so if it is.
    ///
    /// Nothing may be truncated then: this node may be the only one that still holds what was
    /// promised (pitfall 58).
    private mutating func contradicts(_ position: LogPosition, of leader: NodeIdentity) -> Bool {
        #if PLANTED_BUGS
        if PlantedBug.contradictionIsTruncated.isActive { return false }
        #endif
        guard position.index <= commitIndex, let own = state.log.position(at: position.index),
            own.term != position.term
        else { return false }
        turn.outcomes.append(
            .contradicted(
                Contradiction(node: state.identity, entry: own, leader: leader, other: position)
            )
        )
        return true
    }

    /// Appends what is new and truncates what contradicts it.
    ///
    /// - Returns: False if it contradicts what is committed, which no leader's log does.
    mutating func store(_ entries: EntryBatch, of peer: NodeIdentity) -> Bool {
        guard let first = firstDifference(entries) else { return true }
        if first <= state.log.lastIndex {
            let theirs = entries.term(at: first) ?? term
            guard !contradicts(LogPosition(index: first, term: theirs), of: peer) else {
                return false
            }
            truncate(after: first.previous)
        }
        var skipped = Int(first.value - entries.first.value)
        for run in entries.terms {
            let held = min(skipped, run.count)
            skipped -= held
            state.log.append(term: run.term, count: run.count - held)
        }
        turn.writes.append(.append(.received(first...state.log.lastIndex)))
        for entry in entries.memberships where entry.index >= first {
            state.memberships.append(entry)
        }
        state.adoptQuorum()
        state.regain()
        return true
    }

    /// The first entry that the log does not hold, or holds otherwise.
    ///
    /// What matches is never truncated: a late message may know less than the log (pitfall 12).
    func firstDifference(_ entries: EntryBatch) -> LogIndex? {
        var index = entries.first
        for run in entries.terms {
            for _ in 0..<run.count {
                #if PLANTED_BUGS
                if PlantedBug.truncateMatching.isActive, index > commitIndex { return index }
                #endif
                if index > state.log.before.index, state.log.term(at: index) != run.term {
                    return index
                }
                index = index.next
            }
        }
        return nil
    }

    private mutating func truncate(after index: LogIndex) {
        state.log.truncate(after: index)
        state.durability.truncate(after: index)
        #if PLANTED_BUGS
        if PlantedBug.keepTruncatedMembership.isActive {
            turn.writes.append(.truncate(after: index))
            return
        }
        #endif
        state.memberships.truncate(after: index)
        turn.writes.append(.truncate(after: index))
    }

    /// Raises the commit index to an entry that was compared with the leader's (pitfall 11).
    private mutating func commit(_ index: LogIndex) {
        #if PLANTED_BUGS
        if PlantedBug.followerCommitsUnverified.isActive { raiseCommit(to: state.log.lastIndex) }
        #endif
        raiseCommit(to: min(index, state.log.lastIndex))
    }

    /// Raises the commit index if it is higher.
    mutating func raiseCommit(to index: LogIndex) {
        guard index > commitIndex else { return }
        state.commitIndex = index
        state.memberships.commit(index)
        #if PLANTED_BUGS
        state.adoptQuorum()
        #endif
    }

    private mutating func answer(
        _ append: Append,
        _ outcome: AppendReply.Outcome,
        to peer: NodeIdentity,
        after gate: Turn.Gate
    ) {
        let reply = AppendReply(
            term: term,
            asked: append.term,
            round: append.round,
            session: append.session,
            outcome: outcome
        )
        #if PLANTED_BUGS
        if PlantedBug.followerAcknowledgesBeforeDurable.isActive {
            send(.appendReply(reply), to: peer)
        }
        #endif
        send(.appendReply(reply), to: peer, after: gate)
    }
}
