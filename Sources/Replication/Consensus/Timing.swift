import Storage

extension Consensus {
    /// Clocks, chance and counters: when things happen, never whether they may.
    struct Timing: Sendable {
        private var generator: SeededGenerator
        /// When a follower or candidate tries to become leader.
        var electionDeadline: Instant
        /// Until when candidates are ignored, because the leader was heard.
        var stickyUntil: Instant
        /// When a leader is to be heard next.
        var heartbeatDeadline: Instant
        /// When a leader looks whether it still has a quorum.
        var quorumDeadline: Instant
        /// When followers are told of the commit index if nothing else has told them.
        var commitDeadline: Instant?
        private var token: PersistToken = .zero
        private(set) var round: AppendRound = .zero
        private var session: ReplicationSession = .zero

        init(seed: UInt64, now: Instant) {
            generator = SeededGenerator(seed: seed)
            electionDeadline = now
            stickyUntil = now
            heartbeatDeadline = now
            quorumDeadline = now
        }

        /// When a node of this role must be stepped.
        func deadline(of role: Role) -> Instant {
            guard role == .leader else { return electionDeadline }
            let regular = min(heartbeatDeadline, quorumDeadline)
            return commitDeadline.map { min($0, regular) } ?? regular
        }

        /// Waits anew before the next election; by chance, so that two nodes seldom collide.
        mutating func delayElection(_ configuration: Configuration, now: Instant) {
            let timeout = max(1, configuration.electionTimeout.nanoseconds)
            let extra = Int64.random(in: 0..<timeout, using: &generator)
            electionDeadline = now + .nanoseconds(timeout + extra)
        }

        mutating func nextToken() -> PersistToken {
            token = token.next
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
