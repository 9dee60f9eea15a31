package import Storage

/// What the cores of two nodes say to each other.
package enum Message: Hashable, Sendable {
    /// Would you vote for me in this term? Changes neither term nor vote of anybody.
    case preVote(VoteRequest)
    /// The answer to a pre-vote.
    case preVoteReply(VoteReply)
    /// Vote for me in this term.
    case vote(VoteRequest)
    /// The answer to a vote.
    case voteReply(VoteReply)
    /// Entries, or a heartbeat if there are none.
    case append(Append)
    /// The answer to an append.
    case appendReply(AppendReply)
    /// Campaign in the next term, now: the leader of this term hands the lead over (Thesis §3.10).
    case timeoutNow(Term)
}

/// A candidate's request, of a vote or of a pre-vote (Raft §5.2, Thesis §9.6).
package struct VoteRequest: Hashable, Sendable {
    /// The term to be voted in; in a pre-vote, the one that the sender would campaign in.
    package var term: Term
    /// Where the sender's log ends.
    package var last: LogPosition
    /// Whether the leader itself asked for this election, so that hearing it is no reason to
    /// refuse; never in a pre-vote.
    package var isTransfer: Bool

    /// Creates a request.
    package init(term: Term, last: LogPosition, isTransfer: Bool = false) {
        self.term = term
        self.last = last
        self.isTransfer = isTransfer
    }
}

/// The answer to a vote or a pre-vote.
package struct VoteReply: Hashable, Sendable {
    /// The voter's own term.
    package var term: Term
    /// The term of the request.
    package var asked: Term
    /// Whether the vote was given.
    package var isGranted: Bool

    /// Creates a reply.
    package init(term: Term, asked: Term, isGranted: Bool) {
        self.term = term
        self.asked = asked
        self.isGranted = isGranted
    }
}

/// Entries from the leader (Raft §5.3); the lines themselves travel beside it.
package struct Append: Hashable, Sendable {
    /// The leader's term.
    package var term: Term
    /// The entry before the first of `entries`.
    package var previous: LogPosition
    /// What is sent; begins right after `previous`.
    package var entries: EntryBatch
    /// The leader's commit index.
    package var commit: LogIndex
    /// Which round of the leader this belongs to; echoed.
    package var round: AppendRound
    /// Which session with this follower this belongs to; echoed.
    package var session: ReplicationSession
    /// How the term of `previous` began in the leader's log, if it is remembered there.
    package var origin: TermOrigin?

    /// Creates an append.
    package init(
        term: Term,
        previous: LogPosition,
        entries: EntryBatch,
        commit: LogIndex,
        round: AppendRound,
        session: ReplicationSession
    ) {
        self.term = term
        self.previous = previous
        self.entries = entries
        self.commit = commit
        self.round = round
        self.session = session
    }

    /// The last entry that the receiver knows to be the leader's if `previous` matches.
    package var lastIndex: LogIndex { LogIndex(previous.index.value + UInt64(entries.count)) }
}

/// The entries of one append, without their content.
package struct EntryBatch: Hashable, Sendable {
    /// The index of the first.
    package var first: LogIndex
    /// Their terms, run by run.
    package var terms: [TermRun]
    /// The length of their lines; the core's estimate until the sender, who has the lines, sets it.
    package var bytes: Int
    /// The memberships among them, in order.
    ///
    /// Not part of the message's line: the receiver takes them from the entries' lines before it
    /// steps the message.
    package var memberships: [MembershipEntry]

    /// Creates a batch.
    package init(
        first: LogIndex,
        terms: [TermRun] = [],
        bytes: Int = 0,
        memberships: [MembershipEntry] = []
    ) {
        self.first = first
        self.terms = terms
        self.bytes = bytes
        self.memberships = memberships
    }

    /// How many entries there are.
    package var count: Int { terms.reduce(0) { $0 + $1.count } }
    /// Whether it is a heartbeat's.
    package var isEmpty: Bool { terms.isEmpty }

    /// The term of an entry among them.
    func term(at index: LogIndex) -> Term? {
        var end = first.value
        for run in terms {
            end += UInt64(run.count)
            if index >= first, index.value < end { return run.term }
        }
        return nil
    }
}

/// A membership and the entry that holds it.
package struct MembershipEntry: Hashable, Sendable {
    /// The entry's index; zero for the empty membership before the first.
    package var index: LogIndex
    /// The members.
    package var membership: Membership

    /// Creates an entry.
    package init(index: LogIndex, membership: Membership) {
        self.index = index
        self.membership = membership
    }
}

/// The answer to an append.
package struct AppendReply: Hashable, Sendable {
    /// What became of an append.
    package enum Outcome: Hashable, Sendable {
        /// The log is the leader's up to this index, and durable.
        case matched(through: LogIndex)
        /// There is no such entry as `previous`; `hint` is the follower's last entry at or before
        /// it whose term is not larger.
        case conflict(previous: LogIndex, hint: LogPosition)
        /// The disk is full, and nothing is stored until a heartbeat is answered otherwise; the log
        /// is the leader's up to this index, and durable.
        case full(through: LogIndex)
        /// The append's term is over.
        case stale
    }

    /// The follower's term.
    package var term: Term
    /// The append's term: less than the follower's only if the append is stale.
    package var asked: Term
    /// The append's round.
    package var round: AppendRound
    /// The append's session.
    package var session: ReplicationSession
    /// What became of it.
    package var outcome: Outcome

    /// Creates a reply.
    ///
    /// - Parameters:
    ///   - term: The follower's term.
    ///   - asked: The append's term, or nil if it is the follower's.
    ///   - round: The append's round.
    ///   - session: The append's session.
    ///   - outcome: What became of it.
    package init(
        term: Term,
        asked: Term? = nil,
        round: AppendRound,
        session: ReplicationSession,
        outcome: Outcome
    ) {
        self.term = term
        self.asked = asked ?? term
        self.round = round
        self.session = session
        self.outcome = outcome
    }
}

/// A number that a leader gives to what it sends at one moment.
///
/// Whoever takes an append of a round still followed the leader after the round was begun: that is
/// what reads and check-quorum count. Unique within a term, because no node leads a term twice; each
/// process begins anew, so a round says nothing without its term.
package struct AppendRound: Hashable, Comparable, Sendable {
    /// The number.
    package var value: UInt64

    /// Creates a round.
    package init(_ value: UInt64) { self.value = value }

    /// Before the first round.
    package static let zero = AppendRound(0)
    /// The next round.
    package var next: AppendRound { AppendRound(value + 1) }

    /// Orders by number.
    package static func < (left: AppendRound, right: AppendRound) -> Bool {
        left.value < right.value
    }
}

/// A stretch of replication from a leader to one follower, begun anew with each connection.
///
/// A reply of an earlier session says nothing about what the follower holds now.
package struct ReplicationSession: Hashable, Sendable {
    /// The number.
    package var value: UInt64

    /// Creates a session.
    package init(_ value: UInt64) { self.value = value }

    /// Before the first session.
    package static let zero = ReplicationSession(0)
    /// The next session.
    package var next: ReplicationSession { ReplicationSession(value + 1) }
}
