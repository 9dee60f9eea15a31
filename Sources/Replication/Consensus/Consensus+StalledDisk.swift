import Storage

/// A disk that does not finish its writes, under a leader that its followers still hear (pitfall 41).
///
/// A majority of the others may go on committing, and the leader's reads, snapshots and restart
/// suffer; or they wait for it, and nothing commits. So it hands over, and if that fails steps down.
extension Consensus {
    /// Whether the oldest write has been under way for half an election timeout.
    func isStalled(_ now: Instant) -> Bool {
        stalledSince.map { $0 <= now } ?? false
    }

    /// When a leader must hand over, or step down, if its oldest write is not done until then.
    var yieldDeadline: Instant? {
        guard let yielded = timing.yielded, yielded.token == timing.oldestBatch?.token else {
            return stalledSince
        }
        return yielded.at + configuration.electionTimeout
    }

    /// A sole voter has nobody who could do better.
    private var stalledSince: Instant? {
        guard let oldest = timing.oldestBatch, hasOtherVoters else { return nil }
        return oldest.start + configuration.electionTimeout / 2
    }

    private var hasOtherVoters: Bool {
        state.quorum.incoming.contains { $0 != state.identity }
            || state.quorum.outgoing.contains { $0 != state.identity }
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
