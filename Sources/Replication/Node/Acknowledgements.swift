import Storage

/// What the members are known to have acknowledged, as far as this process was told.
///
/// The leader tells all of it to all members a few times a second, so that each can tell it back to
/// a member that returns. It is in memory only: after a restart of all nodes nobody knows.
struct Acknowledgements: Sendable {
    /// How long the leader gathers news.
    private static let pause = Duration.milliseconds(250)

    private var known: [NodeIdentity: Acknowledged] = [:]
    private var nextTelling = Instant(nanoseconds: .min)

    /// What is known of a member.
    subscript(_ node: NodeIdentity) -> Acknowledged? { known[node] }

    /// All that is known, in the order of the members.
    var all: [Acknowledged] { known.values.sorted { $0.node < $1.node } }

    /// Takes in what is known of a member; what is known never falls.
    ///
    /// - Returns: Whether it is news.
    @discardableResult
    mutating func note(_ other: Acknowledged) -> Bool {
        guard let own = known[other.node] else {
            known[other.node] = other
            return true
        }
        let both = Acknowledged(
            node: own.node,
            position: max(own.position, other.position),
            term: max(own.term, other.term)
        )
        known[other.node] = both
        return both != own
    }

    /// Whether the leader's last telling is long enough ago.
    func mayTell(at now: Instant) -> Bool { nextTelling <= now }

    /// Takes in what a leader sees.
    ///
    /// - Returns: What the other members are to be told; nil if there are no news.
    mutating func news(_ seen: [Acknowledged], at now: Instant) -> [Acknowledged]? {
        var isNews = false
        for acknowledged in seen where note(acknowledged) { isNews = true }
        guard isNews else { return nil }
        nextTelling = now + Self.pause
        return all
    }

    /// Forgets those that are members no more.
    mutating func keep(_ isMember: (NodeIdentity) -> Bool) {
        known = known.filter { isMember($0.key) }
    }
}
