import Storage

/// Hosts that come, members that change, and leads that are handed over.
extension Simulation {
    /// Adds a blank host that knows the others' addresses and waits to be admitted.
    ///
    /// - Returns: Its number.
    /// - Throws: ``Violation``.
    @discardableResult
    package func addHost() throws(Violation) -> Int {
        counts[.addedHosts] += 1
        let host = newHost()
        host.joins = true
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
        guard let host = drawOrdered(), let change = try drawChange() else { return }
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

    /// A change that may make sense, and a new host for it if it needs one.
    private func drawChange() throws(Violation) -> MembershipChange? {
        let members = invariants.membership.incoming
        let voters = members.filter { $0.role == .voter }.map(\.identity)
        let learners = members.filter { $0.role != .voter }.map(\.identity)
        switch draw(6) {
        case 0:
            guard hosts.count < configuration.nodes + 4 else { return nil }
            let host = try addHost()
            guard let identity = hosts[host].identity else { return nil }
            return .add(
                Member(
                    identity: identity,
                    peerAddress: hosts[host].address,
                    clientAddress: "\(hosts[host].name):7400",
                    role: happens(300) ? .learner : .joining
                )
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
