public import Storage

/// What can be seen of a host.
extension Simulation {
    /// How much a host's state remembers, if it is up.
    package func limits(of host: Int) -> StateLimits? { hosts[host].node?.state.limits }

    /// How many hosts there are, up or down.
    public var hostCount: Int { hosts.count }

    /// Whether a host's process runs.
    public func isUp(_ host: Int) -> Bool { hosts[host].isUp }

    /// The host that leads with the highest term, if one does.
    public var leader: Int? {
        hosts.indices.filter { hosts[$0].node?.core.role == .leader }
            .max { (hosts[$0].node?.core.term ?? .zero) < (hosts[$1].node?.core.term ?? .zero) }
    }

    /// A host's state machine, if it is up.
    public func machine(of host: Int) -> Machine? { state(of: host)?.machine }

    /// How far a host has applied the log.
    public func applied(of host: Int) -> LogIndex {
        hosts[host].node?.state.applied.index ?? .zero
    }

    /// What a host knows of its cluster; nil if it is down.
    public func status(of host: Int) -> ClusterStatus? { hosts[host].node?.status }

    /// The cluster's id as a host knows it.
    package func cluster(of host: Int) -> String? { hosts[host].node?.cluster }

    /// A host's disk; faults may be asked of it.
    package func disk(of host: Int) -> MemoryFileSystem {
        hosts[host].isMarred = true
        return hosts[host].disk
    }

    /// Gives a host that is down an empty disk.
    package func replaceDisk(of host: Int, _ disk: MemoryFileSystem = MemoryFileSystem()) {
        hosts[host].disk = disk
        hosts[host].isMarred = true
    }

    /// Ends a host's process before the next packet after so many.
    package func crash(_ host: Int, afterPackets packets: Int) {
        hosts[host].packetsToLive = packets
    }

    /// What the log has made of a host; nil if it is down.
    package func state(of host: Int) -> ReplicatedState<Machine>? {
        hosts[host].node?.state as? ReplicatedState<Machine>
    }

    /// Up to where a leader knows a member's log to be its own, durably.
    package func matched(by leader: Int, of host: Int) -> LogIndex? {
        guard let identity = hosts[host].node?.identity else { return nil }
        return hosts[leader].node?.core.progress.first { $0.identity == identity }?.match
    }

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

    /// Whether all hosts are up, follow one leader and have applied the same log.
    public var isConverged: Bool {
        guard let leader, let last = hosts[leader].node?.core.lastPosition.index else {
            return false
        }
        return hosts.indices.allSatisfy { hosts[$0].isUp && applied(of: $0) == last }
    }
}
