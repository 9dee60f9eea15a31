import Storage

/// Where a node stands after a turn, for what looks at it each time.
struct NodeStanding {
    var role: Role
    var term: Term
    var applied: LogIndex
    var digest: StateDigest?
    var membership: MembershipEntry
}

/// Looks that are taken after each turn.
///
/// They change nothing; they are mutating because a look at a property of an optional node copies the
/// whole node first.
extension Node {
    mutating func stand() -> NodeStanding {
        NodeStanding(
            role: core.role,
            term: core.term,
            applied: state.applied.index,
            digest: state.digest,
            membership: state.membership
        )
    }

    /// When the node must be stepped at the latest.
    mutating func dueTime() -> Instant { nextDeadline }
}
