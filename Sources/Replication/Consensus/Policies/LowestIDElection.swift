public import Storage

/// The node with the lowest id that can lead, leads; it gets the lead back when it has been away.
public struct LowestIDElection: ElectionPolicy, Hashable {
    private let priority = PriorityElection(order: [])

    /// Creates the policy.
    public init() {}

    /// Leaves those with lower ids time to ask first.
    public func campaignDelay(_ view: ElectionView) -> Duration { priority.campaignDelay(view) }

    /// The lowest of those that live.
    public func preferredLeader(_ view: ElectionView) -> NodeIdentity? {
        priority.preferredLeader(view)
    }
}
