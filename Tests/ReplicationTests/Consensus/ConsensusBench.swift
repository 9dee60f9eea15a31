import Replication
import Storage

/// One core whose world the test plays by hand.
struct ConsensusBench {
    static let a = NodeIdentity(id: "a", incarnation: "00000000000000aa")
    static let b = NodeIdentity(id: "b", incarnation: "00000000000000bb")
    static let c = NodeIdentity(id: "c", incarnation: "00000000000000cc")
    static let wiped = NodeIdentity(id: "b", incarnation: "00000000000000b2")

    var core: Consensus
    var now = Instant(nanoseconds: 0)
    private var newest = PersistToken.zero
    /// The newest round of the core.
    private(set) var newestRound = AppendRound.zero

    /// The core of `a`, whose log holds entries of these terms.
    init(
        terms: [UInt64] = [1],
        vote: Vote? = nil,
        members: Membership = Self.members(),
        configuration: Consensus.Configuration = Consensus.Configuration(),
        policy: any ElectionPolicy = RandomizedElection(),
        before: LogPosition = .zero,
        commitIndex: LogIndex = .zero,
        lost: LogPosition? = nil,
        mayHaveAsked: Bool = false
    ) {
        var log = LogTerms(before: before)
        for term in terms { log.append(term: Term(term)) }
        var restored = Consensus.Restored(
            identity: Self.a,
            vote: vote ?? Vote(term: log.last.term),
            log: log,
            membership: members,
            membershipIndex: members == .empty ? .zero : LogIndex(1),
            commitIndex: commitIndex,
            lost: lost
        )
        restored.mayHaveAsked = mayHaveAsked
        core = Consensus(
            restored,
            configuration: configuration,
            policy: policy,
            seed: 1,
            now: now
        )
    }

    static func members(
        voters: [NodeIdentity] = [a, b, c],
        learners: [NodeIdentity] = []
    ) -> Membership {
        func member(_ identity: NodeIdentity, _ role: Member.Role) -> Member {
            Member(identity: identity, peerAddress: "", clientAddress: "", role: role)
        }
        return Membership(
            incoming: voters.map { member($0, .voter) } + learners.map { member($0, .learner) }
        )
    }

    @discardableResult
    mutating func step(_ input: Input) -> [Effect] {
        let effects = core.step(input, now: now)
        for case .persist(let token) in effects { newest = token }
        newestRound = effects.appends.map(\.round).max().map { max($0, newestRound) } ?? newestRound
        return effects
    }

    @discardableResult
    mutating func receive(_ message: Message, from peer: NodeIdentity = b) -> [Effect] {
        step(.receive(message, from: peer))
    }

    /// Ends all writes.
    @discardableResult
    mutating func persist() -> [Effect] { step(.persisted(newest)) }

    /// Lets time go by until the core asks for it.
    @discardableResult
    mutating func wait() -> [Effect] {
        now = max(now, core.nextDeadline)
        return step(.timer)
    }

    /// Lets time go by until the core asks for it, and has `b` answer what it sends then.
    mutating func answeredWait() {
        wait()
        if core.role == .leader { acknowledge(1, round: newestRound) }
    }

    /// Wins the pre-vote; the own vote is not durable yet.
    @discardableResult
    mutating func campaign() -> [Effect] {
        wait()
        let granted = VoteReply(term: core.term, asked: core.term.next, isGranted: true)
        return receive(.preVoteReply(granted))
    }

    /// Wins an election with the vote of `b`; the first entry is not durable yet.
    @discardableResult
    mutating func lead() -> [Effect] {
        campaign()
        persist()
        return receive(
            .voteReply(VoteReply(term: core.term, asked: core.term, isGranted: true))
        )
    }

    /// Answers the newest append to `peer` as one that matched through `index`.
    @discardableResult
    mutating func acknowledge(
        _ index: UInt64,
        from peer: NodeIdentity = b,
        round: AppendRound? = nil
    ) -> [Effect] {
        receive(reply(.matched(through: LogIndex(index)), from: peer, round: round), from: peer)
    }

    /// Answers an append to `b` as one whose `previous` is not held there.
    @discardableResult
    mutating func refuse(_ previous: UInt64, hint: LogPosition) -> [Effect] {
        receive(reply(.conflict(previous: LogIndex(previous), hint: hint)))
    }

