import Storage

/// Hosts that come, members that change, and leads that are handed over.
extension Simulation {
    /// Adds a blank host that knows the others' addresses and waits to be admitted.
    ///
    /// - Parameter asLearner: Whether it never becomes a voter by itself.
    /// - Returns: Its number.
    /// - Throws: ``Violation``.
    @discardableResult
    package func addHost(asLearner: Bool = false) throws(Violation) -> Int {
        counts[.addedHosts] += 1
        let host = newHost()
        host.joins = true
        host.joinsAsLearner = asLearner
        hosts.append(host)
        network.addHost()
        try start(hosts.count - 1)
        return hosts.count - 1
    }

    /// Gives a host an operator's order.
    package func order(
        _ order: ClusterOrder,
        at host: Int,
        answered: @escaping (OrderOutcome) throws(Violation) -> Void = { _ in }
    ) throws(Violation) {
        let (ticket, local) = newTicket(at: host)
        waiters[ticket] = .outcome(answered)
        try step(host, .order(local, order))
    }

    /// The host that leads, mostly, or any other that is up.
    private func drawOrdered() -> Int? {
        if let leader, !happens(100) { return leader }
        let up = reachable
        return up.isEmpty ? nil : up[draw(up.count)]
    }

    func changeMembers() throws(Violation) {
        try followAddresses()
        let comes = hosts.count < configuration.nodes + 4 && invariants.lastApplied > .zero
        if comes, happens(250) {
            try addHost(asLearner: happens(300))
            return
        }
        guard let host = drawOrdered(), let change = drawChange() else { return }
        try order(.change(change), at: host) { [unowned self] outcome in
            if case .changed = outcome {
                counts[.changes] += 1
            } else {
                counts[.refusedChanges] += 1
            }
        }
    }

    func transferLead() throws(Violation) {
        guard let host = drawOrdered() else { return }
        let voters = invariants.membership.incoming.filter { $0.role == .voter }
        let target = voters.isEmpty || happens(300) ? nil : voters[draw(voters.count)].identity
        try order(.transfer(to: target), at: host) { [unowned self] outcome in
            if case .transfer(.moved) = outcome {
                counts[.transfers] += 1
            } else {
                counts[.refusedTransfers] += 1
            }
        }
    }

    /// Looks after the cluster from now on, as an operator does once all is well: a voter whose disk
    /// is gone, and whose successor was removed, is removed too, for nobody takes its place.
    func attend() {
        after(.seconds(1)) { [unowned self] () throws(Violation) in
            if let leader, let lost = voterLostForGood() {
                try order(.change(.remove(lost)), at: leader)
            }
            attend()
        }
    }

    private func voterLostForGood() -> NodeIdentity? {
        let voters = invariants.membership.incoming.filter { $0.role == .voter }.map(\.identity)
        return voters.first { voter in
            guard !hosts.contains(where: { $0.identity == voter }),
                let successor = hosts.compactMap(\.identity).first(where: { $0.id == voter.id })
            else { return false }
            return isRetired(successor)
        }
    }

    private func isRetired(_ identity: NodeIdentity) -> Bool {
        leader.flatMap { hosts[$0].node?.state.formerMembers.retirement(of: identity) } != nil
    }

    /// Starts hosts anew that the cluster looks for elsewhere.
    func followAddresses() throws(Violation) {
        for host in hosts.indices {
            guard let identity = hosts[host].identity,
                let member = invariants.membership.member(identity) ?? namesake(of: identity),
                member.peerAddress != hosts[host].address
            else { continue }
            try stop(host, powerLoss: false)
            hosts[host].address = member.peerAddress
            restart(host)
        }
    }

    /// The member whose disk was lost, if this is who is to take its place.
    private func namesake(of identity: NodeIdentity) -> Member? {
        invariants.membership.incoming.first { $0.identity.id == identity.id }
    }

    /// A change that may make sense.
    private func drawChange() -> MembershipChange? {
        let members = invariants.membership.incoming
        let voters = members.filter { $0.role == .voter }.map(\.identity)
        let learners = members.filter { $0.role != .voter }.map(\.identity)
        switch draw(6) {
        case 0 where !members.isEmpty:
            let member = members[draw(members.count)]
            lastMove += 1
            return .readdress(
                member.identity,
                peer: "\(member.identity.id)-\(lastMove):7401",
                client: member.clientAddress
            )
        case 1 where voters.count > 3: return .remove(voters[draw(voters.count)])
        case 2 where !learners.isEmpty: return .promote(learners[draw(learners.count)])
        case 3 where voters.count > 3: return .demote(voters[draw(voters.count)])
        case 4 where !learners.isEmpty && !voters.isEmpty:
            return .replace(
                voters[draw(voters.count)],
                with: learners[draw(learners.count)]
            )
        case 5 where !learners.isEmpty: return .remove(learners[draw(learners.count)])
        default: return nil
        }
    }

    /// Gives a host that is down another address.
    package func move(_ host: Int, to address: String) { hosts[host].address = address }
}
