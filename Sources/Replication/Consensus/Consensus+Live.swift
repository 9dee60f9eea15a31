package import Storage

extension Consensus {
    /// Who has answered this leader within about an election timeout, this node included, sorted;
    /// empty on others than the leader.
    package var liveMembers: [NodeIdentity] {
        guard let leadership = state.leadership else { return [] }
        return (leadership.peers.filter(isLive).map(\.identity) + [state.identity]).sorted()
    }
}
