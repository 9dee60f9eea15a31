import Storage

/// Starting, stepping and stopping hosts, and their journals.
extension Simulation {
    func moment(_ host: Int) -> Moment {
        let wall = Timestamp(milliseconds: 1_763_697_600_000 + now.nanoseconds / 1_000_000)
        return Moment(instant: now, wall: wall + hosts[host].wallOffset)
    }

    /// Opens the journal, as the replica does at start, and steps the node for the first time.
    package func start(_ host: Int) throws(Violation) {
        hosts[host].generation += 1
        hosts[host].tickets = [:]
        hosts[host].lastTicket = 0
        let incarnation = generator.next()
        rot(host)
        do {
            let (journal, recovered) = try Journal.open(
                directory: SimulatedHost<Machine>.directory,
                id: hosts[host].name,
                fileSystem: hosts[host].disk,
                configuration: configuration.journal,
                makeIncarnation: { NodeIdentity.incarnation(incarnation) }
            )
            let configuration = nodeConfiguration(host)
            let restored = try RestoredDisk<Machine>(
                recovered,
                journal,
                snapshots: hosts[host].snapshots,
                configuration: configuration
            )
            hosts[host].journal = journal
            if restored.state != nil { counts.restores += 1 }
            try begin(host, restored, configuration)
        } catch let error as Violation {
            throw error
        } catch {
            if hosts[host].disk.isCrashed { return restartDisk(host) }
            throw violation(.staysUp, "\(hosts[host].name) refuses its disk: \(error)")
        }
    }

    /// The machine of a host went down before its process had begun.
    private func restartDisk(_ host: Int) {
        if configuration.diesByPowerLoss {
            hosts[host].disk.powerLoss(using: &generator)
        } else {
            hosts[host].disk.processCrash()
        }
    }

    private func nodeConfiguration(_ host: Int) -> NodeConfiguration {
        var nodeConfiguration = NodeConfiguration(
            peerAddress: hosts[host].address,
            clientAddress: "\(hosts[host].name):7400",
            plan: Formation.Plan(addresses: hosts.map(\.address), expect: hosts.count),
            seed: generator.next()
        )
        configuration.adjust(&nodeConfiguration)
        return nodeConfiguration
    }

    private func begin(
        _ host: Int,
        _ restored: RestoredDisk<Machine>,
        _ nodeConfiguration: NodeConfiguration
    ) throws(Violation) {
        var node = Node<Machine>(
            restored: restored.node,
            snapshot: restored.state,
            configuration: nodeConfiguration,
            now: moment(host)
        )
        hosts[host].log = try readLog(host, restored.node.log)
        hosts[host].logBefore = restored.node.log.before.index
        hosts[host].checkedApplied = .zero
        hosts[host].pausedUntil = nil
        hosts[host].nextTimer = nil
        let effects = node.start()
        hosts[host].node = node
        try perform(effects, on: host)
        try bury(host)
        planTimer(host)
    }

    private func readLog(_ host: Int, _ log: LogTerms) throws(Violation) -> [[UInt8]] {
        // What was compacted had been applied.
        var lines = invariants.applied(through: log.before.index)
        do throws(JournalError) {
            while UInt64(lines.count) < log.lastIndex.value {
                let read =
                    try hosts[host].journal?.entries(
                        after: LogIndex(UInt64(lines.count)),
                        through: log.lastIndex,
                        maximumBytes: 1 << 20
                    )
                    ?? []
                guard !read.isEmpty else { break }
                lines += read.map { $0.line }
            }
        } catch {
            throw violation(.staysUp, "\(hosts[host].name) cannot read its log: \(error)")
        }
        return lines
    }

    /// Gives a host's node an input, and carries out what it says.
    func step(_ host: Int, _ input: NodeInput) throws(Violation) {
        guard hosts[host].isUp else { return }
        if let until = hosts[host].pausedUntil, until > now {
            deferred[host, default: []].append(input)
            return
        }
        let moment = moment(host)
        guard let effects = hosts[host].node?.step(input, now: moment) else { return }
        try perform(effects, on: host)
        guard let rest = hosts[host].node?.step(.turnEnded, now: moment) else { return }
        try perform(rest, on: host)
        try bury(host)
        if configuration.checksInvariants {
            try invariants.check(&hosts, host, counts: &counts)
        }
        noteHealed(host)
        planTimer(host)
    }

    /// Ends the process of a host that has sent its last packet.
    private func bury(_ host: Int) throws(Violation) {
        if hosts[host].isDying { try crash(host, powerLoss: configuration.diesByPowerLoss) }
    }

    func planTimer(_ host: Int) {
        guard let node = hosts[host].node else { return }
        let due = max(node.nextDeadline, now + .microseconds(100))
        if let planned = hosts[host].nextTimer, planned <= due { return }
        hosts[host].nextTimer = due
        queue.plan(.timer(host: host, generation: hosts[host].generation), at: due)
    }

