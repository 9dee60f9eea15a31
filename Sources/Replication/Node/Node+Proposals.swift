import Storage

/// Where proposals go: into this leader's log, or to the node that leads.
extension Node {
    /// Whether this node leads and has applied the first entry of its term: only then is the
    /// table of answered requests known to be whole.
    var mayPropose: Bool {
        guard core.role == .leader, divergence == nil, let first = lastLeaderIndex else {
            return false
        }
        return state.applied.index >= first
    }

    /// Hands out what is pending and nobody has, in the order taken, as far as the turn's budget goes;
    /// to another node only as much as may be without its answer.
    mutating func routeMore() {
        if core.role == .leader {
            // Held until the first entry of the term is applied; `proposeHeldIfReady` comes back.
            while mayPropose, budget.routes.isLeft,
                let request = pending.handOut(within: .max, at: now.instant)
            {
                budget.routes.spend(bytes: request.proposal.estimatedBytes)
                propose(request.proposal, for: .local(request.ticket))
            }
        } else if let leader = leaderToAsk {
            while budget.routes.isLeft,
                let request = pending.handOut(
                    within: configuration.forwardWindowBytes,
                    at: now.instant
                )
            {
                budget.routes.spend(bytes: request.proposal.estimatedBytes)
                let id = request.ticket.value &+ forwardOffset
                send(.forward(id: id, request.proposal), to: leader)
            }
        }
    }

    /// Sends the unanswered window again, in order and with the same keys: the leader changed, or
    /// its connection did.
    mutating func routeAll() {
        // What is too old to be answered must not go out once more: after a long pause its first
        // try may be forgotten by the table, and it would take effect twice.
        expireRequests()
        pending.takeBack()
        routeMore()
    }

    mutating func takeForward(_ id: UInt64, _ proposal: Proposal, from node: NodeIdentity) {
        if let failure = refusalOfForwarded(proposal, from: node) {
            send(.forwarded(id: id, .failed(failure)), to: node)
        } else if mayPropose {
            propose(proposal, for: .peer(node, id))
        } else if core.role == .leader, divergence == nil {
            guard intake.held.hold(proposal, id, from: node) else {
                return send(.forwarded(id: id, .failed(.overloaded)), to: node)
            }
        } else {
            send(.forwarded(id: id, .failed(.noLeader)), to: node)
        }
    }

    private mutating func propose(_ proposal: Proposal, for waiter: ProposalsInFlight.Waiter) {
        // A secret is known to this request alone, so its operation must be applied itself.
        if !proposal.carriesSecret {
            if let record = recordOf(proposal) {
                answer(
                    record.request == proposal.request
                        ? .output(record.index, record.output, isRepeated: true) : .keyReused,
                    to: waiter
                )
                return
            }
            if let request = inFlight.request(of: proposal.identity) {
                if request != proposal.request {
                    answer(.keyReused, to: waiter)
                } else if !inFlight.join(proposal.identity, waiter) {
                    fail(.overloaded, waiter)
                }
                return
            }
        }
        if let since = proposal.since, since < state.keyFloor,
            state.record(of: proposal.identity) == nil
        {
            fail(.keyExpired, waiter)
            return
        }
        guard inFlight.hasRoom(for: proposal, upTo: configuration.consensus.maximumUncommittedBytes)
        else { return fail(.overloaded, waiter) }
        inFlight.enqueue(proposal, waiter)
    }

    private func recordOf(_ proposal: Proposal) -> ExactlyOnce.Record? {
        #if PLANTED_BUGS
        if PlantedBug.exactlyOnceOff.isActive { return nil }
        #endif
        return state.record(of: proposal.identity)
    }

    /// Proposes what gathered in this turn, as one batch.
    ///
    /// While the lead is handed over it waits here, and is proposed if that fails; else who
    /// waits for it asks the next leader.
    mutating func endTurn() {
        if inFlight.hasQueued, !core.isTransferring {
            stepCore(.propose(bytes: inFlight.queuedBytes))
        }
        askForReads()
        askForDigests()
        askForState()
        goOnWithStreams()
        noteCommit()
        tellAcknowledged()
        compareWithAcknowledged()
    }

