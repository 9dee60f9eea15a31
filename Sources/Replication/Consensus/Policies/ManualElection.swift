/// The lead moves by an order alone, as long as the leader lives.
///
/// A dead leader is still replaced, as late as the core allows.
public struct ManualElection: ElectionPolicy, Hashable {
    /// Creates the policy.
    public init() {}

    /// As long as is possible.
    public func campaignDelay(_ view: ElectionView) -> Duration { view.electionTimeout }
}
