public import Storage

/// One change of who belongs to the cluster; there is one at a time.
public enum MembershipChange: Hashable, Sendable {
    /// Admits a node that has no vote yet: a learner for good, or one that is joining and becomes a
    /// voter by itself when it has caught up.
    ///
    /// One that is joining under the id of a member takes that member's place then.
    case add(Member)
    /// Takes a member out; it may be the leader.
    case remove(NodeIdentity)
    /// Makes a learner a voter.
    case promote(NodeIdentity)
    /// Makes a voter a learner.
    case demote(NodeIdentity)
    /// Takes a voter out and makes a learner a voter in its place, in one change.
    case replace(NodeIdentity, with: NodeIdentity)
    /// Gives a member other addresses, `host:port`.
    case readdress(NodeIdentity, peer: String, client: String)
}

/// What a change would lead to.
public struct ChangePlan: Hashable, Sendable {
    /// Who would belong to the cluster after it.
    public var membership: Membership
    /// The entry with the membership that it starts from; give it back as `expecting` to be sure.
    public var expecting: LogIndex
    /// How many voters would have to agree after it.
    public var quorum: Int
    /// The voters after it that the leader has heard lately, itself among them; sorted.
    public var live: [NodeIdentity]
    /// How many entries each member is behind that would remain, by identity.
    public var lag: [NodeIdentity: UInt64]

    /// Creates a plan.
    public init(
        membership: Membership,
        expecting: LogIndex,
        quorum: Int,
        live: [NodeIdentity],
        lag: [NodeIdentity: UInt64]
    ) {
        self.membership = membership
        self.expecting = expecting
        self.quorum = quorum
        self.live = live
        self.lag = lag
    }
}

/// Why a change of members was not begun; nothing was done.
public enum ChangeRefusal: Error, Hashable, Sendable {
    /// Only the leader changes members; this is the one known here.
    case notLeader(NodeIdentity?)
    /// The leader has not committed an entry of its own term yet; try again in a moment.
    case notReady
    /// Another change is under way; the entry that began it.
    case inProgress(LogIndex)
    /// The membership is another one than the caller knew; the entry that holds it.
    case changed(LogIndex)
    /// Too few voters of the new membership, or of the old one, were heard lately.
    case noLiveMajority(live: Int, needed: Int)
    /// It makes no sense; says what and why.
    case invalid(String)
    /// The lead is being handed over.
    case transferring
    /// The disk is full.
    case diskFull
}
