import Storage

/// A disk that does not finish its writes, under a leader that its followers still hear (pitfall 41).
///
/// A majority of the others may go on committing, and the leader's reads, snapshots and restart
/// suffer; or they wait for it, and nothing commits. So it hands over, and if that fails steps down.
/// Only if another voter's disk is seen to be better: where all are as slow, the next leader would
/// hand over too, and each election costs more than it brings.
extension Consensus {
    /// Whether the oldest write has been under way for half an election timeout.
    func isStalled(_ now: Instant) -> Bool {
        guard let oldest = timing.oldestBatch, hasOtherVoters else { return false }
        return oldest.start + stall <= now
    }

    /// When a leader must hand over, or step down, if its oldest write is not done until then.
    var yieldDeadline: Instant? {
        guard let yielded = timing.yielded, yielded.token == timing.oldestBatch?.token else {
            return outrunAt
        }
        return yielded.at + configuration.electionTimeout
    }

    private var stall: Duration { configuration.electionTimeout / 2 }

    /// When the oldest write has stalled, and for twice as long as another voter took for it at the
    /// most: one with a disk like this one's is never that fast.
    private var outrunAt: Instant? {
        guard let oldest = timing.oldestBatch, let elsewhere = oldest.elsewhere else { return nil }
        return oldest.start + max(stall, elsewhere * 2)
    }

    /// A sole voter has nobody who could do better.
    private var hasOtherVoters: Bool {
        state.quorum.incoming.contains { $0 != state.identity }
            || state.quorum.outgoing.contains { $0 != state.identity }
    }

    /// Notes when another voter that could lead has all of this leader's oldest write.
    mutating func noteOtherDisks(_ now: Instant) {
        guard let leadership = state.leadership, let oldest = timing.oldestBatch,
            oldest.elsewhere == nil
        else { return }
        // What was truncated since it was ordered is not in the log of anybody.
        let last = min(oldest.last, state.log.lastIndex)
        guard leadership.peers.contains(where: { $0.match >= last && maySucceed($0.identity) })
        else { return }
        timing.finishedElsewhere(now)
    }

    /// Hands over, once for each write that stalls; steps down after an election timeout more.
    mutating func yieldIfDue(_ now: Instant) {
        guard let deadline = yieldDeadline, now >= deadline, let oldest = timing.oldestBatch else {
            return
        }
        if timing.yielded?.token == oldest.token {
            endTransfer(.refused("the disk of this node stalls, and it stops leading"))
            return follow(nil, now)
        }
        timing.yielded = (oldest.token, now)
        if !isTransferring, let successor = bestSuccessor {
            beginTransfer(to: successor, .stalledDisk, now)
        }
    }
}
