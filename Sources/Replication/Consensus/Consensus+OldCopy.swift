import Storage

/// A node whose disk was put back to an old copy of itself.
extension Consensus {
    /// Takes in what this node said and has no memory of, as after damage to its disk.
    ///
    /// It may have voted in each term up to `said`, so it has no vote to give there; and it votes
    /// as if its log still held what it acknowledged (pitfall 38).
    mutating func forgotten(_ lost: LogPosition?, _ said: Term, _ now: Instant) {
        if said > term || said == term && state.vote.candidate == nil {
            let isLater = said > term
            state.vote = Vote(term: said, candidate: state.identity)
            if isLater { follow(nil, now) }
        }
        // Written in any case: what is said from here on waits for the loss to be durable as well.
        turn.changesVote = true
        guard let lost else { return }
        state.lost = max(lost, state.lost ?? .zero)
        state.regain()
        guard role != .follower else { return }
        endTransfer(.refused("this node's data directory is an old copy"))
        follow(nil, now)
    }
}
