public import Storage

/// What clients do with the cluster.
extension Simulation {
    /// The hosts that are up and not paused, nor out of the play, nor known to be no member.
    public var reachable: [Int] {
        hosts.indices.filter {
            let host = hosts[$0]
            return host.isUp && !host.isAway && (host.pausedUntil ?? now) <= now
                && (invariants.membership == .empty
                    || host.identity.map(invariants.isMember) ?? false)
        }
    }

    /// Gives a host a request.
    ///
    /// - Parameters:
    ///   - request: The request.
    ///   - key: Its idempotency key.
    ///   - since: The newest index that the client had seen when it tried first.
    ///   - caller: Who calls.
    ///   - host: Which host takes it.
    ///   - answered: Called with the answer, unless that is lost or the host dies before.
    /// - Throws: ``Violation``.
    public func request(
        _ request: Machine.Request,
        key: String,
        since: LogIndex? = nil,
        caller: Caller = Caller(),
        at host: Int,
        answered: @escaping (SimulatedAnswer) throws(Violation) -> Void
    ) throws(Violation) {
        let (ticket, local) = newTicket(at: host)
        waiters[ticket] = .answer(answered)
        try take(request.lineBytes, local, key: key, since: since, caller: caller, at: host)
    }

    /// Gives a host a query.
    ///
    /// - Parameters:
    ///   - query: The query.
    ///   - consistency: How new the answer must be.
    ///   - caller: Who calls.
    ///   - host: Which host takes it.
    ///   - answered: Called with the answer, unless that is lost or the host dies before.
    /// - Throws: ``Violation``.
    public func query(
        _ query: Machine.Query,
        _ consistency: Consistency = .linearizable,
        caller: Caller = Caller(),
        at host: Int,
        answered: @escaping (SimulatedAnswer) throws(Violation) -> Void
    ) throws(Violation) {
        let (ticket, local) = newTicket(at: host)
        waiters[ticket] = .answer(answered)
        try step(host, .query(local, body: query.lineBytes, caller: caller, consistency))
    }

    /// Gives a host a request, and the ticket under which it is answered.
    package func request(
        _ body: [UInt8],
        key: String,
        since: LogIndex? = nil,
        lane: UInt64 = 0,
        at host: Int
    ) throws(Violation) -> Ticket {
        let (ticket, local) = newTicket(at: host)
        try take(body, local, key: key, since: since, lane: lane, caller: Caller(), at: host)
        return ticket
    }

    private func take(
        _ body: [UInt8],
        _ local: Ticket,
        key: String,
        since: LogIndex?,
        lane: UInt64 = 0,
        caller: Caller,
        at host: Int
    ) throws(Violation) {
        let bytes = (0..<8).flatMap { _ in
            littleEndianBytes(generator.next())
        }
        try step(
            host,
            .request(
                ClientRequest(
                    ticket: local,
                    lane: lane == 0 ? local.value | 1 << 63 : lane,
                    body: body,
                    caller: caller,
                    key: key,
                    since: since,
                    entropy: Entropy(bytes)
                )
            )
        )
    }

    /// Gives a host a query, and the ticket under which it is answered.
    package func query(
        _ body: [UInt8],
        _ consistency: Consistency = .linearizable,
        at host: Int
    ) throws(Violation) -> Ticket {
        let (ticket, local) = newTicket(at: host)
        try step(host, .query(local, body: body, caller: Caller(), consistency))
        return ticket
    }

    /// Opens a stream at a host, after an event or from now on.
    package func openStream(after id: EventID? = nil, at host: Int) throws(Violation) -> Ticket {
        let (ticket, local) = newTicket(at: host)
        try step(host, .openStream(local, caller: Caller(), after: id))
        return ticket
    }

    /// A ticket for the caller, and what the host's process calls it.
    func newTicket(at host: Int) -> (ticket: Ticket, local: Ticket) {
        lastTicket += 1
        hosts[host].lastTicket += 1
        let local = Ticket(hosts[host].lastTicket)
        hosts[host].tickets[local] = Ticket(lastTicket)
        return (Ticket(lastTicket), local)
    }

    private func littleEndianBytes(_ value: UInt64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
    }
}

/// Who waits for an answer.
enum SimulatedWaiter {
    /// A client.
    case answer((SimulatedAnswer) throws(Violation) -> Void)
    /// An operator.
    case outcome((OrderOutcome) throws(Violation) -> Void)

    func take(_ reply: Reply) throws(Violation) {
        switch self {
        case .answer(let take): try take(SimulatedAnswer(reply))
        case .outcome(let take): if case .ordered(let outcome) = reply { try take(outcome) }
        }
    }
}

/// What a client of a simulated cluster is told.
public enum SimulatedAnswer: Hashable, Sendable {
    /// A request took effect with the entry of this index: the output's JSON, and what its caller
    /// alone is told.
    case output(LogIndex, [UInt8], secret: [UInt8]?)
    /// A query's answer, JSON, from the state after the entry of this index.
    case answer(LogIndex, [UInt8])
    /// The state machine rejected the request.
    case refused(Refusal)
    /// Nothing was done, and why, such as `no_leader`: try again, anywhere.
    case unavailable(String)
    /// It may or may not take effect: the same key finds out.
    case unknown
    /// The key is older than what is remembered: nobody can tell.
    case expired
    /// The request makes no sense, and why.
    case invalid(String)

    init(_ reply: Reply) {
        switch reply {
        case .output(let index, let output, let secret, _):
            self = .output(index, output, secret: secret)
        case .answer(let index, let answer): self = .answer(index, answer)
        case .refused(let refusal): self = .refused(refusal)
        case .malformed(let error): self = .invalid("\(error)")
        case .ready: self = .invalid("an answer to a query that nobody kept")
        case .ordered: self = .invalid("an order's answer")
        case .failed(let failure, _):
            switch failure {
            case .outcomeUnknown: self = .unknown
            case .keyExpired: self = .expired
            case .keyReused, .tooLarge, .operationInvalid: self = .invalid(failure.rawValue)
            case .noLeader, .overloaded, .diskFull, .diverged, .behind, .notTried, .stopping,
                .removed:
                self = .unavailable(failure.rawValue)
            }
        }
    }
}
