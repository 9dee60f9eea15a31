import Storage

extension Consensus {
    /// Begins to lead with an empty entry: with it, all before it commits (Raft §8).
    mutating func lead(_ now: Instant) {
        let look = Look(round: timing.nextRound(), end: state.log.lastIndex.next)
        state.candidacy = nil
        timing.leaderIsKnown()
        state.leader = state.identity
        state.leadership = Leadership(
            peers: [],
            sizes: EntrySizes(after: state.log.lastIndex),
            look: look,
            lookBefore: look
        )
        _ = timing.nextRound()
        timing.heartbeatDeadline = now + configuration.heartbeatInterval
        timing.quorumDeadline = now + configuration.electionTimeout
        timing.favourite = nil
        timing.nextLook = now
        state.log.append(term: term)
        state.leadership?.sizes.append(0)
        turn.writes.append(.append(.noop(state.log.last)))
        meetPeers()
        sendToAll()
    }

    mutating func propose(_ sizes: [Int]) {
        guard let leadership = state.leadership else {
            let isStuck = state.isDiskFull && leader == nil
            return turn.outcomes.append(.refused(isStuck ? .overloaded : .notLeader(leader)))
        }
        guard !sizes.isEmpty else { return }
        guard leadership.transfer == nil else {
            return turn.outcomes.append(.refused(.transferring))
        }
        let uncommitted = leadership.sizes.bytes(after: commitIndex)
        let added = sizes.reduce(0) { $0 + max($1, EntrySizes.minimumBytes) }
        let isLone = uncommitted == 0 && sizes.count == 1
        guard isLone || uncommitted + added <= configuration.maximumUncommittedBytes
        else { return turn.outcomes.append(.refused(.overloaded)) }
        let first = LogPosition(index: state.log.lastIndex.next, term: term)
        state.log.append(term: term, count: sizes.count)
        for size in sizes { state.leadership?.sizes.append(size) }
        turn.writes.append(.append(.proposals(first: first, count: sizes.count)))
        sendToAll()
    }

    mutating func tickLeader(_ now: Instant) {
        guard now < timing.quorumDeadline || hasQuorum(now) || asksQuorum(now) else {
            return follow(nil, now)
        }
        giveUpTransferIfDue(now)
        yieldIfDue(now)
        guard role == .leader else { return }
        if isRemoved, !isTransferring { return follow(nil, now) }
        if now >= timing.heartbeatDeadline { beginRound(now) }
        if let deadline = timing.commitDeadline, now >= deadline { tellCommit() }
    }

    /// Whether a quorum has answered a round that was begun after the last look (check-quorum).
    ///
    /// Counted are answers to appends and nothing else, so that a node which can't replicate can't
    /// lead (pitfall 6).
    private mutating func hasQuorum(_ now: Instant) -> Bool {
        guard let leadership = state.leadership,
            let acked = leadership.ackedRound(in: state.quorum, leader: state.identity),
            acked > leadership.look.round
        else { return false }
        state.leadership?.lookBefore = leadership.look
        state.leadership?.look = Look(round: timing.round, end: state.log.lastIndex)
        state.leadership?.promotion = nil
        forgetSilentDeparted()
        timing.quorumDeadline = now + configuration.electionTimeout
        return true
    }

    /// Begins a round if none was begun since the last look: nobody could answer what was not asked.
    ///
    /// A process that did not run for a while looks again after one election timeout more, and
    /// steps down if that round is not answered either.
    private mutating func asksQuorum(_ now: Instant) -> Bool {
        guard let look = state.leadership?.look, look.round == timing.round else { return false }
        timing.quorumDeadline = now + configuration.electionTimeout
        beginRound(now)
        return true
    }

    /// Is heard by everybody, whatever is on its way to them; reads that wait go with it.
    mutating func beginRound(_ now: Instant) {
        let round = timing.nextRound()
        timing.heartbeatDeadline = now + configuration.heartbeatInterval
        let index = commitIndex
        if canRead { state.leadership?.reads.begin(round, at: index) }
        for place in peerPlaces { sendHeartbeat(place) }
        confirmReads()
        lookAround(now)
    }

    /// What a leader does once in a heartbeat interval, however many rounds reads begin.
    private mutating func lookAround(_ now: Instant) {
        guard now >= timing.nextLook, state.leadership != nil else { return }
        timing.nextLook = now + configuration.heartbeatInterval
        state.leadership?.transfer?.isDue = true
        lookForPreferred(now)
    }

    /// Tells the commit index where no entry has carried it.
    private mutating func tellCommit() {
        timing.commitDeadline = nil
        for place in peerPlaces where isUntold(place) { sendHeartbeat(place) }
    }

    /// Sets the time to tell followers of a commit index that they have not been sent.
    mutating func scheduleNews(_ now: Instant) {
        guard timing.commitDeadline == nil, peerPlaces.contains(where: isUntold) else { return }
        timing.commitDeadline = now + configuration.commitDelay
    }

    private func isUntold(_ place: Int) -> Bool {
        guard let peer = state.leadership?.peers[place] else { return false }
        return peer.mode == .replicate && peer.toldCommit < commitIndex
    }

    var peerPlaces: Range<Int> { 0..<(state.leadership?.peers.count ?? 0) }

    func peerPlace(_ peer: NodeIdentity) -> Int? {
        state.leadership?.peers.firstIndex { $0.identity == peer }
    }

    mutating func sendToAll() {
        for place in peerPlaces { sendEntries(place) }
    }

    /// Sends as much as there is and the limits allow.
    mutating func sendEntries(_ place: Int) {
        while let peer = state.leadership?.peers[place], peer.next <= state.log.lastIndex,
            peer.canSend(configuration),
            let (count, bytes) = state.leadership?.sizes.fit(
                from: peer.next,
                through: state.log.lastIndex,
                configuration
            )
        {
            let entries = EntryBatch(
                first: peer.next,
                terms: state.log.runs(from: peer.next, count: count),
                bytes: bytes
            )
            send(entries, to: place)
            let last = LogIndex(peer.next.value + UInt64(count - 1))
            state.leadership?.peers[place].sent(through: last, bytes: bytes)
        }
    }

    /// Compares logs with a member of which that is all that is to be known now.
    mutating func sendProbe(_ place: Int) {
        guard let next = state.leadership?.peers[place].next else { return }
        if next > state.log.lastIndex { sendHeartbeat(place) } else { sendEntries(place) }
    }

    mutating func sendHeartbeat(_ place: Int) {
        guard let next = state.leadership?.peers[place].next else { return }
        send(EntryBatch(first: next), to: place)
    }

    private mutating func send(_ entries: EntryBatch, to place: Int) {
        // There always is one: `next` stays behind the position before the log, in every mode.
        guard let peer = state.leadership?.peers[place],
            let previous = state.log.position(at: entries.first.previous)
        else { return }
        let commit = commitIndex
        let append = Append(
            term: term,
            previous: previous,
            entries: entries,
            commit: commit,
            round: timing.round,
            session: peer.session
        )
        send(.append(append), to: peer.identity)
        state.leadership?.peers[place].toldCommit = commit
    }
}
