package import Storage

/// Who must agree: a majority of the voters, and during a change a majority of each set.
///
/// Any two quorums of one `Quorum` share a voter, and so do those before and after either end of
/// a change (Raft §6, Thesis §4.3). Nobody can decide anything without voters.
package struct Quorum: Hashable, Sendable {
    /// The voters of the incoming set.
    package let incoming: [NodeIdentity]
    /// The voters of the set that is being replaced; empty outside of a change.
    package let outgoing: [NodeIdentity]

    /// Creates the quorum of two sets of voters.
    package init(incoming: [NodeIdentity], outgoing: [NodeIdentity] = []) {
        self.incoming = incoming
        self.outgoing = outgoing
    }

    /// Creates the quorum of a membership.
    package init(_ membership: Membership) {
        self.init(
            incoming: membership.incoming.filter { $0.role == .voter }.map(\.identity),
            outgoing: membership.outgoing.filter { $0.role == .voter }.map(\.identity)
        )
    }

    /// Every voter once, sorted.
    package var voters: [NodeIdentity] {
        (incoming + outgoing.filter { !incoming.contains($0) }).sorted()
    }

    /// The largest value that a quorum has reached, where voters only ever go up.
    ///
    /// - Returns: Nil if there are no voters.
    /// - Complexity: O(*n* log *n*) in the number of voters.
    package func agreed<Value: Comparable>(_ value: (NodeIdentity) -> Value) -> Value? {
        guard let new = Self.agreed(incoming, value) else { return nil }
        guard let old = Self.agreed(outgoing, value) else { return new }
        return min(new, old)
    }

    /// What votes amount to; `vote` gives nil for a voter that has not answered.
    package func result(_ vote: (NodeIdentity) -> Bool?) -> VoteResult {
        let new = Self.result(incoming, vote)
        let old = outgoing.isEmpty ? .won : Self.result(outgoing, vote)
        if new == .lost || old == .lost { return .lost }
        return new == .won && old == .won ? .won : .pending
    }

    private static func agreed<Value: Comparable>(
        _ voters: [NodeIdentity],
        _ value: (NodeIdentity) -> Value
    ) -> Value? {
        guard !voters.isEmpty else { return nil }
        // Sorted upwards, as many stand at or above this place as make a majority.
        return voters.map(value).sorted()[(voters.count - 1) / 2]
    }

    private static func result(
        _ voters: [NodeIdentity],
        _ vote: (NodeIdentity) -> Bool?
    ) -> VoteResult {
        let majority = voters.count / 2 + 1
        let granted = voters.count { vote($0) == true }
        let open = voters.count { vote($0) == nil }
        if granted >= majority { return .won }
        return granted + open >= majority ? .pending : .lost
    }
}

/// What votes amount to so far.
package enum VoteResult: Hashable, Sendable {
    /// A quorum has granted.
    case won
    /// No quorum can grant any more.
    case lost
    /// It depends on answers that are missing.
    case pending
}