    /// Reports an installed snapshot with a membership at its first entry.
    @discardableResult
    mutating func install(_ position: LogPosition, members: Membership? = nil) -> [Effect] {
        step(
            .installed(
                position: position,
                membership: members ?? Self.members(),
                membershipIndex: LogIndex(1)
            )
        )
    }

    /// Asks for this node's vote, and gives its answer.
    mutating func isGranted(_ term: UInt64, _ last: (index: UInt64, term: UInt64)) -> Bool? {
        receive(.vote(Self.request(term: term, last: last))).voteReply?.isGranted
    }

    func reply(
        _ outcome: AppendReply.Outcome,
        from peer: NodeIdentity = b,
        round: AppendRound? = nil,
        session: ReplicationSession? = nil
    ) -> Message {
        let current = core.progress.first { $0.identity == peer }?.session ?? .zero
        return .appendReply(
            AppendReply(
                term: core.term,
                round: round ?? AppendRound(2),
                session: session ?? current,
                outcome: outcome
            )
        )
    }

    /// An append of `b`, leader of `term`.
    static func append(
        term: UInt64,
        after previous: (index: UInt64, term: UInt64),
        terms: [UInt64] = [],
        commit: UInt64 = 0,
        memberships: [MembershipEntry] = []
    ) -> Message {
        let first = LogIndex(previous.index + 1)
        let runs = terms.map { TermRun(term: Term($0), count: 1) }
        return .append(
            Append(
                term: Term(term),
                previous: LogPosition(
                    index: LogIndex(previous.index),
                    term: Term(previous.term)
                ),
                entries: EntryBatch(first: first, terms: runs, memberships: memberships),
                commit: LogIndex(commit),
                round: AppendRound(1),
                session: ReplicationSession(1)
            )
        )
    }

    static func position(_ index: UInt64, _ term: UInt64) -> LogPosition {
        LogPosition(index: LogIndex(index), term: Term(term))
    }

    static func request(term: UInt64, last: (index: UInt64, term: UInt64)) -> VoteRequest {
        VoteRequest(
            term: Term(term),
            last: LogPosition(index: LogIndex(last.index), term: Term(last.term))
        )
    }
}

extension [Effect] {
    /// The messages, with whom they are for.
    var sent: [(message: Message, to: NodeIdentity, after: PersistToken?)] {
        compactMap { effect in
            guard case .send(let message, let peer, let token) = effect else { return nil }
            return (message, peer, token)
        }
    }
    var appends: [Append] {
        sent.compactMap { if case .append(let append) = $0.message { append } else { nil } }
    }
    func appends(to peer: NodeIdentity) -> [Append] { filter { $0.isSent(to: peer) }.appends }
    var appendReply: AppendReply? {
        sent.compactMap { if case .appendReply(let reply) = $0.message { reply } else { nil } }
            .first
    }
    var voteReply: VoteReply? {
        sent.compactMap { sent in
            switch sent.message {
            case .voteReply(let reply), .preVoteReply(let reply): reply
            case .vote, .preVote, .append, .appendReply, .timeoutNow: nil
            }
        }.first
    }
    var commit: LogIndex? {
        compactMap { if case .commit(let index) = $0 { index } else { nil } }.last
    }
    var token: PersistToken? {
        compactMap { if case .persist(let token) = $0 { token } else { nil } }.last
    }
    /// Whether entries are written or truncated.
    var writesEntries: Bool {
        contains { effect in
            switch effect {
            case .append, .truncate: true
            default: false
            }
        }
    }
    /// To whom a snapshot is to be sent.
    var snapshots: [NodeIdentity] {
        compactMap { if case .sendSnapshot(let peer) = $0 { peer } else { nil } }
    }
    /// How orders to hand over ended.
    var transferEnds: [TransferEnd] {
        compactMap { if case .transferEnded(let end) = $0 { end } else { nil } }
    }
    /// To whom the lead began to be handed over.
    var begunTransfers: [NodeIdentity] {
        compactMap { if case .transferBegan(let target, _) = $0 { target } else { nil } }
    }
    /// Who is asked to campaign at once.
    var asked: [NodeIdentity] {
        sent.compactMap { if case .timeoutNow = $0.message { $0.to } else { nil } }
    }
    var readable: [ReadTicket] {
        compactMap { if case .readable(let ticket, _) = $0 { ticket } else { nil } }
    }
}

extension Effect {
    fileprivate func isSent(to peer: NodeIdentity) -> Bool {
        if case .send(_, peer, _) = self { true } else { false }
    }
}
