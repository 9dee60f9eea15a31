import Storage

/// A log that begins behind a position, because what lies before is in a snapshot (Raft §7).
extension Consensus {
    /// Takes in that the journal no longer holds the entries up to and with `position`.
    ///
    /// An entry that is not committed may still have to be sent or truncated, so a position behind
    /// the commit index, or one that this log does not hold, changes nothing.
    mutating func compacted(through position: LogPosition) {
        guard position.index > state.log.before.index, position.index <= commitIndex,
            state.log.term(at: position.index) == position.term
        else { return }
        state.log.compact(through: position.index)
        state.leadership?.sizes.compact(through: position.index)
    }
}
