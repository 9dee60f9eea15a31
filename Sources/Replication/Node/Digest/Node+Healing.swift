import Storage

/// A state that a majority of the voters contradicts, until another one has taken its place.
struct Divergence: Sendable {
    /// The entry at which it was found.
    var index: LogIndex
    /// When the leader is asked for a snapshot again.
    var nextRequest: Instant
}

/// A node whose state is bad: it votes, stores and acknowledges as before, for log and votes are
/// good; it serves nobody, and takes the leader's state in place of its own.
///
/// It leads only where nobody else can, because its log is the longest: then it proposes nothing but
/// its first entry, replicates, and hands over as soon as another voter has its log.
///
/// A crash meanwhile forgets the divergence. The next start comes to the same state, and the next
/// question finds it, or to a good one, if the fault was one of memory.
extension Node {
    /// How long the leader may be silent before it is asked again.
    private static var patience: Duration { .seconds(1) }

    mutating func diverged(at index: LogIndex) {
        guard divergence == nil else { return }
        divergence = Divergence(index: index, nextRequest: now.instant)
        if arrival?.isFinal == false { arrival = nil }
        log(
            .error,
            "the state of this node differs from a majority's at entry \(index): it is discarded, and"
                + " nobody is served until the leader's is here; log and votes stay"
        )
        refuseAll()
        endTransfers()
        stepCore(.diverged(true))
    }

    /// Answers whoever waits for this state; what the leader does for others it still answers.
    mutating func refuseAll(_ failure: RequestFailure = .diverged) {
        for ticket in queries.keys.sorted() { reply(ticket, .failed(failure, key: nil)) }
        queries = [:]
        for ticket in openings.keys.sorted() { effects.append(.endStream(ticket, nil)) }
        openings = [:]
        for stream in streams.all {
            streams.close(stream.ticket)
            effects.append(.endStream(stream.ticket, nil))
        }
        for ticket in admitting.keys.sorted() { failAdmission(ticket, failure) }
    }

    /// Asks the leader for its state, if this node needs it.
    mutating func askForState() {
        guard let divergence, divergence.nextRequest <= now.instant, core.role != .leader,
            let leader = core.leader, isLinked(leader)
        else { return }
        self.divergence?.nextRequest = now.instant + Self.patience
        // What is compacted here cannot be applied to an older state.
        send(.digest(.wanted(from: core.log.before.index)), to: leader)
    }

    /// Sends a snapshot to a node that asks for one, whatever its log holds.
    mutating func giveState(to peer: NodeIdentity, from index: LogIndex) {
        guard core.role == .leader, divergence == nil, sent.transfers[peer] == nil else { return }
        guard !digests.isContested else { return endTransfer(to: peer) }
        if let newest = snapshots.sendable, newest.index < index { snapshots.demand() }
        sent.transfers[peer] = SnapshotsSent.Transfer()
        log(.notice, "\(peer) discards its state: it is sent a snapshot")
        sendWhatIsWritten()
    }

    /// Whether the log, which is good, goes on from a state at this position.
    func canGoOn(from position: LogPosition) -> Bool {
        position.index > commitIndex || core.log.term(at: position.index) == position.term
    }

    /// Takes the state that has arrived, once its last entry is known to be committed here too; the
    /// log is kept as a whole, and applied from there on.
    mutating func takeStateIfReady() {
        guard let arrival, case .holding(let restored) = arrival.phase,
            restored.applied.index <= commitIndex, compactions == 0
        else { return }
        self.arrival = nil
        let source = arrival.source
        guard canGoOn(from: restored.applied) else {
            return answer(.failed("this node's log begins later"), to: restored.applied)
        }
        state = restored
        snapshots.installed(restored.applied)
        // What was written of the bad state must not be read by the next start.
        effects.append(.transfer(.keep(restored.applied)))
        tookState(from: source)
        answer(.installed, to: restored.applied)
    }

    /// The state is that of another node from here on.
    mutating func tookState(from node: NodeIdentity) {
        digests.stateChanged(from: node)
        guard divergence != nil else { return }
        divergence = nil
        reads.forgetFreshness()
        log(.notice, "the leader's state of entry \(state.applied) is this node's: it serves again")
        stepCore(.diverged(false))
    }
}
