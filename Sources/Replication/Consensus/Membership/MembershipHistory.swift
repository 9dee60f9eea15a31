import Storage

/// The memberships in the log that may still matter: the last committed one and all after it.
///
/// One takes effect when its entry is appended and goes when that is truncated (Thesis §4.1), so
/// the one before must be at hand. Invariant: never empty, sorted by index.
struct MembershipHistory: Hashable, Sendable {
    private static let none = MembershipEntry(index: .zero, membership: .empty)

    private var entries = [none]

    /// Creates a history from the memberships in a log.
    init(_ memberships: [MembershipEntry]) { for entry in memberships { append(entry) } }

    /// The one in effect.
    var current: MembershipEntry { entries.last ?? Self.none }

    /// The newest one that is committed.
    func committed(at commitIndex: LogIndex) -> MembershipEntry {
        entries.last { $0.index <= commitIndex } ?? Self.none
    }

    /// Whether a node votes in the one in effect, or in the one before, which may yet be so again.
    ///
    /// No earlier one may: a leader appends none before the last one is committed.
    func mayVote(_ identity: NodeIdentity) -> Bool {
        entries.suffix(2).contains { $0.membership.isVoter(identity) }
    }

    /// Whether one of them has a node.
    func names(_ identity: NodeIdentity) -> Bool {
        entries.contains { $0.membership.member(identity) != nil }
    }

    /// Puts a newer one into effect.
    mutating func append(_ entry: MembershipEntry) {
        entries.removeAll { $0.index >= entry.index && $0.index > .zero }
        entries.append(entry)
    }

    /// Goes back to the one that was in effect at `index`.
    mutating func truncate(after index: LogIndex) {
        entries.removeAll { $0.index > index && $0.index > .zero }
    }

    /// Forgets those that were replaced at or before the commit index.
    mutating func commit(_ index: LogIndex) {
        let settled = entries.lastIndex { $0.index <= index } ?? 0
        if settled > 0 { entries.removeFirst(settled) }
    }
}
