public import Storage

/// What an operator, or a program that embeds a replica, may ask of the leader.
public enum ClusterOrder: Hashable, Sendable {
    /// Change the members; answered when the change is committed and its joint phase over.
    ///
    /// `expecting` is the entry with the membership that the caller knows, or nil if any will do;
    /// a dry run only says what the change would lead to.
    case change(MembershipChange, expecting: LogIndex? = nil, isDryRun: Bool = false)
    /// Hand the lead over, to this node or to the voter that is closest behind.
    case transfer(to: NodeIdentity? = nil)
}

/// What became of an order.
public enum OrderOutcome: Hashable, Sendable {
    /// What the change would lead to; nothing was done.
    case planned(ChangePlan)
    /// The change is done; the entry that ended it, and who belongs to the cluster now.
    case changed(LogIndex, Membership)
    /// The change was not begun.
    case changeRefused(ChangeRefusal)
    /// The change was begun, and this node stopped leading before it was done: another leader
    /// finishes it, or drops it.
    case changeUnknown
    /// What became of a hand-over of the lead.
    case transfer(TransferEnd)
    /// This node does not lead; the one known here.
    case notLeader(NodeIdentity?)
}
