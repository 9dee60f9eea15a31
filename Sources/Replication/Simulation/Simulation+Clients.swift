package import Storage

/// What a workload does with the cluster.
extension Simulation {
    /// The hosts that are up and not paused.
    package var reachable: [Int] {
        hosts.indices.filter { hosts[$0].isUp && (hosts[$0].pausedUntil ?? now) <= now }
    }

    /// Gives a host a request, and the ticket under which it is answered.
    package func request(
        _ body: [UInt8],
        key: String,
        since: LogIndex? = nil,
        lane: UInt64 = 0,
        at host: Int
    ) throws(Violation) -> Ticket {
        lastTicket += 1
        let ticket = Ticket(lastTicket)
        let bytes = (0..<8).flatMap { _ in
            littleEndianBytes(generator.next())
        }
        try step(
            host,
            .request(
                ClientRequest(
                    ticket: ticket,
                    lane: lane == 0 ? lastTicket : lane,
                    body: body,
                    caller: Caller(),
                    key: key,
                    since: since,
                    entropy: Entropy(bytes)
                )
            )
        )
        return ticket
    }

    /// Gives a host a query, and the ticket under which it is answered.
    package func query(
        _ body: [UInt8],
        _ consistency: Consistency = .linearizable,
        at host: Int
    ) throws(Violation) -> Ticket {
        lastTicket += 1
        let ticket = Ticket(lastTicket)
        try step(host, .query(ticket, body: body, caller: Caller(), consistency))
        return ticket
    }

    /// The host that leads with the highest term, if one does.
    package var leader: Int? {
        hosts.indices.filter { hosts[$0].node?.core.role == .leader }
            .max { (hosts[$0].node?.core.term ?? .zero) < (hosts[$1].node?.core.term ?? .zero) }
    }

    /// A host's state machine, if it is up.
    package func machine(of host: Int) -> Machine? { hosts[host].node?.state.machine }

    /// How far a host has applied the log.
    package func applied(of host: Int) -> LogIndex {
        hosts[host].node?.state.applied.index ?? .zero
    }

    /// The cluster's id as a host knows it.
    package func cluster(of host: Int) -> String? { hosts[host].node?.cluster }

    /// Whether all hosts are up, follow one leader and have applied the same log.
    package var isConverged: Bool {
        guard let leader, let last = hosts[leader].node?.core.lastPosition.index else {
            return false
        }
        return hosts.indices.allSatisfy { hosts[$0].isUp && applied(of: $0) == last }
    }

    private func littleEndianBytes(_ value: UInt64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
    }
}
