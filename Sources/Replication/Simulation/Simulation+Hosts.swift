import Storage

/// Starting, stepping and stopping hosts.
extension Simulation {
    /// Opens the journal, as the replica does at start, and steps the node for the first time.
    ///
    /// - Throws: ``Violation``, also if the host refuses its own disk.
    public func start(_ host: Int) throws(Violation) {
        hosts[host].generation += 1
        hosts[host].tickets = [:]
        hosts[host].lastTicket = 0
        let incarnation = generator.next()
        try rot(host)
        misread(host)
        let dies = happens(faults.startCrashes)
        if dies {
            hosts[host].disk.crash(afterCalls: draw(60), [.before, .during, .after][draw(3)])
        }
        do {
            let examined = try Journal.examine(
                directory: dataDirectory,
                id: hosts[host].name,
                fileSystem: hosts[host].disk,
                configuration: configuration.journal,
                makeIncarnation: { NodeIdentity.incarnation(incarnation) }
            )
            for damage in examined.recovered.damages { onLog?(host, .error, "damaged: \(damage)") }
            let configuration = nodeConfiguration(host)
            let restored = try RestoredDisk(
                examined,
                snapshots: hosts[host].snapshots,
                configuration: configuration,
                kind: ReplicatedState<Machine>.self
            )
            let (journal, _) = try examined.resume()
            if dies {
                hosts[host].disk.endCrash()
                // Down after the very last call: nothing has failed, and nothing will be written.
                guard !hosts[host].disk.isCrashed else {
                    throw FileError(.crashed, call: "start", path: dataDirectory)
                }
            }
            hosts[host].journal = journal
            if restored.state.applied > .zero { counts[.restores] += 1 }
            counts[.misreads] += hosts[host].disk.forgetMisreads()
            try begin(host, restored, configuration)
        } catch let error as Violation {
            throw error
        } catch {
            try couldNotStart(host, error, dies)
        }
    }

    private func couldNotStart(
        _ host: Int,
        _ error: any Error,
        _ diedByChance: Bool
    ) throws(Violation) {
        let disk = hosts[host].disk
        if disk.isCrashed {
            // The machine went down before its process had begun.
            let powerLoss =
                diedByChance ? draw(100) < faults.powerLoss : configuration.diesByPowerLoss
            if powerLoss { disk.powerLoss(using: &generator) } else { disk.processCrash() }
            hosts[host].isTorn = true
            guard diedByChance else { return }
            counts[.startCrashes] += 1
            return restart(host)
        }
        disk.processCrash()
        // Whoever finds no space to start in tries again. The last batch, which is written again, may
        // be longer than all that fits.
        if lacksSpace(error) { return restart(host) }
        throw violation(.staysUp, "\(hosts[host].name) refuses its disk: \(error)")
    }

    private func lacksSpace(_ error: any Error) -> Bool {
        switch error {
        case JournalError.full: true
        case JournalError.file(let cause), JournalError.failed(let cause),
            SnapshotError.file(let cause):
            cause.isNoSpace
        case let cause as FileError: cause.isNoSpace
        default: false
        }
    }

    private func nodeConfiguration(_ host: Int) -> NodeConfiguration {
        let addresses = hosts[host].known ?? hosts[..<configuration.nodes].map(\.address)
        let plan =
            hosts[host].joins
            ? FormationPlan(addresses: addresses, expect: nil)
            : FormationPlan(addresses: addresses, expect: configuration.nodes)
        var nodeConfiguration = NodeConfiguration(
            peerAddress: hosts[host].address,
            clientAddress: "\(hosts[host].name):7400",
            plan: plan,
            seed: generator.next()
        )
        nodeConfiguration.joinsAsLearner = hosts[host].joinsAsLearner
        if happens(faults.policies) { nodeConfiguration.policy = drawPolicy() }
        configuration.adjust(&nodeConfiguration)
        return nodeConfiguration
    }