    mutating func refuseQueued(_ refusal: ProposalRefusal) {
        for waiter in inFlight.removeQueued() {
            switch refusal {
            case .overloaded: fail(.overloaded, waiter)
            case .notLeader, .transferring: fail(.noLeader, waiter)
            }
        }
    }

    private mutating func fail(_ failure: RequestFailure, _ waiter: ProposalsInFlight.Waiter) {
        switch waiter {
        case .peer(let node, let id): send(.forwarded(id: id, .failed(failure)), to: node)
        case .local(let ticket):
            // A request that finds no leader waits for the next one.
            guard failure != .noLeader, let request = pending.remove(ticket) else { return }
            reply(ticket, .failed(request.outcome(of: failure), key: request.proposal.key))
        }
    }

    /// Tells whoever waits for an entry what it gave.
    mutating func answer(
        _ result: AppliedEntry,
        waitersOf index: LogIndex
    ) {
        for waiter in inFlight.applied(index) { answer(result, to: waiter) }
    }

    private mutating func answer(
        _ result: AppliedEntry,
        to waiter: ProposalsInFlight.Waiter
    ) {
        switch result {
        case .none: break
        case .keyReused: fail(.keyReused, waiter)
        case .output(let index, let output, let isRepeated):
            switch waiter {
            case .local(let ticket): replyOutput(ticket, index, output, isRepeated: isRepeated)
            case .peer(let node, let id):
                let outcome = ForwardOutcome.applied(index, output: output, isRepeated: isRepeated)
                send(.forwarded(id: id, outcome), to: node)
            }
        }
    }

    private mutating func replyOutput(
        _ ticket: Ticket,
        _ index: LogIndex,
        _ output: [UInt8],
        isRepeated: Bool
    ) {
        guard let request = pending.remove(ticket) else { return }
        if let refusal = state.refusal(in: output) {
            reply(ticket, .refused(refusal))
        } else {
            reply(ticket, .output(index, output, secret: request.secret, isRepeated: isRepeated))
        }
    }

    /// What the leader did with a request that was forwarded to it.
    mutating func takeForwarded(_ id: UInt64, _ outcome: ForwardOutcome) {
        let ticket = Ticket(id &- forwardOffset)
        switch outcome {
        case .applied(let index, let output, let isRepeated):
            replyOutput(ticket, index, output, isRepeated: isRepeated)
        case .failed(.noLeader):
            // It waits here for the next leader.
            break
        case .failed(let failure):
            guard let request = pending.remove(ticket) else { return }
            reply(ticket, .failed(request.outcome(of: failure), key: request.proposal.key))
        }
        routeMore()
    }

    /// The first entry of this leader's term was applied: what waited for that is proposed.
    mutating func proposeHeldIfReady() {
        guard mayPropose, !didProposeHeld else { return }
        didProposeHeld = true
        routeAll()
        for (from, id, proposal) in intake.held.removeAll() {
            propose(proposal, for: .peer(from, id))
        }
    }

    mutating func roleChanged(_ role: Role, _ term: Term, leader: NodeIdentity?) {
        leaderlessSince = leader == nil ? leaderlessSince ?? now.instant : nil
        trustLinks()
        if role == .leader { committedAt = now.instant }
        if role != .leader {
            inFlight.removeAll()
            _ = intake.held.removeAll()
            lastLeaderIndex = nil
            endTransfers()
            digests.endLeading()
        }
        if role == .leader { leadsSince = now.instant }
        // Another leader goes on where this one stopped.
        if arrival?.isFinal == false { arrival = nil }
        didProposeHeld = false
        reads.askAgain()
        log(.info, "term \(term): \(role), leader \(leader?.description ?? "none")")
        // A leader that was removed led until somebody else could.
        if role != .leader { noticeOwnRemoval() }
        if leader != nil, role != .leader { routeAll() }
    }
}
