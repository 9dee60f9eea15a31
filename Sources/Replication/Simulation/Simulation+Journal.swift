import Storage

/// What a host's journal does, as the thread of a replica's journal does it.
extension Simulation {
    func addJob(_ job: JournalJob, _ host: Int) {
        if !hosts[host].waiting.isEmpty, job.needsSpace {
            hosts[host].waiting.append(job)
        } else {
            hosts[host].jobs.append(job)
            startJobs(host)
        }
    }

    /// Takes what has gathered: all persists up to the next other job are one batch.
    private func startJobs(_ host: Int) {
        guard hosts[host].busy == 0, let first = hosts[host].jobs.first else { return }
        hosts[host].busy = first.isPersist ? hosts[host].jobs.prefix { $0.isPersist }.count : 1
        queue.plan(
            .journal(host: host, generation: hosts[host].generation),
            at: now + timeOfSync(host)
        )
    }

    private func timeOfSync(_ host: Int) -> Duration {
        if let stall = hosts[host].stall {
            hosts[host].stall = nil
            counts[.stalls] += 1
            return stall
        }
        guard happens(faults.slowSyncs) else { return faults.syncTime ?? draw(80_000...2_000_000) }
        counts[.slowSyncs] += 1
        return draw(5_000_000...70_000_000)
    }

    func finishJobs(_ host: Int) throws(Violation) {
        let done = Array(hosts[host].jobs.prefix(hosts[host].busy))
        hosts[host].jobs.removeFirst(hosts[host].busy)
        hosts[host].busy = 0
        var input: NodeInput?
        do throws(JournalError) {
            input = try carryOut(done, host)
        } catch {
            switch error {
            case .full: putOff(done, host)
            case .unreadable(let index, _):
                let own = hosts[host]
                guard own.isRotten || own.isMarred || own.disk.failures > 0 else {
                    throw failed(host, error)
                }
                hosts[host].isUnreadable = true
                input = .unloadable(through: index)
            default: return try end(host, after: error)
            }
        }
        startJobs(host)
        try tellSpace(host)
        if let input { try step(host, input) }
        planIdleness(host)
    }

    /// Does jobs of one batch.
    func carryOut(
        _ jobs: [JournalJob],
        _ host: Int
    ) throws(JournalError) -> NodeInput? {
        guard let journal = hosts[host].journal else { return nil }
        var records: [JournalRecord] = []
        var input: NodeInput?
        for job in jobs {
            switch job {
            case .persist(let more, let token):
                records += more
                if let token { input = .persisted(token) }
            case .adopt(let cluster):
                try journal.adopt(cluster: cluster)
                return .adopted
            case .load(let after, let through, let maximumBytes):
                let entries = try journal.entries(
                    after: after,
                    through: min(through, lastToStay(host)),
                    maximumBytes: maximumBytes
                )
                return .loaded(entries.map { $0.line })
            case .loadKept(let kept, let after, let maximumBytes):
                return .keptLoaded(load(kept, after, maximumBytes, journal))
            case .compact(let index): return .compacted(before: try compact(host, through: index))
            case .reset(let position, let membership):
                try journal.reset(to: position, membership: membership)
                noteReset(host, to: position)
                return .logReset(to: position)
            }
        }
        hosts[host].batch += 1
        try append(records, journal, host)
        return input
    }

    /// What can't be read of entries behind a damage is lost.
    private func load(
        _ kept: KeptEntries,
        _ after: LogIndex,
        _ maximumBytes: Int,
        _ journal: Journal
    ) -> [[UInt8]] {
        do throws(JournalError) {
            return try journal.entries(of: kept, after: after, maximumBytes: maximumBytes)
                .map(\.line)
        } catch { return [] }
    }

    private func failed(_ host: Int, _ error: JournalError) -> Violation {
        violation(.staysUp, "\(hosts[host].name)'s journal failed: \(error)")
    }

    /// A disk that failed ends the process: only the next start says what is there.
    private func end(_ host: Int, after error: JournalError) throws(Violation) {
        if hosts[host].disk.isCrashed {
            return try crash(host, powerLoss: configuration.diesByPowerLoss)
        }
        switch error {
        // Only a disk that was made to fail does, and says just that.
        case .failed(let cause), .file(let cause):
            guard hosts[host].disk.failures > 0, cause.reason == .inputOutput else {
                throw failed(host, error)
            }
            counts[.diskFailures] += 1
            onLog?(host, .critical, "its disk failed: \(error)")
            try stop(host, powerLoss: false)
            restart(host)
        default: throw failed(host, error)
        }
    }
}

/// A journal that finds no space.
extension Simulation {
    /// Puts off what found no space, and all behind it that needs some.
    private func putOff(_ jobs: [JournalJob], _ host: Int) {
        hosts[host].waiting = jobs + hosts[host].jobs.filter(\.needsSpace)
        hosts[host].jobs.removeAll(where: \.needsSpace)
    }

    /// The last entry that nothing takes away which waits for space.
    private func lastToStay(_ host: Int) -> LogIndex {
        var last = LogIndex(.max)
        for job in hosts[host].waiting {
            switch job {
            case .reset: return .zero
            case .persist(let records, _):
                for case .truncate(let index) in records { last = min(last, index) }
            case .adopt, .load, .loadKept, .compact: break
            }
        }
        return last
    }

    /// Tells the node that there is no space, or some again.
    func tellSpace(_ host: Int) throws(Violation) {
        guard let journal = hosts[host].journal else { return }
        let shortage = journal.shortage
        guard (shortage != nil) != hosts[host].isShort else { return }
        hosts[host].isShort = shortage != nil
        if shortage != nil {
            counts[.fullDisks] += 1
            planSpace(host)
        }
        try step(host, .disk(shortage.map { .full($0) } ?? .free))
    }

    private func planSpace(_ host: Int) {
        queue.plan(
            .space(host: host, generation: hosts[host].generation),
            at: now + .milliseconds(250)
        )
    }

    /// Tries again what waits; then, if nothing does, to make the reserve again.
    func lookForSpace(_ host: Int) throws(Violation) {
        guard hosts[host].isShort else { return }
        if !hosts[host].waiting.isEmpty {
            // What was asked for since only reads, and sees what was there before.
            hosts[host].jobs += hosts[host].waiting
            hosts[host].waiting = []
            startJobs(host)
        } else if hosts[host].busy == 0 {
            do throws(JournalError) { try hosts[host].journal?.endShortage() } catch {
                return try end(host, after: error)
            }
            try tellSpace(host)
        }
        if hosts[host].isShort { planSpace(host) }
    }
}

/// The empty batch that vouches for the last one.
extension Simulation {
    private func planIdleness(_ host: Int) {
        guard hosts[host].busy == 0, hosts[host].journal?.needsEmptyBatch == true else { return }
        queue.plan(
            .journalIsIdle(
                host: host,
                generation: hosts[host].generation,
                batch: hosts[host].batch
            ),
            at: now + .milliseconds(500)
        )
    }

    /// Writes an empty batch if none has come since.
    func vouchForLastBatch(_ host: Int, _ batch: Int) throws(Violation) {
        guard hosts[host].batch == batch, hosts[host].busy == 0, hosts[host].waiting.isEmpty,
            let journal = hosts[host].journal
        else { return }
        do throws(JournalError) { try journal.append([]) } catch {
            if case .full = error { return try tellSpace(host) }
            return try end(host, after: error)
        }
        try tellSpace(host)
    }
}
