package import Storage

/// One node's part in consensus: Raft as a pure value (Raft §5; Thesis §6.4, §9.6).
///
/// No I/O, clock, thread or source of randomness inside: the caller steps it with what happened
/// and does what comes back, in order. It knows entries by position only.
package struct Consensus: Sendable {
    /// Creates a core that follows nobody yet.
    package init(
        _ restored: Restored,
        configuration: Configuration = Configuration(),
        seed: UInt64,
        now: Instant
    ) {
        identity = restored.identity
    }

    package let identity: NodeIdentity

    /// Takes in what happened, and gives what is to be done, in order.
    package mutating func step(_ input: Input, now: Instant) -> [Effect] { [] }

    package var role: Role { .follower }
    package var term: Term { .zero }
    package var leader: NodeIdentity? { nil }
    package var commitIndex: LogIndex { .zero }
    package var lastPosition: LogPosition { .zero }
    package var membership: Membership { .empty }
    package var membershipIndex: LogIndex { .zero }
    package var nextDeadline: Instant { Instant(nanoseconds: 0) }
}
