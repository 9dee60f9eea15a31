import Storage

/// Comparing states: the leader asks all nodes for their digest at one entry, and tells those that a
/// majority of the voters contradicts.
extension Node {
    /// Asks again, if it is time.
    mutating func askForDigests() {
        guard core.role == .leader, divergence == nil, digests.nextQuestion <= now.instant,
            core.membership.all.count > 1
        else { return }
        digests.nextQuestion = now.instant + configuration.digestInterval
        noteSplit()
        let index = core.lastPosition.index
        digests.ask(index)
        for member in core.membership.all where member.identity != identity {
            send(.digest(.question(index)), to: member.identity)
        }
        tellDigest(at: index)
    }

    mutating func take(_ message: DigestMessage, from node: NodeIdentity) {
        switch message {
        case .question(let index): if core.leader == node { tellDigest(at: index) }
        case .answer(let index, let digest, let copied):
            take(digest, at: index, copied: copied, of: node)
        case .agreed(let index, let digest):
            if core.leader == node { digests.confirm(index, digest) }
        case .diverged(let index, let digest):
            guard core.leader == node, digests.contradicts(index, digest) else { return }
            diverged(at: index)
        case .wanted(let index): giveState(to: node, from: index)
        }
    }

    /// Says now, or once it is applied, what this node's digest is.
    private mutating func tellDigest(at index: LogIndex) {
        guard divergence == nil, index >= state.applied.index else { return }
        digests.want(index)
        digestMayBeDue()
    }

    /// An entry was applied; called for each, so it costs next to nothing.
    mutating func digestMayBeDue() {
        guard digests.isWanted(state.applied.index),
            digests.reached(state.applied.index, state.digest), let digest = state.digest
        else { return }
        if core.role == .leader {
            take(digest, at: state.applied.index, copied: digests.copied, of: identity)
        } else if let leader = core.leader {
            let answer = DigestMessage.answer(
                state.applied.index,
                digest,
                copied: digests.copied
            )
            send(.digest(answer), to: leader)
        }
    }

    private mutating func take(
        _ digest: StateDigest,
        at index: LogIndex,
        copied: NodeIdentity?,
        of node: NodeIdentity
    ) {
        guard core.role == .leader, divergence == nil,
            let round = digests.take(index, digest, copied: copied, of: node)
        else { return }
        guard let agreed = round.agreed(in: core.state.quorum) else { return noteContest(round) }
        digests.isAlarmed = false
        if round.answers[identity] == agreed, digests.isContested {
            _ = digests.contest(false)
            // Who was refused a snapshot meanwhile need not wait as after a failure.
            sent.endPauses(at: now.instant)
        }
        digests.confirm(index, agreed)
        for copy in round.copies(of: agreed) where copy != identity {
            send(.digest(.agreed(index, agreed)), to: copy)
        }
        for other in round.others(than: agreed) where other != identity {
            digests.forget(other)
            log(.error, "the state of \(other) differs from a majority's at entry \(index)")
            send(.digest(.diverged(index, agreed)), to: other)
        }
        // Last: it stops leading.
        if round.others(than: agreed).contains(identity) { diverged(at: index) }
    }

    /// Stops sending snapshots while another voter contradicts this leader's state: whoever took one
    /// would agree with it from then on, be it right or wrong (pitfall 54).
    private mutating func noteContest(_ round: DigestWatch.Round) {
        guard let own = round.answers[identity], round.contradicts(own) else { return }
        #if PLANTED_BUGS
        if PlantedBug.contestedSnapshotIsSent.isActive { return }
        #endif
        guard digests.contest(true) else { return }
        log(
            .error,
            "the state of this leader is contradicted at entry \(round.index): no snapshot of it is"
                + " sent until a majority agrees"
        )
        for peer in sent.transfers.keys.sorted() { endTransfer(to: peer) }
    }

    /// Raises the alarm if those that answered the last question differ, and none is a majority.
    private mutating func noteSplit() {
        guard let round = digests.rounds.last, round.isSplit, !digests.isAlarmed,
            round.agreed(in: core.state.quorum) == nil
        else { return }
        digests.isAlarmed = true
        let states = round.answers.sorted { $0.key < $1.key }
            .map { "\($0.key) \(String($0.value.value, radix: 16))" }
        log(
            .error,
            "the states of the nodes differ at entry \(round.index), and no majority agrees on one:"
                + " nobody stops, and somebody must look: \(states.joined(separator: ", "))"
        )
    }
}
