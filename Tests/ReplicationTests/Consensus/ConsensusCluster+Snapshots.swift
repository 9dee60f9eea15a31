import Replication
import Storage

/// Compaction, snapshots on their way, damage, and disks that are full.
extension ConsensusCluster {
    /// What chance must have brought about for a run to show anything.
    enum Event: Hashable {
        case compacted, ordered, failed, droppedLog, keptSuffix, damaged, lostAll, healed, filled
        case began(TransferCause)
        case moved
        case changed, unwound, promoted, replaced, removedLeader, refusedChange

        static let usual: [Event] = [
            .compacted, .ordered, .failed, .droppedLog, .keptSuffix, .damaged, .lostAll, .healed,
            .filled, .began(.order), .began(.stalledDisk), .moved,
        ]
    }

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
        events[.ordered, default: 0] += 1
        transfers.append(Transfer(from: identity, to: peer, snapshot: node.disk.snapshot))
    }

    func checkMayCampaign(_ node: Node, _ identity: NodeIdentity, _ role: Role) throws {
        guard role == .follower || node.memory.lost == nil && !full.contains(identity) else {
            throw BrokenPromise(description: "\(identity) is \(role), damaged or full")
        }
        guard role == .follower || node.isEntitled(identity) else {
            throw BrokenPromise(description: "\(identity) is \(role) and has no vote")
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
        try compact(identity, snapshot: end, through: max(0, end - Int(generator.next() % 4)))
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
        events[.compacted, default: 0] += 1
        try step(identity, .compacted(before: node.memory.position(at: node.memory.before)))
    }

    /// Brings a snapshot to where it goes, or a report of one back.
    mutating func transferSome(faulty: Bool) throws {
        if !reports.isEmpty, generator.next() % 2 == 0 {
            let place = faulty ? Int(generator.next() % UInt64(reports.count)) : 0
            let report = reports.remove(at: place)
            guard !paused.contains(report.to) else { return reports.append(report) }
            if case .snapshotFailed = report.input { events[.failed, default: 0] += 1 }
            return try step(report.to, report.input)
        }
        guard !transfers.isEmpty else { return }
        let transfer = transfers.removeFirst()
        switch faulty ? generator.next() % 8 : 7 {
        case 0: reports.append((transfer.from, .snapshotFailed(to: transfer.to)))
        case 1...3: transfers.append(transfer)
        case 4:
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
            let isKept = node.memory.holds(snapshot)
            let event = isKept ? node.memory.end > held.end ? Event.keptSuffix : nil : .droppedLog
            if let event { events[event, default: 0] += 1 }
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
        guard !disk.entries.isEmpty else { return }
        let kept = max(1, disk.entries.count - Int(generator.next() % 8))
        let withSnapshot = generator.next() % 8 == 0
        disk.damage(after: LogIndex(UInt64(kept)), withSnapshot: withSnapshot, of: identity)
        var disks = nodes.mapValues(\.disk)
        disks[identity] = disk
        guard sets(of: disks).allSatisfy({ isWithinBudget($0.compactMap { disks[$0] }) }) else {
            return
        }
        events[disk.entries.isEmpty ? .lostAll : .damaged, default: 0] += 1
        try restart(identity, from: disk)
        try tell(ofRestart: identity)
    }

    /// Ends the connections to a node and makes new ones: what was durable there may be so no
    /// longer.
    mutating func tell(ofRestart identity: NodeIdentity) throws {
        for peer in identities where peer != identity {
            for input in [Input.disconnected(identity), .connected(identity)] {
                if paused.contains(peer) {
                    reports.append((peer, input))
                } else {
                    try step(peer, input)
                }
            }
        }
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
        events[.filled, default: 0] += 1
        try step(identity, .disk(isFull: full.contains(identity)))
    }

    /// Says what is out of date or was never so, and must change nothing but what is sent.
    mutating func tellLies(to identity: NodeIdentity) throws {
        guard !paused.contains(identity) else { return }
        let node = node(identity)
        let peer = identities[Int(generator.next() % UInt64(identities.count))]
        switch generator.next() % 6 {
        case 0: try step(identity, .snapshotFailed(to: peer))
        case 1: try step(identity, .snapshotSent(to: peer, position: node.memory.last))
        case 2 where node.memory.end > node.core.commitIndex:
            try step(identity, .compacted(before: node.memory.last))
        case 3...4: try install(self.node(peer).disk.snapshot, at: identity)
        default:
            try install(
                Array(node.memory.entries.prefix(Int(node.core.commitIndex.value))),
                at: identity
            )
        }
    }

    /// Where each node stands, for a test that fails.
    var description: String {
        identities.map { identity in
            let core = node(identity).core
            let disk = node(identity).disk
            let peers = core.progress.map { "\($0.identity.id):\($0.mode)<\($0.next)" }
            return "\(identity.id) \(core.role)@\(core.term) \(disk.before)<\(disk.last)"
                + " commit \(core.commitIndex) lost \(disk.lost ?? .zero) \(peers)"
        }.joined(separator: "; ")
    }
}
