import Storage

/// What the loop does: inputs to the node, and its effects carried out.
extension Replica {
    /// One turn of the loop: everything that is ready, then the clock, then the node's turn, then one
    /// send for each connection.
    ///
    /// The node judges its deadlines by a clock that was read after the sockets, so nothing that
    /// came in time is taken for late because this thread was slow (pitfall 52).
    ///
    /// - Returns: When the next turn is due at the latest.
    func turn(_ ready: [Readiness]) -> Instant? {
        switch phase {
        case .ready, .claimed, .ended: return nil
        case .running, .stopping: break
        }
        read(ready)
        let now = SystemClock.moment()
        // The thread may have slept since it looked which sockets are ready.
        if node.nextDeadline <= now.instant { readPeers() }
        // Whoever sent something before the last turn's clock has been read by now.
        front.timer(at: lastClock)
        links.timer(at: lastClock)
        lastClock = now.instant
        goOn(at: now)
        answerCancelled(at: now)
        answerLate(at: now)
        // After a failure nothing is answered: the answer might rest on what is not on the disk.
        if failure == nil {
            front.answerFields.update(cluster: node.cluster, at: now.wall)
            front.flush()
            links.flush(at: now.instant)
        }
        report()
        if isOver(at: now.instant) {
            end()
            return nil
        }
        return nextDeadline(at: now.instant)
    }

    private func read(_ ready: [Readiness]) {
        front.answerFields.update(cluster: node.cluster, at: SystemClock.wallTime())
        let now = SystemClock.now()
        for input in mail.takeAll() { take(input, at: now) }
        for ready in ready where !front.handle(ready, at: now) {
            _ = links.handle(ready, at: now)
        }
    }

    /// Reads what other nodes have sent until now; what clients have sent waits for its turn.
    private func readPeers() {
        let now = SystemClock.now()
        for ready in loop.poll(milliseconds: 0) { _ = links.handle(ready, at: now) }
        for input in mail.takeAll() { take(input, at: now) }
    }

    /// Has the node take turns until nothing follows; answers may let more requests in.
    ///
    /// Bounded, so that one busy client cannot keep the others from being sent to.
    private func goOn(at now: Moment) {
        for _ in 0..<16 {
            let inputs = takeInputs()
            if failure == nil { perform(node.turn(inputs, now: now), at: now.instant) }
            grantStreams()
            guard !node.hasBacklog else { return }
            front.takeHeldRequests()
            if !hasInputs { return }
        }
    }

    /// Begins the streams that the node has opened, even if there is nothing to write yet: their
    /// readers wait for the head.
    private func grantStreams() {
        for ticket in front.askedStreams.sorted() where node.streams[ticket] != nil {
            front.grantStream(ticket)
        }
    }

    private var hasInputs: Bool {
        !inputs.isEmpty || !front.inputs.isEmpty || !links.events.isEmpty
    }

    private func nextDeadline(at now: Instant) -> Instant {
        if hasInputs { return now }
        let next = min(front.nextDeadline, node.nextDeadline, links.nextDeadline ?? .distant)
        guard case .stopping(let until) = phase else { return next }
        return min(next, until)
    }

    private func takeInputs() -> [NodeInput] {
        defer {
            inputs.removeAll(keepingCapacity: true)
            links.events.removeAll(keepingCapacity: true)
            front.inputs.removeAll(keepingCapacity: true)
        }
        return inputs + links.events.map { NodeInput($0) } + front.inputs
    }

    private func take(_ input: LoopInput, at now: Instant) {
        switch input {
        case .node(let input): inputs.append(input)
        case .resolved(let address, let found): links.resolved(address, found, at: now)
        case .cancelled(let ticket): cancelled.append(ticket)
        case .failed(let error): fail(error)
        case .stop: stop(at: now)
        }
    }

    func perform(_ effects: [NodeEffect], at now: Instant) {
        for effect in effects {
            switch effect {
            case .persist(let records, let token): journal.submit(records, token: token.value)
            case .note(let commit): journal.note(commit: commit)
            case .adopt(let cluster): adopt(cluster)
            case .load(let after, let through, let maximumBytes):
                load(after, through, maximumBytes)
            case .loadKept(let kept, let after, let maximumBytes):
                load(kept, after, maximumBytes)
            case .snapshot(let head, let body): write(head, body)
            case .compact(let index): compact(through: index)
            case .pinSnapshots(let positions): pins = positions.map { snapshots.pin($0) }
            case .transfer(let order): carryOut(order)
            case .resetLog(let position, let membership): resetLog(to: position, membership)
            case .send(let address, let line, let entries): links.send(line, entries, to: address)
            case .sendBulk(let address, let line, let entries):
                links.sendBulk(line, entries, to: address, at: now)
            case .dial(let dials): links.dial(dials, at: now)
            case .redial: links.endOutgoing()
            case .welcome(let link, let hello):
                links.answer(link, .welcome(hello), thenEnd: false, at: now)
            case .trust(let link, let isTrusted): links.trust(link, isTrusted)
            case .refuse(let link, let refusal):
                links.answer(link, .refused(refusal), thenEnd: true, at: now)
            case .reply(let ticket, let reply):
                if !front.reply(ticket, reply) { resume(ticket, reply) }
            case .compute(let ticket, let body): compute(ticket, body)
            case .uncompute(let ticket): computing.withLock { _ = $0.remove(ticket) }
            case .stream(let ticket, let items): front.stream(ticket, items)
            case .endStream(let ticket, let refusal): front.endStream(ticket, refusal)
            case .halt(let reason): fail(.failed(reason))
            case .contradicted(let reason): fail(.contradicted(reason))
            case .log(let level, let message): logSink.log(level, message)
            }
        }
    }

