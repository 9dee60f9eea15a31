import Replication
import Storage

/// Compaction, snapshots on their way, damage, and disks that are full.
extension ConsensusCluster {
    struct Transfer {
        var from: NodeIdentity
        var to: NodeIdentity
        var snapshot: [Entry]
    }

    mutating func order(
        snapshotOf node: Node,
        from identity: NodeIdentity,
        to peer: NodeIdentity
    ) throws {
        guard node.disk.snapshot.count >= Int(node.memory.before.value) else {
            throw BrokenPromise(description: "\(identity) has no snapshot for \(peer)")
        }
        transfers.append(Transfer(from: identity, to: peer, snapshot: node.disk.snapshot))
    }

    func checkMayCampaign(_ node: Node, _ identity: NodeIdentity, _ role: Role) throws {
        guard role == .follower || node.memory.lost == nil && !full.contains(identity) else {
            throw BrokenPromise(description: "\(identity) is \(role), damaged or full")
        }
    }

    func checkHasRoom(_ identity: NodeIdentity) throws {
        guard !full.contains(identity) else {
            throw BrokenPromise(description: "\(identity) writes to a full disk")
        }
    }

    /// Snapshots up to some committed entry, and compacts up to that or an earlier one.
    mutating func compactSome(of identity: NodeIdentity) throws {
        let commit = Int(node(identity).core.commitIndex.value)
        let held = node(identity).disk.snapshot.count
        guard commit > held else { return }
        let end = held + 1 + Int(generator.next() % UInt64(commit - held))
        try compact(identity, snapshot: end, through: Int(generator.next() % UInt64(end + 1)))
    }

    /// Snapshots up to `end`, and compacts through `index` as far as the journal is written.
    mutating func compact(_ identity: NodeIdentity, snapshot end: Int, through index: Int) throws {
        var node = node(identity)
        node.disk.snapshot = Array(node.memory.entries.prefix(end))
        let isWritten = node.disk.holds(Array(node.memory.entries.prefix(index)))
        guard isWritten, index > Int(node.memory.before.value) else {
            nodes[identity] = node
            return
        }
        node.memory.before = LogIndex(UInt64(index))
        node.disk.before = node.memory.before
        nodes[identity] = node
        try step(identity, .compacted(before: node.memory.position(at: node.memory.before)))
    }

    /// Brings a snapshot to where it goes, or a report of one back.
    mutating func transferSome(faulty: Bool) throws {
        if !reports.isEmpty, generator.next() % 2 == 0 {
            let place = faulty ? Int(generator.next() % UInt64(reports.count)) : 0
            let report = reports.remove(at: place)
            guard !paused.contains(report.to) else { return reports.append(report) }
            return try step(report.to, report.input)
        }
        guard !transfers.isEmpty else { return }
        let transfer = transfers.removeFirst()
        switch faulty ? generator.next() % 8 : 7 {
        case 0: reports.append((transfer.from, .snapshotFailed(to: transfer.to)))
        case 1: transfers.append(transfer)
        case 2:
            transfers.append(transfer)
            try arrive(transfer)
        default: try arrive(transfer)
        }
    }

    private mutating func arrive(_ transfer: Transfer) throws {
        guard !paused.contains(transfer.to) else { return transfers.append(transfer) }
        let isLost = cut.contains(transfer.from) || cut.contains(transfer.to)
        guard !isLost, !full.contains(transfer.to) else {
            return reports.append((transfer.from, .snapshotFailed(to: transfer.to)))
        }
        try install(transfer.snapshot, at: transfer.to)
        let position = Disk(entries: transfer.snapshot).last
        reports.append((transfer.from, .snapshotSent(to: transfer.to, position: position)))
    }

    /// Installs a snapshot once all that was ordered before is written.
    mutating func install(_ snapshot: [Entry], at identity: NodeIdentity) throws {
        while !node(identity).batches.isEmpty { try persist(identity) }
        var node = node(identity)
        let held = Disk(entries: snapshot)
        if held.end > node.core.commitIndex, node.core.role != .leader {
            node.disk.install(snapshot)
            node.memory.install(snapshot)
            nodes[identity] = node
        }
        guard let membership = held.memberships.last else { return }
        try step(
            identity,
            .installed(
                position: held.last,
                membership: membership.membership,
                membershipIndex: membership.index
            )
        )
    }

    /// Ends a node and damages the end of its log, unless what is committed might be lost by it.
    mutating func damageSome(of identity: NodeIdentity) throws {
        var disk = node(identity).disk
        let index = LogIndex(generator.next() % UInt64(disk.entries.count + 1))
        disk.damage(after: index, withSnapshot: generator.next() % 4 == 0, of: identity)
        var disks = nodes.mapValues(\.disk)
        disks[identity] = disk
        guard isWithinBudget(voters.compactMap { disks[$0] }) else { return }
        try restart(identity, from: disk)
    }

    /// Whether each entry that is committed, or may be by what was acknowledged, is good on a voter
    /// that can be elected.
    ///
    /// With a majority of good voters, and one in each majority, they can elect the best of them;
    /// else one must be so good that the damaged ones vote for it.
    private func isWithinBudget(_ voters: [Disk]) -> Bool {
        let good = voters.filter { $0.lost == nil }
        let majority = voters.count / 2 + 1
        if good.count >= majority, voters.count - good.count < majority { return true }
        return good.contains { best in voters.allSatisfy { $0.lastForVotes <= best.last } }
    }

    /// Fills a disk, or frees it.
    mutating func turnDisk(of identity: NodeIdentity) throws {
        guard !paused.contains(identity) else { return }
        if full.remove(identity) == nil { full.insert(identity) }
        try step(identity, .disk(isFull: full.contains(identity)))
    }

    /// Says what is out of date or was never so, and must change nothing but what is sent.
    mutating func tellLies(to identity: NodeIdentity) throws {
        guard !paused.contains(identity) else { return }
        let node = node(identity)
        let peer = identities[Int(generator.next() % UInt64(identities.count))]
        switch generator.next() % 4 {
        case 0: try step(identity, .snapshotFailed(to: peer))
        case 1: try step(identity, .snapshotSent(to: peer, position: node.memory.last))
        case 2 where node.memory.end > node.core.commitIndex:
            try step(identity, .compacted(before: node.memory.last))
        default:
            try install(
                Array(node.memory.entries.prefix(Int(node.core.commitIndex.value))),
                at: identity
            )
        }
    }
}
