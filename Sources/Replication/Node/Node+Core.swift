import Storage

/// What the lines of a load are for.
enum LoadPurpose: Sendable {
    /// To be applied.
    case apply
    /// To go out with an append.
    case send(Message, to: NodeIdentity, ClosedRange<LogIndex>)
    /// To go out to a node whose disk was damaged.
    case fill(EntriesFound, to: NodeIdentity)
}

/// Carrying out what the consensus core says.
extension Node {
    mutating func perform(_ orders: [Effect]) {
        for order in orders {
            switch order {
            case .truncate(let index):
                records.append(.truncate(after: index))
                origins.truncate(after: index)
                cache.truncate(after: index)
            case .append(let appended): store(appended)
            case .refused(let refusal): refuseQueued(refusal)
            case .vote(let vote): records.append(.vote(vote))
            case .persist(let token):
                if let commit = commitNotes.news(commitIndex) { records.append(.commit(commit)) }
                effects.append(.persist(records, token))
                records.removeAll(keepingCapacity: true)
            case .send(let message, let to, let token):
                if let token, token > durable {
                    // Beyond it a message is as good as lost, which the core takes: a disk that stalls
                    // for hours must not gather answers for as long.
                    if gated.count < 4_096 { gated.append((token, message, to)) }
                } else {
                    send(message, to: to)
                }
            case .changeRefused(let refusal): refuse(refusal)
            case .transferBegan(let target, let cause): transferBegan(target, cause)
            case .transferEnded(let end): transferEnded(end)
            case .commit(let index):
                commitIndex = max(commitIndex, index)
                committedAt = now.instant
            case .readable(let ticket, let index): readable(ticket, at: index)
            case .unreadable(let ticket): unreadable(ticket)
            case .sendSnapshot(let peer): sendSnapshot(to: peer)
            case .contradicted(let found): contradicted(found)
            case .role(let role, let term, let leader): roleChanged(role, term, leader: leader)
            }
        }
        noteTransfer()
        applyCommitted()
        settleChange()
    }

    private mutating func store(_ appended: Appended) {
        switch appended {
        case .noop(let position):
            lastLeaderIndex = position.index
            append(LogEntry(position: position, time: nextTime(), payload: .noop))
        case .proposals(let first, let count):
            let proposals = inFlight.place(from: first.index)
            precondition(proposals.count == count, "\(count) places for \(proposals.count)")
            let time = nextTime()
            var position = first
            for proposal in proposals {
                append(LogEntry(position: position, time: time, payload: .operation(proposal)))
                position.index = position.index.next
            }
        case .members(let position, let membership):
            append(
                LogEntry(
                    position: position,
                    time: nextTime(),
                    payload: .members(membership, cluster: nil)
                )
            )
            began(position, membership)
            membersChanged()
        case .received(let range):
            for (head, line) in received where range.contains(head.position.index) {
                lastTime = max(lastTime, head.time)
                store(line, at: head.position)
            }
        }
    }

    private mutating func append(_ entry: LogEntry) {
        lastTime = entry.time
        store(entry.line, at: entry.position)
    }

    private mutating func store(_ line: [UInt8], at position: LogPosition) {
        cache.append(line)
        if core.log.term(at: position.index.previous) != position.term {
            origins.note(TermOrigin(position: position, line: line))
        }
        records.append(.entry(position, line: line))
    }

    /// The time of the next entry: never before the last one's.
    func nextTime() -> Timestamp {
        let time = clock.median(of: core.membership, own: identity, at: now)
        return time.map { max(lastTime, $0) } ?? lastTime
    }

    /// The head of a line that was checked when its message was read.
    func headOf(_ line: [UInt8]) -> LogEntry.Head? {
        do throws(LineError) { return try LogEntry.head(ofLine: line) } catch { return nil }
    }

    /// Has the journal told what is committed, if no batch did for a while.
    mutating func noteCommit() {
        guard let commit = commitNotes.due(commitIndex, at: now.instant) else { return }
        effects.append(.note(commit: commit))
    }

    mutating func persisted(_ token: PersistToken) {
        if let creation, creation.token == token {
            created(creation)
            return
        }
        durable = max(durable, token)
        stepCore(.persisted(token))
        guard let first = gated.first, first.token <= durable else { return }
        let open = gated.prefix { $0.token <= durable }
        for (_, message, to) in open { send(message, to: to) }
        gated.removeFirst(open.count)
    }