    func perform(_ effects: [NodeEffect], on host: Int) throws(Violation) {
        for effect in effects where !hosts[host].isDying {
            switch effect {
            case .persist(let records, let token):
                if configuration.checksInvariants {
                    try invariants.note(records, by: host, in: &hosts)
                }
                addJob(.persist(records, token), host)
            case .adopt(let cluster):
                if configuration.checksInvariants {
                    try invariants.note(cluster: cluster, by: hosts[host].name)
                }
                addJob(.adopt(cluster), host)
            case .load(let after, let through, let maximumBytes):
                addJob(.load(after: after, through: through, maximumBytes: maximumBytes), host)
            case .snapshot(let head, let body): addSnapshot(.write(head, body), host)
            case .transfer(let order): addSnapshot(.transfer(order), host)
            case .pinSnapshots(let positions):
                let snapshots = hosts[host].snapshots
                hosts[host].pins = positions.map { snapshots.pin($0) }
            case .resetLog(let position, let membership):
                addJob(.reset(to: position, membership: membership), host)
            case .compact(let index): addJob(.compact(through: index), host)
            case .send(let address, let line, let entries):
                send(line, entries, from: host, to: address)
            case .sendBulk(let address, let line, let entries):
                send(line, entries, from: host, to: address)
            case .dial(let dials): setDials(dials, host)
            case .redial: endLinks(host)
            case .welcome(let link, let hello): answer(link, .welcome(hello), from: host)
            case .refuse(let link, let refusal): answer(link, .refused(refusal), from: host)
            case .reply(let ticket, let reply): try deliver(reply, to: ticket, of: host)
            case .compute(let ticket, let body):
                queue.plan(
                    .computed(
                        host: host,
                        generation: hosts[host].generation,
                        ticket,
                        body
                    ),
                    at: now + .milliseconds(1)
                )
            case .stream(let ticket, let items):
                if let ticket = hosts[host].tickets[ticket] { onStream(ticket, items) }
            case .endStream(let ticket, let refusal):
                if let ticket = hosts[host].tickets[ticket] { onStreamEnd(ticket, refusal) }
            case .halt(let reason):
                throw violation(.staysUp, "\(hosts[host].name) stopped: \(reason)")
            case .log(let level, let message): onLog?(host, level, message)
            }
        }
    }

    private func deliver(_ reply: Reply, to ticket: Ticket, of host: Int) throws(Violation) {
        guard let ticket = hosts[host].tickets.removeValue(forKey: ticket) else { return }
        if let answered = orders.removeValue(forKey: ticket) {
            if case .ordered(let outcome) = reply { try answered(outcome) }
            return
        }
        if happens(faults.lostReplies) {
            counts.lostReplies += 1
        } else {
            onReply(ticket, reply)
        }
    }

    private func addJob(_ job: SimulatedHost<Machine>.Job, _ host: Int) {
        hosts[host].jobs.append(job)
        startJobs(host)
    }

    /// Takes what has gathered: all persists up to the next other job are one batch.
    private func startJobs(_ host: Int) {
        guard hosts[host].busy == 0, let first = hosts[host].jobs.first else { return }
        var count = 1
        if case .persist = first {
            count = hosts[host].jobs.prefix { if case .persist = $0 { true } else { false } }.count
        }
        hosts[host].busy = count
        let isSlow = happens(faults.slowSyncs)
        let time = isSlow ? draw(5_000_000...70_000_000) : draw(80_000...2_000_000)
        queue.plan(
            .journal(host: host, generation: hosts[host].generation),
            at: now + time
        )
    }

    func finishJobs(_ host: Int) throws(Violation) {
        let done = Array(hosts[host].jobs.prefix(hosts[host].busy))
        hosts[host].jobs.removeFirst(hosts[host].busy)
        hosts[host].busy = 0
        let input: NodeInput?
        do throws(JournalError) {
            input = try carryOut(done, host)
        } catch {
            if hosts[host].disk.isCrashed {
                return try crash(host, powerLoss: configuration.diesByPowerLoss)
            }
            throw violation(.staysUp, "\(hosts[host].name)'s journal failed: \(error)")
        }
        startJobs(host)
        if let input { try step(host, input) }
    }

    private func carryOut(
        _ jobs: [SimulatedHost<Machine>.Job],
        _ host: Int
    ) throws(JournalError) -> NodeInput? {
        guard let journal = hosts[host].journal else { return nil }
        var records: [JournalRecord] = []
        var input: NodeInput?
        for job in jobs {
            switch job {
            case .persist(let more, let token):
                records += more
                input = .persisted(token)
            case .adopt(let cluster):
                try journal.adopt(cluster: cluster)
                return .adopted
            case .load(let after, let through, let maximumBytes):
                let entries = try journal.entries(
                    after: after,
                    through: through,
                    maximumBytes: maximumBytes
                )
                return .loaded(entries.map { $0.line })
            case .compact(let index): return .compacted(before: try compact(host, through: index))
            case .reset(let position, let membership):
                try journal.reset(to: position, membership: membership)
                noteReset(host, to: position)
                return .logReset(to: position)
            }
        }
        try journal.append(records)
        return input
    }

    /// Ends a host's process, or its power; a batch under way may be torn.
    func stop(_ host: Int, powerLoss: Bool) throws(Violation) {
        guard hosts[host].isUp else { return }
        let disk = hosts[host].disk
        hosts[host].isTorn = powerLoss || disk.isCrashed
        if hosts[host].busy > 0, happens(500) {
            hosts[host].isTorn = true
            // Dies somewhere in the calls of the batch that is being written.
            counts.tornBatches += 1
            disk.crash(afterCalls: draw(4), [.before, .during, .after][draw(3)])
            let under = Array(hosts[host].jobs.prefix(hosts[host].busy))
            do throws(JournalError) { _ = try carryOut(under, host) } catch {}
        }
        if powerLoss { disk.powerLoss(using: &generator) } else { disk.processCrash() }
        hosts[host].node = nil
        hosts[host].journal = nil
        hosts[host].packetsToLive = nil
        hosts[host].jobs = []
        hosts[host].busy = 0
        hosts[host].snapshotJobs = []
        hosts[host].pins = []
        hosts[host].dials = []
        deferred[host] = nil
        endLinks(host)
        endLinksTo(host)
    }
}