    private func begin(
        _ host: Int,
        _ restored: RestoredDisk,
        _ nodeConfiguration: NodeConfiguration
    ) throws(Violation) {
        var node = Node(
            restored: restored.node,
            state: restored.state,
            configuration: nodeConfiguration,
            now: hosts[host].clock.moment(at: now)
        )
        hosts[host].identity = restored.node.identity
        hosts[host].log = try readLog(host, restored.node.log)
        hosts[host].logBefore = restored.node.log.before.index
        try checkDurable(host, restored.node, restored.state.applied)
        hosts[host].checkedApplied = .zero
        hosts[host].pausedUntil = nil
        hosts[host].nextTimer = nil
        let effects = node.start()
        hosts[host].node = node
        hosts[host].isUp = true
        onLog?(host, .info, "started as \(restored.node.identity) at \(hosts[host].address)")
        try perform(effects, on: host)
        if configuration.checksInvariants {
            try invariants.check(hosts[host], before: latestGoodTime, counts: &counts)
        }
        try endIfDying(host)
        try tellSpace(host)
        planTimer(host)
    }

    private func readLog(_ host: Int, _ log: LogTerms) throws(Violation) -> [EntryMark] {
        // What was compacted had been applied.
        var marks = invariants.marks(through: log.before.index)
        do throws(JournalError) {
            while UInt64(marks.count) < log.lastIndex.value {
                let read =
                    try hosts[host].journal?.entries(
                        after: LogIndex(UInt64(marks.count)),
                        through: log.lastIndex,
                        maximumBytes: 1 << 20
                    )
                    ?? []
                guard !read.isEmpty else { break }
                marks += read.map { EntryMark($0.line, term: $0.position.term) }
            }
        } catch {
            throw violation(.staysUp, "\(hosts[host].name) cannot read its log: \(error)")
        }
        return marks
    }

    /// Gives a host's node an input, as a turn of its own.
    func step(_ host: Int, _ input: NodeInput) throws(Violation) { try turn(host, [input]) }

    /// Has a host's node take what has arrived as one turn, and carries out what it says.
    ///
    /// What arrives at a paused host waits for the turn that ends the pause.
    func turn(_ host: Int, _ inputs: [NodeInput]) throws(Violation) {
        guard hosts[host].isUp else { return }
        if let until = hosts[host].pausedUntil, until > now {
            deferred[host, default: []] += inputs
            return
        }
        let moment = hosts[host].clock.moment(at: now)
        guard let effects = hosts[host].node?.turn(inputs, now: moment) else { return }
        try perform(effects, on: host)
        // Of a host that died within its turn not all was carried out that its node has counted on.
        if configuration.checksInvariants, !hosts[host].isDying {
            try invariants.check(hosts[host], before: latestGoodTime, counts: &counts)
        }
        try endIfDying(host)
        noteHealed(host)
        planTimer(host)
    }

    /// What the good clocks say at the latest.
    private var latestGoodTime: Timestamp {
        var latest = Timestamp(milliseconds: 0)
        for host in hosts { latest = max(latest, host.clock.goodTime(at: now)) }
        // Each reading is cut to milliseconds.
        return latest + .milliseconds(2)
    }

    func planTimer(_ host: Int) {
        let own = hosts[host]
        guard let deadline = own.node?.dueTime() else { return }
        let due = max(own.clock.virtual(deadline), now + .microseconds(100))
        if let planned = own.nextTimer, planned <= due { return }
        own.nextTimer = due
        queue.plan(.timer(host: host, generation: hosts[host].generation), at: due)
    }

    func perform(_ effects: [NodeEffect], on host: Int) throws(Violation) {
        for effect in effects {
            guard !hosts[host].isDying else { return }
            try perform(effect, on: host)
            if let left = hosts[host].effectsToLive { hosts[host].effectsToLive = left - 1 }
        }
    }

