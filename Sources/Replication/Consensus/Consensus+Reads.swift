import Storage

extension Consensus {
    /// Takes in a read; answered once a quorum has confirmed that this node leads (Thesis §6.4).
    mutating func read(_ ticket: ReadTicket, _ now: Instant) {
        guard state.leadership != nil else { return turn.outcomes.append(.unreadable(ticket)) }
        state.leadership?.reads.wait(ticket)
        beginReads(now)
    }

    /// Whether the commit index is as new as any that was ever answered from: a new leader knows
    /// that only once an entry of its own term is committed (pitfall 27).
    var canRead: Bool { state.log.term(at: commitIndex) == term }

    /// Begins a round for the reads that wait, unless one is on its way already: under load reads
    /// share rounds.
    mutating func beginReads(_ now: Instant) {
        guard canRead, state.leadership?.reads.needsRound == true else { return }
        beginRound(now)
    }

    /// Answers the reads whose round a quorum has answered.
    mutating func confirmReads() {
        guard let leadership = state.leadership,
            let acked = leadership.ackedRound(in: state.quorum, leader: state.identity)
        else { return }
        #if PLANTED_BUGS
        if PlantedBug.readWithoutQuorum.isActive { answerReads(through: timing.round) }
        #endif
        answerReads(through: acked)
    }

    private mutating func answerReads(through round: AppendRound) {
        let confirmed = state.leadership?.reads.confirm(through: round) ?? []
        turn.outcomes += confirmed.map { .readable($0.ticket, at: $0.index) }
    }
}
