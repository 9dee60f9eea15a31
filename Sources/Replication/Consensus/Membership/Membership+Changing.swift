import Storage

extension Membership {
    /// The most members that a cluster may have.
    package static let maximumCount = 31

    /// Who would belong to the cluster after a change; nothing is in effect by this.
    ///
    /// An id has one member, or two: a voter, and another incarnation of it that has no vote yet
    /// and takes the voter's place when it is promoted.
    ///
    /// - Parameter change: The change.
    /// - Returns: The membership after it, without an outgoing set.
    /// - Throws: ``ChangeRefusal/invalid(_:)`` with the reason.
    package func applying(
        _ change: MembershipChange
    ) throws(ChangeRefusal) -> Membership {
        guard outgoing.isEmpty else { throw .invalid("another change is under way") }
        switch change {
        case .add(let new): return Membership(incoming: try adding(new))
        case .remove(let old): return Membership(incoming: try removing(old))
        case .promote(let learner): return Membership(incoming: try promoting(learner))
        case .demote(let voter): return Membership(incoming: try demoting(voter))
        case .replace(let old, let learner):
            return Membership(incoming: try replacing(old, with: learner))
        case .readdress(let node, let peer, let client):
            return Membership(incoming: try readdressing(node, peer: peer, client: client))
        }
    }

    private func adding(_ new: Member) throws(ChangeRefusal) -> [Member] {
        let identity = new.identity
        guard NodeIdentity.isValid(id: identity.id), NodeIdentity.isValid(id: identity.incarnation)
        else {
            throw .invalid("an id and an incarnation have 1 to 32 letters, digits, '.', '_', '-'")
        }
        guard new.role != .voter else {
            throw .invalid("\(identity) has to join, or to be a learner, before it votes")
        }
        guard member(identity) == nil else { throw .invalid("\(identity) is a member already") }
        let namesakes = incoming.filter { $0.identity.id == identity.id }
        guard namesakes.count < 2, namesakes.allSatisfy({ $0.role == .voter }) else {
            throw .invalid("\(identity.id) is the id of \(namesakes[0].identity); remove it first")
        }
        guard incoming.count < Self.maximumCount else {
            throw .invalid("a cluster has \(Self.maximumCount) members at the most")
        }
        try check(peer: new.peerAddress, client: new.clientAddress, of: identity)
        return incoming + [new]
    }

    private func removing(_ old: NodeIdentity) throws(ChangeRefusal) -> [Member] {
        let member = try known(old)
        if member.role == .voter { try checkIsNotLast(member) }
        return incoming.filter { $0.identity != old }
    }

    private func promoting(_ learner: NodeIdentity) throws(ChangeRefusal) -> [Member] {
        guard try known(learner).role != .voter else {
            throw .invalid("\(learner) is a voter already")
        }
        return incoming.filter { $0.identity.id != learner.id || $0.identity == learner }
            .map { $0.identity == learner ? $0.with(.voter) : $0 }
    }

    private func demoting(_ voter: NodeIdentity) throws(ChangeRefusal) -> [Member] {
        let member = try known(voter)
        guard member.role == .voter else { throw .invalid("\(voter) is no voter") }
        try checkIsNotLast(member)
        guard !incoming.contains(where: { $0.identity.id == voter.id && $0.identity != voter })
        else {
            throw .invalid("another incarnation of \(voter.id) is to take its place")
        }
        return incoming.map { $0.identity == voter ? $0.with(.learner) : $0 }
    }

    private func replacing(
        _ old: NodeIdentity,
        with learner: NodeIdentity
    ) throws(ChangeRefusal) -> [Member] {
        guard try known(old).role == .voter else { throw .invalid("\(old) is no voter") }
        guard try known(learner).role != .voter else {
            throw .invalid("\(learner) is a voter already")
        }
        let rest = incoming.filter { $0.identity != old }
        guard !rest.contains(where: { $0.identity.id == learner.id && $0.identity != learner })
        else {
            throw .invalid("\(learner) can take the place of the other \(learner.id) alone")
        }
        return rest.map { $0.identity == learner ? $0.with(.voter) : $0 }
    }

    private func readdressing(
        _ node: NodeIdentity,
        peer: String,
        client: String
    ) throws(ChangeRefusal) -> [Member] {
        var new = try known(node)
        guard (new.peerAddress, new.clientAddress) != (peer, client) else {
            throw .invalid("\(node) has these addresses already")
        }
        try check(peer: peer, client: client, of: node)
        new.peerAddress = peer
        new.clientAddress = client
        return incoming.map { $0.identity == node ? new : $0 }
    }

    private func known(_ identity: NodeIdentity) throws(ChangeRefusal) -> Member {
        guard let member = member(identity) else { throw .invalid("\(identity) is no member") }
        return member
    }

    private func checkIsNotLast(_ voter: Member) throws(ChangeRefusal) {
        guard incoming.contains(where: { $0.role == .voter && $0 != voter }) else {
            throw .invalid("\(voter.identity) is the last voter")
        }
    }

    /// Two incarnations of one node may share an address, two nodes may not (pitfall 25).
    private func check(
        peer: String,
        client: String,
        of identity: NodeIdentity
    ) throws(ChangeRefusal) {
        guard Member.isAddress(peer), Member.isAddress(client) else {
            throw .invalid(
                "\(identity) needs an address for nodes and one for clients, host:port in at most"
                    + " 262 bytes"
            )
        }
        let other = incoming.first { $0.identity.id != identity.id && $0.peerAddress == peer }
        if let other { throw .invalid("\(peer) is the address of \(other.identity)") }
    }
}

extension Member {
    fileprivate func with(_ role: Role) -> Member {
        var member = self
        member.role = role
        return member
    }
}