    private func perform(_ effect: NodeEffect, on host: Int) throws(Violation) {
        switch effect {
        case .persist(let records, let token):
            if configuration.checksInvariants {
                try invariants.note(records, by: hosts[host])
            }
            addJob(.persist(records, token), host)
        case .note(let commit): addJob(.persist([.commit(commit)], nil), host)
        case .adopt(let cluster):
            if configuration.checksInvariants {
                try invariants.note(cluster: cluster, by: hosts[host].name)
            }
            addJob(.adopt(cluster), host)
        case .load(let after, let through, let maximumBytes):
            addJob(.load(after: after, through: through, maximumBytes: maximumBytes), host)
        case .loadKept(let kept, let after, let maximumBytes):
            addJob(.loadKept(kept, after: after, maximumBytes: maximumBytes), host)
        case .snapshot(let head, let body): addSnapshot(.write(head, body), host)
        case .transfer(let order): addSnapshot(.transfer(order), host)
        case .pinSnapshots(let positions):
            let snapshots = hosts[host].snapshots
            hosts[host].pins = positions.map { snapshots.pin($0) }
        case .resetLog(let position, let membership):
            if configuration.checksInvariants {
                try invariants.checkReset(of: hosts[host], to: position)
            }
            addJob(.reset(to: position, membership: membership), host)
        case .compact(let index): addJob(.compact(through: index), host)
        case .send(let address, let line, let entries),
            .sendBulk(let address, let line, let entries):
            send(line, entries, from: host, to: address)
        case .dial(let dials): setDials(dials, host)
        case .redial: endLinks(host)
        // What is not taken of strangers at once is as good as lost on the way: others do that here.
        case .trust: break
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
        case .uncompute: break
        case .stream(let ticket, let items):
            if let ticket = hosts[host].tickets[ticket] { onStream(ticket, items) }
        case .endStream(let ticket, let refusal):
            if let ticket = hosts[host].tickets[ticket] { onStreamEnd(ticket, refusal) }
        case .halt(let reason):
            guard hosts[host].isUnreadable else {
                throw violation(.staysUp, "\(hosts[host].name) stopped: \(reason)")
            }
            // What this process can't do without the next start gets from the others.
            counts[.diskFailures] += 1
            hosts[host].effectsToLive = 1
        case .contradicted(let reason): try endContradicted(host, reason)
        case .log(let level, let message):
            onLog?(host, level, message)
            // Whoever only went down and came back has all that it said.
            guard hosts[host].isMarred || !message.hasPrefix(Node.oldCopy) else {
                throw violation(.durability, "\(hosts[host].name)'s disk is good: \(message)")
            }
        }
    }

    private func deliver(
        _ reply: Reply,
        to ticket: Ticket,
        of host: Int
    ) throws(Violation) {
        guard let ticket = hosts[host].tickets.removeValue(forKey: ticket) else { return }
        let waiter = waiters.removeValue(forKey: ticket)
        if happens(faults.lostReplies) {
            counts[.lostReplies] += 1
        } else if let waiter {
            try waiter.take(reply)
        } else {
            onReply(ticket, reply)
        }
    }

    /// Ends a host's process, or its power; a batch under way may be torn.
    func stop(_ host: Int, powerLoss: Bool) throws(Violation) {
        guard hosts[host].isUp else { return }
        onLog?(host, .critical, powerLoss ? "its power was cut" : "it was killed")
        let disk = hosts[host].disk
        hosts[host].isTorn = powerLoss || disk.isCrashed
        if hosts[host].busy > 0, happens(500) {
            hosts[host].isTorn = true
            // Dies somewhere in the calls of the batch that is being written.
            counts[.tornBatches] += 1
            disk.crash(afterCalls: draw(4), [.before, .during, .after][draw(3)])
            let under = Array(hosts[host].jobs.prefix(hosts[host].busy))
            do throws(JournalError) { _ = try carryOut(under, host) } catch {}
        }
        if powerLoss { disk.powerLoss(using: &generator) } else { disk.processCrash() }
        hosts[host].endProcess()
        deferred[host] = nil
        endLinks(host)
        endLinksTo(host)
    }
}

extension SimulatedHost {
    /// Nothing stays of a process but what it gave to the disk.
    func endProcess() {
        node = nil
        isUp = false
        journal = nil
        packetsToLive = nil
        effectsToLive = nil
        jobs = []
        waiting = []
        busy = 0
        isShort = false
        isUnreadable = false
        stall = nil
        snapshotJobs = []
        pins = []
        dials = []
    }
}
