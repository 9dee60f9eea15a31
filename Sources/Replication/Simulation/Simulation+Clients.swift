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
        let (ticket, local) = newTicket(at: host)
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

    /// Whether a host's process runs.
    package func isUp(_ host: Int) -> Bool { hosts[host].isUp }

    /// Ends a host's process before the next packet after so many.
    package func crash(_ host: Int, afterPackets packets: Int) {
        hosts[host].packetsToLive = packets
    }

    /// A host's disk; faults may be asked of it.
    package func disk(of host: Int) -> MemoryFileSystem { hosts[host].disk }

    /// Gives a host that is down an empty disk.
    package func replaceDisk(of host: Int, _ disk: MemoryFileSystem = MemoryFileSystem()) {
        hosts[host].disk = disk
    }

    /// What the log has made of a host; nil if it is down.
    package func state(of host: Int) -> ReplicatedState<Machine>? { hosts[host].node?.state }

    /// Up to where a leader knows a member's log to be its own, durably.
    package func matched(by leader: Int, of host: Int) -> LogIndex? {
        guard let identity = hosts[host].node?.identity else { return nil }
        return hosts[leader].node?.core.progress.first { $0.identity == identity }?.match
    }

    /// What a host knows of its cluster; nil if it is down.
    package func status(of host: Int) -> ClusterStatus? { hosts[host].node?.status }

    /// What a host is in its term.
    package func role(of host: Int) -> Role? { hosts[host].node?.core.role }
    /// A host's term.
    package func term(of host: Int) -> Term { hosts[host].node?.core.term ?? .zero }
    /// Where a host's log ends.
    package func last(of host: Int) -> LogPosition {
        hosts[host].node?.core.lastPosition ?? .zero
    }
    /// How far a host's log is durable.
    package func durable(of host: Int) -> LogIndex { hosts[host].node?.core.durableIndex ?? .zero }

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