    /// Sends a message of the core, with its entries' lines, from memory or from the journal.
    private mutating func send(_ ordered: Message, to node: NodeIdentity) {
        var message = ordered
        if case .append(var append) = ordered {
            append.origin = origins[append.previous.term]
            message = .append(append)
        }
        guard let range = message.entries else {
            send(.consensus(message, clock: now.wall), to: node)
            return
        }
        if let lines = cache.lines(in: range) {
            send(.consensus(message, clock: now.wall), to: node, entries: lines)
        } else {
            loads.append(.send(message, to: node, range))
            effects.append(
                .load(
                    after: range.lowerBound.previous,
                    through: range.upperBound,
                    // All of it or nothing can be sent; the core has bounded it.
                    maximumBytes: .max
                )
            )
        }
    }

    /// Another membership is in effect.
    mutating func membersChanged() {
        dialPeers()
        trustLinks()
        returnIfMember()
        let members = core.membership
        heard = heard.filter { members.member($0.key) != nil }
        alarms = alarms.filter { members.member($0.key) != nil }
        acknowledgements.keep { members.member($0) != nil }
        endTransfers { members.member($0) == nil }
    }

    mutating func loaded(_ lines: [[UInt8]]) {
        guard !loads.isEmpty else { return }
        switch loads.removeFirst() {
        case .apply:
            // There is nothing to be read while a truncation or a reset waits for space: asked again at
            // once, it would be so without end.
            guard divergence == nil, let first = lines.first.flatMap(headOf)?.position.index else {
                return
            }
            readBack.take(lines, from: first)
            applyCommitted()
        case .send(let message, let to, let range):
            // What was truncated meanwhile is not sent; the follower's next answer tells the core.
            let indexes = lines.compactMap { headOf($0)?.position }
            guard indexes.count == lines.count, indexes.first?.index == range.lowerBound,
                indexes.last?.index == range.upperBound, message.fits(indexes)
            else { return }
            send(.consensus(message, clock: now.wall), to: to, entries: lines)
        case .fill(let found, let to): send(found, lines, to: to)
        }
    }

    /// Applies what is committed, as far as its lines are in memory and the turn's budget goes; loads
    /// the next ones if they are not in memory.
    mutating func applyCommitted() {
        takeStateIfReady()
        guard divergence == nil else {
            // Nothing is applied; afterwards it is read back from the journal.
            return cache.trim(through: commitIndex)
        }
        while state.applied.index < commitIndex, budget.entries.isLeft {
            guard let line = nextToApply else {
                loadForApply()
                return
            }
            budget.entries.spend(bytes: line.count)
            apply(line)
        }
        readBack.forget(through: state.applied.index)
        cache.trim(through: state.applied.index)
        snapshotIfDue()
        proposeHeldIfReady()
    }

    private var nextToApply: [UInt8]? {
        let next = state.applied.index.next
        return cache[next] ?? readBack[next]
    }

    /// Whether committed entries lie here that a turn's budget had no room for.
    var hasUnapplied: Bool {
        divergence == nil && state.applied.index < commitIndex && nextToApply != nil
    }

    private mutating func loadForApply() {
        let isLoading = loads.contains { if case .apply = $0 { true } else { false } }
        guard !isLoading else { return }
        loads.append(.apply)
        effects.append(
            .load(
                after: state.applied.index,
                through: commitIndex,
                maximumBytes: 1_024 * 1_024
            )
        )
    }

    private mutating func apply(_ line: [UInt8]) {
        do throws(LineError) {
            let entry = try LogEntry(line: line)
            let result = try state.apply(entry, seal: LogEntry.seal(ofLine: line))
            snapshots.applied(entry.position.index, bytes: line.count)
            answer(result, waitersOf: entry.position.index)
            completeReads()
            deliverEvents(of: entry.position.index)
            if case .members = entry.payload { noticeOwnRemoval() }
            digestMayBeDue()
        } catch {
            let index = state.applied.index.next
            commitIndex = state.applied.index
            effects.append(
                .halt(
                    "entry \(index) cannot be applied: \(error); it was written by another version:"
                        + " update this node"
                )
            )
        }
    }
}
