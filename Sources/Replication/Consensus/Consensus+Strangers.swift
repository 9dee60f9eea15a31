package import Storage

/// What a core takes of nodes that its log does not name.
///
/// The log here may be behind, so a leader or a candidate that it does not name yet must be heard
/// (pitfall 7). It may as well be anybody who can open a connection. So it is heard only while no
/// leader that the log names is, and raises the term by a small step only: one message can never
/// use up all terms there are.
extension Consensus {
    /// By how many terms a node that the log does not name raises the term at most, once in an
    /// election timeout.
    ///
    /// A voter that has missed 100,000 elections has caught up after five minutes; 2^53 terms last
    /// 800,000 years.
    package static let maximumRaise: UInt64 = 100

    /// For how many election timeouts a leader that the log does not name keeps this node from
    /// asking whether it could win.
    private static let patience = 10

    /// Whether a membership of the log that may still matter has this node, or this leader still
    /// tells it that it is a member no more.
    package func names(_ node: NodeIdentity) -> Bool {
        node == state.identity || state.memberships.names(node) || peerPlace(node) != nil
    }

    /// Whether an append is taken, or answered as stale, as far as its sender and the leader go.
    ///
    /// Changes nothing; the term may still be too high.
    package func isOpen(to append: Append, from peer: NodeIdentity, now: Instant) -> Bool {
        guard !names(peer), append.term >= term else { return true }
        guard role != .leader, !(role == .candidate && append.term == term) else { return false }
        guard let leader, leader != peer, now < timing.stickyUntil else { return true }
        return !names(leader) && append.term > term
    }

    /// Whether a message of a node that the log does not name is taken; raises the term by the
    /// largest step if the message asks for a larger one.
    mutating func takes(
        _ message: Message,
        ofUnnamed peer: NodeIdentity,
        _ now: Instant
    ) -> Bool {
        switch message {
        case .preVote: return true
        case .vote(let request):
            guard !hearsLeader(now, asked: peer) else { return false }
            return request.term <= term || raise(to: request.term, now)
        case .append(let append):
            guard isOpen(to: append, from: peer, now: now) else { return false }
            return append.term <= term || raise(to: append.term, now)
        // Members alone are asked, and a leader hands over to one whose log names them both.
        case .preVoteReply, .voteReply, .appendReply, .timeoutNow: return false
        }
    }

    private mutating func raise(to later: Term, _ now: Instant) -> Bool {
        guard timing.mayRaise(configuration, now) else { return false }
        let highest = Term(term.value + Self.maximumRaise)
        guard later > highest else { return true }
        adopt(highest)
        follow(nil, now)
        return false
    }

    /// Waits anew before the next election, because a leader was heard.
    ///
    /// One that the log does not name is waited for ten election timeouts, and then asked about: the
    /// members that hear a leader do not answer.
    mutating func delayElection(by leader: NodeIdentity, _ now: Instant) {
        let isNamed = names(leader) || !state.mayCampaign
        let patience = Duration.nanoseconds(
            configuration.electionTimeout.nanoseconds * Int64(Self.patience)
        )
        guard timing.mayWait(isNamed: isNamed, patience, now) else { return }
        timing.delayElection(configuration, now: now)
    }
}
