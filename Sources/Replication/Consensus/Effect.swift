package import Storage

/// What a step orders, to be done in the order given.
///
/// In one step come first ``role(_:_:leader:)``, then what is written, closed by one
/// ``persist(_:)``, then messages, the commit index, and all else.
package enum Effect: Hashable, Sendable {
    /// Role, term or leader changed.
    case role(Role, Term, leader: NodeIdentity?)
    /// Term and vote are to be made durable.
    case vote(Vote)
    /// The entries after this index are to be removed, from the journal and from every cache.
    case truncate(after: LogIndex)
    /// Entries are to be written.
    case append(Appended)
    /// Closes what was ordered above into one batch; ``Input/persisted(_:)`` reports it back.
    case persist(PersistToken)
    /// A message is to be sent, not before that token is durable.
    case send(Message, to: NodeIdentity, after: PersistToken?)
    /// The whole of one ``Input/propose(bytes:)`` was refused; nothing of it has a position.
    case refused(ProposalRefusal)
    /// The commit index rose to this.
    case commit(LogIndex)
    /// The change of ``Input/change(_:expecting:)`` was not begun.
    ///
    /// One that was begun is an ``Appended/members(_:_:)``; it is done when a later one without
    /// an outgoing set is committed.
    case changeRefused(ChangeRefusal)
    /// The lead is on its way to this voter; until then proposals are refused.
    case transferBegan(to: NodeIdentity, TransferCause)
    /// What became of ``Input/transfer(to:)``; once for each.
    case transferEnded(TransferEnd)
    /// A read may be answered from a state that has applied this index.
    case readable(ReadTicket, at: LogIndex)
    /// A read can't be answered here: this node does not lead, or no longer.
    case unreadable(ReadTicket)
    /// The newest snapshot is to be sent to this member, which lacks what was compacted.
    ///
    /// Ordered once, until ``Input/snapshotSent(to:position:)`` or ``Input/snapshotFailed(to:)``
    /// reports what became of it, or the member shows that it needs none any more. After a new
    /// connection it may be ordered again; one that is still under way can then go on.
    case sendSnapshot(to: NodeIdentity)
    /// The leader's log contradicts an entry that is committed here: nothing of it was taken.
    case contradicted(Contradiction)
}

/// Entries that a step appended to the log, by where their content is.
package enum Appended: Hashable, Sendable {
    /// The proposals of this step, at consecutive positions from `first`.
    case proposals(first: LogPosition, count: Int)
    /// A new leader's empty entry.
    case noop(LogPosition)
    /// A membership that this leader puts into effect: the joint one of a change, or the one that
    /// ends it.
    case members(LogPosition, Membership)
    /// The entries with these indices of the message that was stepped; those before are held.
    case received(ClosedRange<LogIndex>)
}

/// Why proposals got no positions.
package enum ProposalRefusal: Hashable, Sendable {
    /// Only the leader takes proposals; this is the one known here.
    case notLeader(NodeIdentity?)
    /// More than the limit is uncommitted already.
    case overloaded
    /// The lead is being handed over: the caller may try again in a moment, here or elsewhere.
    case transferring
}

/// What a node is in its term.
package enum Role: String, Hashable, Sendable, CaseIterable {
    /// Takes entries from the leader.
    case follower
    /// Asks whether it would win an election, and disturbs nobody by it (Thesis §9.6).
    case preCandidate
    /// Asks for votes.
    case candidate
    /// Makes entries and sends them out.
    case leader
}