    private func adopt(_ cluster: String) {
        let mail = mail
        journal.adopt(cluster: cluster) { result in
            switch result {
            case .success: mail.post(.node(.adopted))
            case .failure(let error): mail.post(.failed(.journal(error)))
            }
        }
    }

    private func load(_ after: LogIndex, _ through: LogIndex, _ maximumBytes: Int) {
        let (mail, logSink) = (mail, logSink)
        journal.load(after: after, through: through, maximumBytes: maximumBytes) { result in
            switch result {
            case .success(let entries): mail.post(.node(.loaded(entries.map(\.line))))
            case .failure(.unreadable(let index, let damage)):
                logSink.log(.error, "damaged: \(damage)")
                mail.post(.node(.unloadable(through: index)))
            case .failure(let error): mail.post(.failed(.journal(error)))
            }
        }
    }

    /// Reads what is kept behind a damage; what turns out to be damaged itself is lost.
    private func load(_ kept: KeptEntries, _ after: LogIndex, _ maximumBytes: Int) {
        let (mail, logSink) = (mail, logSink)
        journal.load(kept, after: after, maximumBytes: maximumBytes) { result in
            switch result {
            case .success(let entries): mail.post(.node(.keptLoaded(entries.map(\.line))))
            case .failure(let error):
                logSink.log(.error, "an entry behind the damage cannot be read: \(error)")
                mail.post(.node(.keptLoaded([])))
            }
        }
    }

    /// Writes a snapshot on its own thread, which also releases the copy of the state.
    private func write(
        _ head: SnapshotHead,
        _ body: @escaping @Sendable (inout SnapshotWriter) throws(SnapshotError) -> Void
    ) {
        let (mail, snapshots) = (mail, snapshots)
        let isTaken = snapshotThreads.write {
            do throws(SnapshotError) {
                let bytes = try snapshots.write(head, body)
                mail.post(.node(.snapshotted(head.position, bytes: bytes)))
            } catch {
                mail.post(.node(.snapshotFailed("\(error)")))
            }
        }
        if !isTaken { mail.post(.node(.snapshotFailed("the node is stopping"))) }
    }

    private func carryOut(_ order: SnapshotOrder) {
        let mail = mail
        snapshotThreads.carryOut(order, in: snapshots) { mail.post(.node($0)) }
    }

    private func resetLog(to position: LogPosition, _ membership: LogIndex) {
        let mail = mail
        journal.reset(to: position, membership: membership) { result in
            switch result {
            case .success: mail.post(.node(.logReset(to: position)))
            case .failure(let error): mail.post(.failed(.journal(error)))
            }
        }
    }

    /// A file that cannot be removed costs space: the next start removes it.
    private func compact(through index: LogIndex) {
        let (mail, logSink) = (mail, logSink)
        journal.compact(through: index) { result in
            switch result {
            case .success(let done):
                if let error = done.leftover {
                    logSink.log(.error, "a file that is not needed was left: \(error)")
                }
                mail.post(.node(.compacted(before: done.before)))
            case .failure(let error): mail.post(.failed(.journal(error)))
            }
        }
    }

    private func compute(_ ticket: Ticket, _ body: @escaping @Sendable () -> Computed) {
        let (mail, computing) = (mail, computing)
        computing.withLock { _ = $0.insert(ticket) }
        let isTaken = worker.run {
            guard computing.withLock({ $0.remove(ticket) }) != nil else { return }
            mail.post(.node(.computed(ticket, body())))
        }
        guard !isTaken else { return }
        computing.withLock { _ = $0.remove(ticket) }
        mail.post(.node(.computed(ticket, .overloaded)))
    }

    private func report() {
        for (level, message) in links.messages { logSink.log(level, message) }
        links.messages.removeAll(keepingCapacity: true)
    }
}

extension Instant {
    /// Later than any moment that is waited for.
    fileprivate static let distant = Instant(nanoseconds: .max)
}
