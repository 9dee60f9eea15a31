import Storage

/// Getting back what a damaged disk lost, and helping others to it.
extension Node {
    /// Whether nobody leads, so that nobody else brings what is missing.
    var mayFill: Bool {
        cluster != nil && removal == nil && core.leader == nil && divergence == nil
            && arrival == nil && !isResetting && shortage == nil
    }

    /// The next step of the repair, if one is due.
    mutating func goOnWithRepair() {
        guard repair != nil else { return }
        guard core.state.lost != nil else {
            repair = nil
            return log(.notice, "repaired: the log ends at \(core.lastPosition), as before")
        }
        guard mayFill else { return }
        let peers = others.map(\.identity).filter { isLinked($0) }
        switch repair?.next(core.log, peers, now.instant) {
        case nil, .nothing: return
        case .load(let kept, let after):
            effects.append(
                .loadKept(kept, after: after, maximumBytes: Repair.maximumBytes)
            )
        case .ask(let peer, let wanted): send(.entriesWanted(wanted), to: peer)
        case .giveUp: log(.error, "damaged: \(whyUnfilled ?? "")")
        }
    }

    private var others: [Member] { core.membership.all.filter { $0.identity != identity } }

    /// What nobody has of this node's log, and what can be done about it.
    var whyUnfilled: String? {
        guard let repair, repair.unfilled != nil, let hole = repair.holes(core.log).first else {
            return nil
        }
        let entries =
            hole.lowerBound == hole.upperBound
            ? "entry \(hole.lowerBound)" : "entries \(hole.lowerBound) to \(hole.upperBound)"
        let copy =
            "put back a copy of this directory's damaged file as it was, or start nodes that are away"
        guard !others.isEmpty else {
            return "\(entries) cannot be read, and there is no other node that has what was there:"
                + " put back a copy of the damaged file as it was"
        }
        let answers = others.map { member in
            "\(member.identity.id) \(repair.refusals[member.identity] ?? "is not connected")"
        }
        return "\(entries) cannot be read, and no node has what was there"
            + " (\(answers.joined(separator: "; "))): \(copy); if a majority works without this node,"
            + " empty its directory and start it again"
    }

    /// Takes entries from those that are kept, one after the other.
    mutating func keptLoaded(_ lines: [[UInt8]]) {
        let entries = heads(of: lines) ?? []
        guard let fill = repair?.loaded(entries) else { return }
        take(fill)
    }

    /// Takes an answer to the question for entries.
    mutating func take(_ found: EntriesFound, _ lines: [[UInt8]], from peer: NodeIdentity) {
        guard mayFill, let entries = heads(of: lines), fits(entries, behind: found.previous),
            let fill = repair?.take(found, entries, from: peer, core.log)
        else { return }
        take(fill)
    }

    private mutating func take(_ fill: Repair.Fill) {
        guard mayFill, !fill.entries.isEmpty else { return }
        received = fill.entries
        var batch = EntryBatch(first: fill.previous.index.next)
        for (head, line) in fill.entries {
            batch.append(head, bytes: line.count)
        }
        let before = core.lastPosition
        stepCore(.fill(previous: fill.previous, batch))
        if core.lastPosition == before { repair?.pause(until: now.instant + .seconds(1)) }
        if !batch.memberships.isEmpty { membersChanged() }
    }

    /// The heads of lines, each of which must be good.
    private func heads(of lines: [[UInt8]]) -> [(head: LogEntry.Head, line: [UInt8])]? {
        do throws(LineError) {
            var found: [(head: LogEntry.Head, line: [UInt8])] = []
            for line in lines { found.append((try LogEntry.head(ofLine: line), line)) }
            return found
        } catch { return nil }
    }

    private func fits(
        _ entries: [(head: LogEntry.Head, line: [UInt8])],
        behind previous: LogPosition?
    ) -> Bool {
        guard var last = previous else { return entries.isEmpty }
        for (head, _) in entries {
            guard head.position.index == last.index.next, head.position.term >= last.term else {
                return false
            }
            last = head.position
        }
        return true
    }
}

/// The other side.
extension Node {
    /// Answers with what this log holds, whoever leads.
    mutating func take(_ wanted: EntriesWanted, from peer: NodeIdentity) {
        let isAnswering = loads.contains {
            if case .fill(_, let other) = $0 { other == peer } else { false }
        }
        guard !isAnswering else { return }
        let log = core.log
        var found = EntriesFound(
            pin: wanted.pin,
            holdsPin: log.term(at: wanted.pin.index) == wanted.pin.term,
            previous: nil,
            last: log.last
        )
        guard wanted.after.index >= log.before.index else {
            return send(.entriesFound(found), to: peer)
        }
        let previous = log.last(atOrBefore: wanted.after.index, termAtMost: wanted.after.term)
        found.previous = previous
        let end = min(wanted.through, log.lastIndex)
        guard previous.index < end else { return send(.entriesFound(found), to: peer) }
        loads.append(.fill(found, to: peer))
        effects.append(
            .load(after: previous.index, through: end, maximumBytes: Repair.maximumBytes)
        )
    }

    /// Sends what was read, if it is still part of the log.
    mutating func send(_ found: EntriesFound, _ lines: [[UInt8]], to peer: NodeIdentity) {
        let log = core.log
        var found = found
        found.holdsPin = found.holdsPin && log.term(at: found.pin.index) == found.pin.term
        let isGood =
            found.previous.map { log.term(at: $0.index) == $0.term } == true
            && lines.allSatisfy { line in
                headOf(line).map { log.term(at: $0.position.index) == $0.position.term } ?? false
            }
        guard isGood else { return }
        found.lines = lines.count
        send(.entriesFound(found), to: peer, entries: lines)
    }
}

extension EntryBatch {
    /// Adds an entry behind the last one.
    fileprivate mutating func append(_ head: LogEntry.Head, bytes: Int) {
        if terms.last?.term == head.position.term {
            terms[terms.count - 1].count += 1
        } else {
            terms.append(TermRun(term: head.position.term, count: 1))
        }
        self.bytes += bytes
        guard let membership = head.membership else { return }
        memberships.append(
            MembershipEntry(index: head.position.index, membership: membership)
        )
    }
}
