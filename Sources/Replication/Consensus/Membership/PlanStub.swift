package import Storage

extension Consensus {
    /// Stands here until the core changes members.
    package func plan(
        _ change: MembershipChange,
        expecting: LogIndex?
    ) -> Result<ChangePlan, ChangeRefusal> { .failure(.notReady) }
}
