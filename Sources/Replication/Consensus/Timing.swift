import Storage

/// A batch on its way to this node's disk.
struct UnfinishedBatch: Hashable, Sendable {
    let token: PersistToken
    /// Where the log ended with it.
    let last: LogIndex
    /// When it was ordered; a leader sends its entries to the others in that moment.
    let ordered: Instant
    /// When the disk could begin with it: the batches before were done.
    var start: Instant
    /// How long another voter took for it at the most, with what it waited there, once it has it.
    var elsewhere: Duration?
}

extension Consensus {
    /// Clocks, chance and counters: when things happen, never whether they may.
    struct Timing: Sendable {
        private var generator: SeededGenerator
        /// When a follower or candidate tries to become leader.
        var electionDeadline: Instant
        /// How many candidacies of this node ended without an answer since it knew a leader.
        private var failedCandidacies = 0
        /// Until when candidates are ignored, because the leader was heard; if there is none, when
        /// it was lost.
        var stickyUntil: Instant
        /// The leader that was lost last, until another one is followed.
        var lostLeader: NodeIdentity?
        /// Whether the policy's delay is running, or is over.
        var isDelayed = false
        /// How many election timeouts a node with a bad state has let go by.
        private var passed = 0
        /// When a leader is to be heard next.
        var heartbeatDeadline: Instant
        /// When a leader looks whether it still has a quorum.
        var quorumDeadline: Instant
        /// When followers are told of the commit index if nothing else has told them.
        var commitDeadline: Instant?
        /// When a leader that hands over gives that up.
        var transferDeadline: Instant?
        /// When a leader looks at what needs no look in each round.
        var nextLook: Instant
        /// Whom the policy wants to lead, and since when that voter has been fit to.
        var favourite: (identity: NodeIdentity, since: Instant)?
        /// The hand-overs that the policy wanted.
        var handOvers = HandOvers()
        /// To whom a leader with a bad state handed over last, and when it tries again.
        var relieved: (by: NodeIdentity, again: Instant)?
        /// The batch for which a leader with a stalled disk has begun to hand over, and when.
        var yielded: (token: PersistToken, at: Instant)?
        /// When a node that the log does not name may raise the term again.
        private var nextRaise: Instant
        /// Until when the leader that the log does not name delays elections, since it was heard.
        private var waitsUntil: Instant?
        private var unfinished: [UnfinishedBatch] = []
        private var token: PersistToken = .zero
        private(set) var round: AppendRound = .zero
        private var session: ReplicationSession = .zero

        init(seed: UInt64, now: Instant) {
            generator = SeededGenerator(seed: seed)
            electionDeadline = now
            stickyUntil = now
            heartbeatDeadline = now
            quorumDeadline = now
            nextLook = now
            nextRaise = now
        }

        /// The oldest batch that is not durable.
        var oldestBatch: UnfinishedBatch? { unfinished.first }

        mutating func persisted(_ token: PersistToken, _ now: Instant) {
            let done = unfinished.prefix { $0.token <= token }.count
            unfinished.removeFirst(done)
            // The next one has waited for these; its own write begins only now.
            if done > 0, !unfinished.isEmpty { unfinished[0].start = now }
        }

        /// Notes that another voter has all of the oldest batch.
        mutating func finishedElsewhere(_ now: Instant) {
            guard !unfinished.isEmpty else { return }
            unfinished[0].elsewhere = now - unfinished[0].ordered
        }

        /// Notes that nobody is followed from now on.
        mutating func loseLeader(_ leader: NodeIdentity?, _ now: Instant) {
            lostLeader = leader ?? lostLeader
            stickyUntil = min(stickyUntil, now)
        }

        /// When a node of this role must be stepped.
        func deadline(of role: Role) -> Instant {
            guard role == .leader else { return electionDeadline }
            var deadline = min(heartbeatDeadline, quorumDeadline)
            if let commitDeadline { deadline = min(deadline, commitDeadline) }
            if let transferDeadline { deadline = min(deadline, transferDeadline) }
            return deadline
        }

        /// Waits anew before the next election; by chance, so that two nodes seldom collide.
        ///
        /// A candidate waits for longer each time that its election ended without a winner, up to
        /// four times as long: a vote takes the sync of a voter, and disks may be slow.
        mutating func delayElection(
            _ configuration: Configuration,
            now: Instant,
            isCandidate: Bool = false
        ) {
            let timeout = max(1, configuration.electionTimeout.nanoseconds)
            let extra = Int64.random(in: 0..<timeout, using: &generator)
            let factor = isCandidate ? Int64(1) << min(failedCandidacies, 2) : 1
            electionDeadline = now + .nanoseconds((timeout + extra) * factor)
            isDelayed = false
        }

        /// Whether a node that the log does not name may raise the term: once in an election timeout.
        mutating func mayRaise(_ configuration: Configuration, _ now: Instant) -> Bool {
            guard nextRaise <= now else { return false }
            nextRaise = now + configuration.electionTimeout
            return true
        }

        /// Whether a leader's message delays the next election: for a while only if the log does not
        /// name the leader.
        mutating func mayWait(isNamed: Bool, _ patience: Duration, _ now: Instant) -> Bool {
            guard !isNamed else {
                waitsUntil = nil
                return true
            }
            let until = waitsUntil ?? now + patience
            waitsUntil = until
            return now < until
        }

        /// Forgets for how long a leader that the log does not name was waited for.
        mutating func electionTimedOut() { waitsUntil = nil }

        mutating func candidacyFailed() { failedCandidacies += 1 }
        mutating func leaderIsKnown() { failedCandidacies = 0 }

        /// Whether a node with a bad state lets others go first: two election timeouts of three.
        mutating func waitsForOthers(_ configuration: Configuration, now: Instant) -> Bool {
            passed = (passed + 1) % 3
            guard passed != 0 else { return false }
            delayElection(configuration, now: now)
            return true
        }

        mutating func nextToken(last: LogIndex, _ now: Instant) -> PersistToken {
            token = token.next
            unfinished.append(
                UnfinishedBatch(token: token, last: last, ordered: now, start: now)
            )
            return token
        }

        mutating func nextRound() -> AppendRound {
            round = round.next
            return round
        }

        mutating func nextSession() -> ReplicationSession {
            session = session.next
            return session
        }
    }
}
