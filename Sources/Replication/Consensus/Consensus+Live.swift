package import Storage

extension Consensus {
    /// Stub.
    package var liveMembers: [NodeIdentity] {
        guard let leadership = state.leadership else { return [] }
        return [state.identity]
            + leadership.peers.filter { $0.ackedRound >= leadership.checkedRound }.map(\.identity)
    }
}
