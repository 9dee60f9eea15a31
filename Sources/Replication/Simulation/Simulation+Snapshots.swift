import Storage

/// Snapshots of hosts, over the code and the files that a replica uses.
extension Simulation {
    /// Writes the snapshot that was ordered a while ago, or dies while it does.
    func finishSnapshot(_ host: Int) throws(Violation) {
        guard let job = hosts[host].snapshotJob else { return }
        hosts[host].snapshotJob = nil
        let dies = happens(faults.snapshotCrashes)
        if dies {
            hosts[host].disk.crash(afterCalls: draw(24), [.before, .during, .after][draw(3)])
        }
        let input: NodeInput
        do throws(SnapshotError) {
            let bytes = try hosts[host].snapshots.write(job.head, job.body)
            counts.snapshots += 1
            input = .snapshotted(job.head.position, bytes: bytes)
        } catch {
            input = .snapshotFailed("\(error)")
        }
        if dies {
            // In the middle, or before the node hears of it.
            if hosts[host].disk.isCrashed { counts.tornSnapshots += 1 }
            try crash(host, powerLoss: happens(faults.powerLoss * 10))
            restart(host)
        } else if hosts[host].disk.isCrashed {
            // Somebody else asked for it, who also starts the host again.
            try crash(host, powerLoss: configuration.diesByPowerLoss)
        } else {
            try step(host, input)
        }
    }

    /// Compacts a host's journal, but for what another host may lack.
    func compact(_ host: Int, through index: LogIndex) throws(JournalError) -> LogPosition {
        guard let journal = hosts[host].journal else { return .zero }
        let secured = hosts.map(\.secured).min() ?? .zero
        let end = configuration.leavesNobodyBehind ? min(index, secured) : index
        let before = try journal.compact(through: end).before
        if before.index > hosts[host].logBefore { counts.compactions += 1 }
        hosts[host].logBefore = before.index
        return before
    }

    /// What is durable and applied is committed, and stays on this disk.
    func noteSecured(_ host: Int) {
        guard let node = hosts[host].node else { return }
        let secured = min(node.core.durableIndex, node.state.applied.index)
        hosts[host].secured = max(hosts[host].secured, secured)
    }
}
