import Storage

/// Snapshots of hosts, over the code and the files that a replica uses.
extension Simulation {
    /// Orders something of the snapshots' thread, which does one thing after the other.
    func addSnapshot(_ job: SnapshotJob, _ host: Int) {
        hosts[host].snapshotJobs.append(job)
        if hosts[host].snapshotJobs.count == 1 { planSnapshot(host) }
    }

    private func planSnapshot(_ host: Int) {
        guard let job = hosts[host].snapshotJobs.first else { return }
        let time: Duration
        switch job {
        case .write, .transfer(.install): time = draw(1_000_000...200_000_000)
        case .transfer: time = draw(100_000...2_000_000)
        }
        queue.plan(
            .snapshot(host: host, generation: hosts[host].generation),
            at: now + time
        )
    }

    /// Does what was ordered a while ago, or dies while it does.
    func finishSnapshot(_ host: Int) throws(Violation) {
        guard !hosts[host].snapshotJobs.isEmpty else { return }
        let job = hosts[host].snapshotJobs.removeFirst()
        let dies = happens(faults.snapshotCrashes)
        if dies {
            hosts[host].disk.crash(afterCalls: draw(24), [.before, .during, .after][draw(3)])
        }
        let input = try carryOut(job, host)
        if dies {
            // In the middle, or before the node hears of it.
            if hosts[host].disk.isCrashed { counts[.tornSnapshots] += 1 }
            try crash(host, powerLoss: happens(faults.powerLoss * 10))
            restart(host)
        } else if hosts[host].disk.isCrashed {
            // Somebody else asked for it, who also starts the host again.
            try crash(host, powerLoss: configuration.diesByPowerLoss)
        } else {
            planSnapshot(host)
            if let input { try step(host, input) }
        }
    }

    private func carryOut(
        _ job: SnapshotJob,
        _ host: Int
    ) throws(Violation) -> NodeInput? {
        switch job {
        case .write(let head, let body):
            do throws(SnapshotError) {
                let bytes = try hosts[host].snapshots.write(head, body)
                counts[.snapshots] += 1
                return .snapshotted(head.position, bytes: bytes)
            } catch {
                guard isExcused(error, host) else {
                    throw violation(
                        .staysUp,
                        "\(hosts[host].name) cannot write its snapshot: \(error)"
                    )
                }
                return .snapshotFailed("\(error)")
            }
        case .transfer(let order): return hosts[host].snapshots.carryOut(order)
        }
    }

    /// Whether somebody saw to it that a snapshot cannot be written.
    private func isExcused(_ error: SnapshotError, _ host: Int) -> Bool {
        let disk = hosts[host].disk
        if disk.isCrashed || disk.failures > 0 { return true }
        return if case .file(let cause) = error { cause.isNoSpace } else { false }
    }

    /// Compacts a host's journal.
    func compact(_ host: Int, through index: LogIndex) throws(JournalError) -> LogPosition {
        guard let journal = hosts[host].journal else { return .zero }
        let before = try journal.compact(through: index).before
        if before.index > hosts[host].logBefore { counts[.compactions] += 1 }
        hosts[host].logBefore = before.index
        return before
    }

    /// The log of a host was begun anew: what the snapshot holds, some node had applied.
    func noteReset(_ host: Int, to position: LogPosition) {
        counts[.installs] += 1
        hosts[host].log = invariants.marks(through: position.index)
        hosts[host].durable?.log = hosts[host].log
        hosts[host].logBefore = position.index
    }
}
