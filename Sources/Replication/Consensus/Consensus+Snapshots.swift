import Storage

/// A log that begins behind a position, because what lies before is in a snapshot (Raft §7).
extension Consensus {
    /// Takes in that the journal no longer holds the entries up to and with `position`.
    ///
    /// An entry that is not committed may still have to be sent or truncated, so a position behind
    /// the commit index, or one that this log does not hold, changes nothing.
    mutating func compacted(through position: LogPosition) {
        guard position.index > state.log.before.index, position.index <= commitIndex,
            state.log.term(at: position.index) == position.term
        else { return }
        state.log.compact(through: position.index)
        state.leadership?.sizes.compact(through: position.index)
        for place in peerPlaces
        where state.leadership?.peers[place].compacted(before: position.index.next) == true {
            sendSnapshot(place)
        }
    }

    /// Orders a snapshot for a member that lacks what was compacted; once, until it has arrived or
    /// failed.
    mutating func sendSnapshot(_ place: Int) {
        guard let peer = state.leadership?.peers[place].identity else { return }
        state.leadership?.peers[place].awaitSnapshot()
        turn.outcomes.append(.sendSnapshot(to: peer))
    }

    /// Goes on behind a snapshot that has arrived.
    ///
    /// It moves `next` and never `match`: only the member itself says what is durable there, and
    /// this report may be older than a damage of its disk.
    mutating func snapshotSent(to peer: NodeIdentity, _ position: LogPosition) {
        guard let place = peerPlace(peer), state.leadership?.peers[place].mode == .snapshot else {
            return
        }
        let last = min(position.index, state.log.lastIndex)
        state.leadership?.peers[place].probe(from: last.next)
        sendProbe(place)
    }

    /// Waits with the next try until the member has answered a heartbeat.
    mutating func snapshotFailed(to peer: NodeIdentity) {
        guard let place = peerPlace(peer), state.leadership?.peers[place].mode == .snapshot else {
            return
        }
        state.leadership?.peers[place].probe(from: .zero, isPaused: true)
    }

    /// Takes in a snapshot that state and journal now hold.
    ///
    /// All up to its position is committed. A log that holds the position goes on behind it; one
    /// that does not contradicts it or ends before it, and nothing of it may stay (pitfall 32).
    mutating func installed(
        _ position: LogPosition,
        _ membership: MembershipEntry,
        _ now: Instant
    ) {
        guard role != .leader, position.index > commitIndex else { return }
        if position.term > term { adopt(position.term) }
        if turn.changesVote || role != .follower { follow(nil, now) }
        timing.delayElection(configuration, now: now)
        if state.log.term(at: position.index) == position.term {
            state.durability.raise(to: position.index)
        } else {
            state.log.reset(to: position)
            state.durability.reset(to: position.index)
            state.memberships = MembershipHistory([membership])
            state.adoptQuorum()
        }
        raiseCommit(to: position.index)
        state.regain()
    }
}
