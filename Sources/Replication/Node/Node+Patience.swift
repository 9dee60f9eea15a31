import Storage

/// Callers that wait for less time than the node would have them wait.
extension Node {
    /// Answers a request or query whose caller's time is over.
    ///
    /// - Parameters:
    ///   - ticket: Of the request or query.
    ///   - now: The time.
    /// - Returns: The answer, which says whether nothing was done, and what follows for others; nil if
    ///   the ticket does not wait for a leader or a state, but for its turn or for a password's hash,
    ///   which would be for nothing if it were asked for again.
    package mutating func expire(
        _ ticket: Ticket,
        now: Moment
    ) -> (last: Reply, effects: [NodeEffect])? {
        let key: String?
        var failure = RequestFailure.noLeader
        if let request = pending[ticket] {
            key = request.proposal.key
            if request.handOvers > 0 { failure = .outcomeUnknown }
        } else if let admitting = admitting[ticket], !admitting.isComputing {
            key = admitting.key
        } else if let query = queries[ticket] {
            key = nil
            if query.isPlaced { failure = .behind }
        } else {
            return nil
        }
        let effects = giveUp(ticket, orElse: failure, now: now).effects
        return (.failed(failure, key: key), effects)
    }
}
