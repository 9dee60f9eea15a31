import Storage

extension Consensus {
    /// What one step has ordered so far; empty between steps.
    struct Turn: Sendable {
        /// What a message must not overtake on its way to the disk.
        enum Gate: Sendable {
            /// Nothing.
            case open
            /// Term and vote.
            case term
            /// All that was ordered to be written.
            case log
        }

        struct Outgoing: Sendable {
            var message: Message
            var peer: NodeIdentity
            var gate: Gate
        }

        var changesVote = false
        var writes: [Effect] = []
        var messages: [Outgoing] = []
        var outcomes: [Effect] = []
    }

    /// What the caller is told of whenever it changes.
    struct Standing: Equatable {
        var role: Role
        var term: Term
        var leader: NodeIdentity?
        var commitIndex: LogIndex
    }

    var standing: Standing {
        Standing(role: role, term: term, leader: leader, commitIndex: commitIndex)
    }

    mutating func send(_ message: Message, to peer: NodeIdentity, after gate: Turn.Gate = .open) {
        turn.messages.append(Turn.Outgoing(message: message, peer: peer, gate: gate))
    }

    /// Closes the step: numbers the batch, and lets messages wait for what makes them true.
    mutating func finish(since before: Standing, _ now: Instant) -> [Effect] {
        var effects: [Effect] = []
        if (role, term, leader) != (before.role, before.term, before.leader) {
            effects.append(.role(role, term, leader: leader))
        }
        if turn.changesVote { effects.append(.vote(state.vote)) }
        effects.append(contentsOf: turn.writes)
        if turn.changesVote || !turn.writes.isEmpty {
            let token = timing.nextToken(last: state.log.lastIndex, now)
            state.durability.begin(
                token,
                last: state.log.lastIndex,
                holdsTerm: turn.changesVote
            )
            effects.append(.persist(token))
        }
        for outgoing in turn.messages {
            effects.append(
                .send(outgoing.message, to: outgoing.peer, after: token(for: outgoing.gate))
            )
        }
        if commitIndex > before.commitIndex { effects.append(.commit(commitIndex)) }
        effects.append(contentsOf: turn.outcomes)
        turn = Turn()
        return effects
    }

    private func token(for gate: Turn.Gate) -> PersistToken? {
        switch gate {
        case .open: nil
        case .term: state.durability.termGate
        case .log: state.durability.logGate
        }
    }
}
