import Replication
import Storage

/// Members that come and go by chance.
extension ConsensusCluster {
    /// What else chance must have brought about where members change.
    static let changes: [Event] = [
        .changed, .unwound, .promoted, .replaced, .removedLeader, .refusedChange,
    ]

    static func spares(_ count: Int, after members: Int) -> [NodeIdentity] {
        (0..<count).map { place in
            place == 0
                ? NodeIdentity(id: "n1", incarnation: "00000000000000b1")
                : NodeIdentity(id: "n\(members + place)", incarnation: "000000000000000\(place)")
        }
    }

    /// Faults, and in between times in which changes can get on; else few would.
    mutating func changeUnderFaults(rounds: Int) throws {
        for _ in 0..<rounds {
            for _ in 0..<400 { try happen(faulty: true) }
            _ = try run(steps: 300) { _ in false }
        }
    }

    /// Asks some node for a change, more often than not the leader, and for one that makes sense.
    mutating func changeSome(by some: NodeIdentity) throws {
        let asked = draw(8) > 0 ? leader : some
        guard let asked, !paused.contains(asked) else { return }
        let members = node(asked).core.membership.incoming
        // So now and then a change is begun that only its leader ever has.
        if draw(8) == 0 { cut.insert(asked) }
        let expecting = [nil, node(asked).core.membershipIndex, LogIndex(1)][draw(3)]
        try step(asked, .change(drawChange(of: members), expecting: expecting))
    }

    private mutating func draw(_ count: Int) -> Int { Int(generator.next() % UInt64(count)) }

    private mutating func drawChange(of members: [Member]) -> MembershipChange {
        let any = identities[draw(identities.count)]
        let voters = members.filter { $0.role == .voter }.map(\.identity)
        let others = members.filter { $0.role != .voter }.map(\.identity)
        let voter = voters.isEmpty ? any : voters[draw(voters.count)]
        let other = others.isEmpty ? any : others[draw(others.count)]
        switch draw(16) {
        case 0..<5: return .add(ConsensusBench.member(any, .joining))
        case 5..<7: return .add(ConsensusBench.member(any, .learner))
        case 7..<9: return .remove(any)
        case 9: return .remove(voter)
        case 10..<12: return .promote(other)
        case 12: return .demote(voter)
        case 13..<15: return .replace(voter, with: other)
        default: return .readdress(any, peer: "\(any.id):\(draw(9) + 3)", client: "x:1")
        }
    }

    mutating func note(_ refusal: ChangeRefusal) { events[.refusedChange, default: 0] += 1 }

    /// What a membership's entry may follow: a change begins from a settled one, in a term in which
    /// something was committed, and ends from its own joint one.
    mutating func checkChange(
        _ appended: Appended,
        of node: Node,
        _ identity: NodeIdentity
    ) throws {
        guard case .members(let position, let new) = appended else { return }
        guard let before = node.memory.memberships.last else {
            throw BrokenPromise(description: "\(identity) changes what it does not know")
        }
        note(new, after: before.membership, by: identity)
        guard checksChanges else { return }
        let commit = node.core.commitIndex
        let isRight =
            before.membership.outgoing.isEmpty
            ? new.outgoing == before.membership.incoming
            : new == Membership(incoming: before.membership.incoming)
        guard isRight, before.index <= commit,
            node.memory.position(at: commit).term == position.term
        else {
            throw BrokenPromise(description: "\(identity) puts \(new) behind \(before)")
        }
    }

    private mutating func note(
        _ new: Membership,
        after old: Membership,
        by leader: NodeIdentity
    ) {
        guard !new.outgoing.isEmpty else {
            events[.changed, default: 0] += 1
            return
        }
        func voters(_ members: [Member]) -> [NodeIdentity] {
            members.filter { $0.role == .voter }.map(\.identity)
        }
        let gone = voters(new.outgoing).filter { !voters(new.incoming).contains($0) }
        if gone.contains(leader) { events[.removedLeader, default: 0] += 1 }
        let promoted = voters(new.incoming).filter { !voters(new.outgoing).contains($0) }
        if old.incoming.contains(where: { $0.role == .joining && promoted.contains($0.identity) }) {
            events[.promoted, default: 0] += 1
        }
        if !gone.isEmpty, !promoted.isEmpty { events[.replaced, default: 0] += 1 }
    }

    /// A membership is in effect as long as its entry is in the log, and no longer.
    mutating func checkMembership(of node: Node, _ identity: NodeIdentity) throws {
        guard checksChanges else { return }
        let last = node.memory.memberships.last
        guard node.core.membership == last?.membership ?? .empty,
            node.core.membershipIndex == last?.index ?? .zero
        else {
            throw BrokenPromise(description: "\(identity) has \(node.core.membership)")
        }
    }

    /// Every set of voters that decides now, or may yet.
    func sets(of disks: [NodeIdentity: Disk]) -> [[NodeIdentity]] {
        let memberships = identities.flatMap { identity in
            let known = (disks[identity]?.memberships ?? []) + node(identity).memory.memberships
            let settled = known.last { $0.index <= history.commitIndex }?.index ?? .zero
            return known.filter { $0.index >= settled }
        }
        let newest = memberships.filter { $0.index <= history.commitIndex }.map(\.index).max()
        let sets = memberships.filter { $0.index >= newest ?? .zero }.flatMap {
            let quorum = Quorum($0.membership)
            return [quorum.incoming, quorum.outgoing]
        }
        return sets.filter { !$0.isEmpty }
    }

    /// Whether all members of a settled membership have committed what is behind `index`.
    func isSettled(behind index: LogIndex) -> Bool {
        guard let leader, !node(leader).core.isChanging else { return false }
        let members = node(leader).core.membership.incoming
        return members.allSatisfy { $0.role != .joining }
            && members.allSatisfy { node($0.identity).core.commitIndex > index }
    }
}

extension ConsensusCluster.Node {
    /// Whether a node has a vote in a membership that is in effect, or may be again.
    func isEntitled(_ node: NodeIdentity) -> Bool {
        memory.memberships.suffix(2).contains {
            $0.index >= core.committedMembership.index && $0.membership.isVoter(node)
        }
    }
}
