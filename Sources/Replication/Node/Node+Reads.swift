import Storage

/// A query that waits until the state is new enough.
struct PendingQuery: Sendable {
    /// The query, or nil if its client keeps it until the state is new enough.
    var body: [UInt8]?
    var caller = Caller()
    /// Whether it waits for an entry of its caller's choice, and not for the leader's word.
    var isPlaced = false
}

/// The way of a read: an index from the leader, applied here, answered from this state.
extension Node {
    mutating func take(_ query: PendingQuery, _ ticket: Ticket, _ consistency: Consistency) {
        guard !isStopping else {
            reply(ticket, .failed(.stopping, key: nil))
            return
        }
        guard divergence == nil else {
            reply(ticket, .failed(.diverged, key: nil))
            return
        }
        switch consistency {
        case .stale: answer(query, ticket, isConfirmed: false)
        case .linearizable where removal != nil: reply(ticket, .failed(.removed, key: nil))
        case .linearizable: confirm(query, ticket)
        case .atLeast(let index) where index <= state.applied.index:
            answer(query, ticket, isConfirmed: false)
        case .atLeast where removal != nil: reply(ticket, .failed(.removed, key: nil))
        case .atLeast(let index): wait(query, ticket, for: index)
        case .bounded(let limit) where reads.isFresh(within: limit, at: now.instant):
            answer(query, ticket, isConfirmed: false)
        case .bounded where removal != nil: reply(ticket, .failed(.removed, key: nil))
        case .bounded: confirm(query, ticket)
        }
    }

    /// Answers a query once this entry is applied here; nobody is asked.
    private mutating func wait(_ query: PendingQuery, _ ticket: Ticket, for index: LogIndex) {
        guard intake.queries.take(ticket, bytes: query.body?.count ?? 0) else {
            reply(ticket, .failed(.overloaded, key: nil))
            return
        }
        queries[ticket] = query
        queries[ticket]?.isPlaced = true
        reads.wait(.query(ticket), for: index, deadline: deadline)
    }

    /// Answers a query once the state is as new as the query.
    private mutating func confirm(_ query: PendingQuery, _ ticket: Ticket) {
        guard intake.queries.take(ticket, bytes: query.body?.count ?? 0) else {
            reply(ticket, .failed(.overloaded, key: nil))
            return
        }
        queries[ticket] = query
        queries[ticket]?.isPlaced = false
        reads.gather(.query(ticket), deadline: deadline)
    }

    private mutating func answer(
        _ query: PendingQuery,
        _ ticket: Ticket,
        isConfirmed: Bool
    ) {
        guard let body = query.body else {
            reply(ticket, .ready(isConfirmed: isConfirmed))
            return
        }
        answer(body, ticket, query.caller, isConfirmed: isConfirmed, orConfirm: query)
    }

    /// Answers a query whose client kept it until there was room for the answer.
    ///
    /// The state may have been replaced since it was found new enough.
    mutating func answerKept(
        _ body: [UInt8],
        _ ticket: Ticket,
        _ caller: Caller,
        isConfirmed: Bool
    ) {
        guard divergence == nil else {
            reply(ticket, .failed(.diverged, key: nil))
            return
        }
        answer(body, ticket, caller, isConfirmed: isConfirmed, orConfirm: PendingQuery())
    }

    private mutating func answer(
        _ body: [UInt8],
        _ ticket: Ticket,
        _ caller: Caller,
        isConfirmed: Bool,
        orConfirm query: PendingQuery
    ) {
        do throws(LineError) {
            switch try state.answer(body, from: caller, now: logTime) {
            case .success(let answer): reply(ticket, .answer(state.applied.index, answer))
            // An old state may be shown to a caller that asks for it, but it does not know what is
            // not there: a session that it has not heard of is no reason to log in again.
            case .failure(let refusal) where isConfirmed: reply(ticket, .refused(refusal))
            case .failure:
                if isStopping || removal != nil {
                    reply(ticket, .failed(isStopping ? .stopping : .removed, key: nil))
                } else {
                    confirm(query, ticket)
                }
            }
        } catch {
            reply(ticket, .malformed(error))
        }
    }

    /// Asks for an index for all reads that came since the last question.
    mutating func askForReads() {
        if reads.isLate(at: now.instant, after: configuration.consensus.electionTimeout) {
            reads.askAgain()
        }
        guard reads.mayAsk else { return }
        if core.role == .leader {
            let id = reads.begin(at: now.instant)
            readNumber += 1
            readTickets[ReadTicket(readNumber)] = .own(id)
            stepCore(.read(ReadTicket(readNumber)))
        } else if let leader = leaderToAsk {
            send(.read(id: reads.begin(at: now.instant)), to: leader)
        }
    }

    mutating func takeRead(_ id: UInt64, from node: NodeIdentity) {
        // A node has one question under way, and some that it has given up.
        guard readTickets.count < 1_024 else { return send(.readIndex(id: id, nil), to: node) }
        readNumber += 1
        readTickets[ReadTicket(readNumber)] = .peer(node, id)
        stepCore(.read(ReadTicket(readNumber)))
    }

    mutating func readable(_ ticket: ReadTicket, at index: LogIndex) {
        switch readTickets.removeValue(forKey: ticket) {
        case .own(let id):
            reads.answered(id, index)
            completeReads()
        case .peer(let node, let id): send(.readIndex(id: id, index), to: node)
        case nil: break
        }
    }

    mutating func unreadable(_ ticket: ReadTicket) {
        switch readTickets.removeValue(forKey: ticket) {
        case .own(let id): if reads.isAsking(id) { reads.askAgain() }
        case .peer(let node, let id): send(.readIndex(id: id, nil), to: node)
        case nil: break
        }
    }

    mutating func takeReadIndex(_ id: UInt64, _ index: LogIndex?) {
        if let index {
            reads.answered(id, index)
            completeReads()
        }
        // Without an index the one asked does not lead: the question is asked again when it is
        // late, or as soon as a leader is known.
    }

    /// Carries on what waited for an index that is now applied.
    mutating func completeReads() {
        for purpose in reads.ready(applied: state.applied.index) {
            switch purpose {
            case .query(let ticket):
                if let query = queries.removeValue(forKey: ticket) {
                    answer(query, ticket, isConfirmed: !query.isPlaced)
                }
            case .admission(let ticket): readmit(ticket)
            case .stream(let ticket):
                if let opening = openings.removeValue(forKey: ticket) {
                    openStream(ticket, opening, isConfirmed: true)
                }
            }
        }
    }

    mutating func expireReads() {
        for purpose in reads.removeExpired(at: now.instant) {
            switch purpose {
            case .query(let ticket):
                if let query = queries.removeValue(forKey: ticket) {
                    reply(ticket, .failed(query.isPlaced ? .behind : .noLeader, key: nil))
                }
            case .admission(let ticket): failAdmission(ticket)
            case .stream(let ticket):
                // Its reader tries again elsewhere.
                if openings.removeValue(forKey: ticket) != nil {
                    effects.append(.endStream(ticket, nil))
                }
            }
        }
    }
}

/// Who asked the core for an index.
enum ReadOrigin: Hashable, Sendable {
    /// This node, with its question's number.
    case own(UInt64)
    /// Another node, with its question's number there.
    case peer(NodeIdentity, UInt64)
}
