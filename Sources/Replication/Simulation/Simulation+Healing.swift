import Storage

/// The end of faults: for all hosts, or for a majority of the voters alone.
extension Simulation {
    /// Ends all faults: partitions close, paused nodes go on, and those that are down come back.
    ///
    /// - Throws: ``Violation``.
    public func heal() throws(Violation) {
        endFaults()
        try followAddresses()
        for host in hosts.indices {
            hosts[host].isAway = false
            try startWithMembers(host)
            try revive(host)
        }
    }

    /// Starts a host anew that still waits to be admitted, with where the members are now.
    ///
    /// All of those that it was told of may have moved or been removed since.
    private func startWithMembers(_ host: Int) throws(Violation) {
        guard hosts[host].joins, hosts[host].node?.cluster == nil else { return }
        hosts[host].known = invariants.membership.incoming.map(\.peerAddress).sorted()
        if hosts[host].isUp { try stop(host, powerLoss: false) }
    }

    /// Ends all faults for a random majority of the voters; the other hosts stay down, paused or cut
    /// off for good.
    ///
    /// A host whose disk has lost something does not count for the majority.
    ///
    /// - Returns: The hosts that are well.
    /// - Throws: ``Violation``.
    @discardableResult
    public func healMajority() throws(Violation) -> [Int] {
        endFaults()
        try followAddresses()
        // Even one that was down may know of a membership that others do not know yet.
        for host in hosts.indices { try revive(host) }
        let well = drawMajority()
        for host in hosts.indices where !well.contains(host) {
            hosts[host].isAway = true
            switch draw(3) {
            case 0: try stop(host, powerLoss: true)
            case 1: network.clog(host)
            default: hosts[host].pausedUntil = Instant(nanoseconds: .max)
            }
        }
        return well
    }

    private func endFaults() {
        faultsNumber += 1
        faults = SimulationConfiguration.Faults()
        faults.slowSyncs = 0
        healNetwork()
        for host in hosts.indices {
            hosts[host].disk.heal()
            hosts[host].disk.endCrash()
            hosts[host].disk.setCapacity(nil)
            hosts[host].stall = nil
            hosts[host].effectsToLive = nil
            hosts[host].clock.jump = .zero
        }
    }

    /// Begins with faults again.
    func resumeFaults() {
        faults = configuration.faults
        planFaults()
    }

    private func revive(_ host: Int) throws(Violation) {
        hosts[host].pausedUntil = nil
        if !hosts[host].isUp { try start(host) }
        try wake(host)
    }

    private func drawMajority() -> [Int] {
        // Also the one that a leader is about to begin: its round may be answered already.
        let memberships =
            hosts.compactMap { $0.node?.core.membership }
            + hosts.compactMap { $0.node?.core.promised } + [invariants.membership]
        var well: [Int] = []
        for host in hosts.indices.shuffled(using: &generator) {
            well.append(host)
            let good = well.compactMap { hosts[$0].diskDamage == nil ? hosts[$0].identity : nil }
            let isEnough = memberships.allSatisfy {
                isMajority(good, of: $0.incoming) && isMajority(good, of: $0.outgoing)
            }
            if isEnough { break }
        }
        return well.sorted()
    }

    private func isMajority(_ good: [NodeIdentity], of members: [Member]) -> Bool {
        let voters = members.filter { $0.role == .voter }
        return voters.isEmpty || voters.count { good.contains($0.identity) } > voters.count / 2
    }

    /// Whether the members among these hosts follow one of them and have applied the same log, with
    /// no change of members under way.
    public func areConverged(_ hosts: [Int]) -> Bool {
        guard let leader = hosts.first(where: { isFirstLeader($0) }),
            let core = self.hosts[leader].node?.core, core.membership.outgoing.isEmpty
        else { return false }
        let last = core.lastPosition.index
        return hosts.allSatisfy { host in
            guard let identity = self.hosts[host].identity,
                core.membership.member(identity) != nil
            else { return true }
            return self.hosts[host].isUp && applied(of: host) == last
        }
    }

    /// Which hosts are no members though nobody removed them, and which disks still lack what they
    /// lost: nothing, once all are healed.
    package var unsettled: [String] {
        guard let leader, let state = hosts[leader].node?.state else { return ["no leader"] }
        return hosts.compactMap { host in
            guard let identity = host.identity,
                state.formerMembers.retirement(of: identity) == nil
            else { return nil }
            let members = state.membership.membership
            guard members.member(identity) != nil else { return "\(host.name) is no member" }
            // Another one had the disk, and was removed, or took the vote along.
            guard let damage = host.diskDamage,
                damage.identity.map({ members.member($0) != nil }) ?? true
            else { return nil }
            return "\(host.name)'s disk is not healed"
        }
    }

    private func isFirstLeader(_ host: Int) -> Bool {
        guard hosts[host].node?.core.role == .leader, let term = hosts[host].node?.core.term else {
            return false
        }
        return hosts.allSatisfy { other in
            guard other.node?.core.role == .leader, !other.isAway else { return true }
            return other.node?.core.term ?? .zero <= term
        }
    }
}
