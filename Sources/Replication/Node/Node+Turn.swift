import Storage

/// The order within a turn, which the replica and the simulator share.
///
/// The caller reads its sockets, then the clock, then takes the turn. So all that had arrived at
/// `now` is known before a deadline is judged by it: a leader that was slow counts the
/// acknowledgements that lie there before it doubts its quorum, and a follower the heartbeats
/// before it misses them (pitfall 52).
extension Node {
    /// Takes what has arrived, then the timer if it is due, then ends the turn.
    ///
    /// Work beyond ``NodeConfiguration/turn`` waits for the next turn; ``nextDeadline`` is then
    /// `now`.
    ///
    /// - Parameters:
    ///   - inputs: All that was read since the last turn, in order; may be empty.
    ///   - now: The time, read after the inputs were.
    /// - Returns: What is to be done, in order.
    package mutating func turn(_ inputs: [NodeInput], now: Moment) -> [NodeEffect] {
        self.now = now
        inbox.add(inputs)
        budget = TurnBudget(configuration.turn)
        #if PLANTED_BUGS
        if PlantedBug.timersBeforeInputs.isActive, isTimerDue { handle(.timer) }
        #endif
        for input in inbox.takeUrgent() { handle(input) }
        if isTimerDue { handle(.timer) }
        if hasUnapplied { applyCommitted() }
        routeMore()
        while budget.requests.isLeft, let input = inbox.takeOrdinary() {
            budget.beginRequest(bytes: input.askedBytes)
            handle(input)
        }
        handle(.turnEnded)
        return takeEffects()
    }

    /// Whether there is work that waits only for the next turn.
    package var hasBacklog: Bool {
        !inbox.isEmpty || hasUnapplied || !budget.routes.isLeft && pending.hasWaiting
    }

    /// Gives a caller up that no longer waits, and says what is to be said to it.
    ///
    /// - Parameters:
    ///   - ticket: Of its request, query, stream or order.
    ///   - failure: What is to be said if the request is in no log; what may be in one may still
    ///     take effect.
    ///   - now: The time.
    /// - Returns: The last word, and what follows for others.
    package mutating func giveUp(
        _ ticket: Ticket,
        orElse failure: RequestFailure,
        now: Moment
    ) -> (last: Reply, effects: [NodeEffect]) {
        self.now = now
        if inbox.remove(ticket) { return (.failed(failure, key: nil), []) }
        var last = Reply.failed(failure, key: nil)
        if let request = pending[ticket], request.handOvers > 0 {
            last = .failed(.outcomeUnknown, key: request.proposal.key)
        }
        abandon(ticket)
        return (last, takeEffects())
    }
}
