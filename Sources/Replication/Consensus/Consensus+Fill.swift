import Storage

/// Entries that a damaged disk lost, put back while nobody leads.
extension Consensus {
    /// Takes in entries that are proven to be those that this node held behind `previous`.
    ///
    /// With a leader its appends do that. Each log that a node once held is a good one to go on
    /// from, so what contradicts the proven entries may be truncated, but for what is committed,
    /// and for what a leader has given since the start: that was acknowledged to it.
    mutating func fill(_ previous: LogPosition, _ entries: EntryBatch) {
        guard state.lost != nil, state.leader == nil, role == .follower, !state.isDiskFull,
            state.log.term(at: previous.index) == previous.term,
            entries.first == previous.index.next,
            let first = firstDifference(entries)
        else { return }
        if first <= state.log.lastIndex, first <= commitIndex || state.hasFollowed { return }
        // What is committed is not touched, so nobody can contradict it here.
        _ = store(entries, of: state.identity)
    }
}
