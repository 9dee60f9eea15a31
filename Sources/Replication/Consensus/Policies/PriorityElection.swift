public import Storage

/// The first of a list that can lead, leads; it gets the lead back when it has been away.
///
/// Those that are not on the list come last, in the order of their ids.
public struct PriorityElection: ElectionPolicy, Hashable {
    /// The ids of the nodes, the preferred one first.
    public var order: [String]

    /// Creates the policy.
    public init(order: [String]) { self.order = order }

    /// Leaves the better ones time to ask first.
    public func campaignDelay(_ view: ElectionView) -> Duration {
        let others = sorted(view.voters.filter { $0 != view.lost })
        let rank = others.firstIndex(of: view.own) ?? others.count
        return min(view.electionTimeout / 4 * rank, view.electionTimeout)
    }

    /// The best of those that live.
    public func preferredLeader(_ view: ElectionView) -> NodeIdentity? { sorted(view.live).first }

    private func sorted(_ nodes: [NodeIdentity]) -> [NodeIdentity] {
        nodes.sorted { (place($0), $0) < (place($1), $1) }
    }

    private func place(_ node: NodeIdentity) -> Int {
        order.firstIndex(of: node.id) ?? order.count
    }
}
