package import Storage

/// Disks that are put back to an earlier copy of themselves, as an operator does who restores a
/// directory whose node has run since.
extension Simulation {
    /// A copy of a host's disk as it is now.
    package func copyDisk(of host: Int) -> MemoryFileSystem { hosts[host].disk.clone() }

    /// Up to where a host lacks what it acknowledged, or nil if it lacks nothing or is down.
    package func lost(by host: Int) -> LogPosition? { hosts[host].node?.core.state.lost }

    /// Puts the disk of a host back to an earlier copy of itself and starts it, while all others are
    /// well and one of them leads: they know what it acknowledged since.
    ///
    /// - Throws: ``Violation``.
    package func putBack(_ host: Int, _ copy: MemoryFileSystem) throws(Violation) {
        counts[.oldCopies] += 1
        if hosts[host].isUp { try stop(host, powerLoss: false) }
        replaceDisk(of: host, copy)
        hosts[host].diskDamage = DiskDamage(
            healsWith: invariants.lastApplied,
            identity: hosts[host].identity
        )
        try start(host)
    }

    /// Copies the disk of some member, at some time while faults come.
    func planCopy() {
        guard faults.oldCopies else { return }
        let end = configuration.faultyFor.nanoseconds
        for _ in 0..<4 { after(draw(0...end)) { [unowned self] in copySomeDisk() } }
    }

    /// Copies the disk of some member that is up, to put it back when all is well.
    private func copySomeDisk() {
        let host = draw(hosts.count)
        guard oldCopy == nil, hosts[host].isUp, hosts[host].diskDamage == nil,
            !hosts[host].isTorn, let identity = hosts[host].identity, invariants.isMember(identity)
        else { return }
        // As it would be after a crash: what a copy of a running node's directory holds.
        let copy = copyDisk(of: host)
        copy.processCrash()
        // It is put back to a good disk.
        copy.heal()
        copy.endCrash()
        copy.setCapacity(nil)
        oldCopy = (host, identity, copy)
    }

    /// Puts the copied disk back, if its node is a member still.
    ///
    /// - Returns: Whether there is one.
    /// - Throws: ``Violation``.
    func putBackCopy() throws(Violation) -> Bool {
        guard let (host, identity, copy) = oldCopy, hosts[host].node?.identity == identity,
            hosts[host].diskDamage == nil, invariants.isMember(identity), let leader,
            allKnowTheMembers
        else { return false }
        // It may lead itself: then the others are told by it what it knows, until it goes.
        try putBack(host, copy)
        guard host != leader, Bool.random(using: &generator) else { return true }
        // The leader goes as soon as the node was told: only the others know then.
        let number = hosts[host].generation
        after(.milliseconds(300)) { [unowned self] () throws(Violation) in
            guard hosts[host].generation == number, hosts[leader].isUp else { return }
            try crash(leader, powerLoss: true)
            restart(leader)
        }
        return true
    }

    /// Whether no host takes itself for a member that was removed while it was away: it would tell the
    /// node with the old copy, which takes it for a member too, less than the members know.
    private var allKnowTheMembers: Bool {
        hosts.allSatisfy { host in
            guard let node = host.node, node.core.membership.member(node.identity) != nil else {
                return true
            }
            return invariants.isMember(node.identity)
        }
    }

    /// Why a host stopped because two histories met, as often as it did.
    package func contradictions(of host: Int) -> [String] { hosts[host].contradictions }

    /// A node that met another history than its own has stopped; it stays down.
    ///
    /// Without an old copy nothing may lead to that.
    func endContradicted(_ host: Int, _ reason: String) throws(Violation) {
        guard allowsTwoHistories else {
            throw violation(.staysUp, "\(hosts[host].name) stopped: \(reason)")
        }
        hosts[host].contradictions.append(reason)
        hosts[host].packetsToLive = -1
    }
}
