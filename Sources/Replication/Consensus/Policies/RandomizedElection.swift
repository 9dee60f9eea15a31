/// Whoever wins leads, until it is lost: chance alone decides who asks first.
public struct RandomizedElection: ElectionPolicy, Hashable {
    /// Creates the policy.
    public init() {}
}
