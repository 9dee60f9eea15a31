package import Storage

/// Linearizable reads on their way to be answered, without an entry in the log (Thesis §6.4).
///
/// A read is good when a quorum has answered a round that was begun after the read came. Rounds
/// are numbered by the leader, because a caller's ticket may repeat, and an answer may be older
/// than a pause of this process.
package struct ReadRounds: Hashable, Sendable {
    private struct Pending: Hashable {
        var round: AppendRound
        var index: LogIndex
        var tickets: [ReadTicket]
    }

    private var waiting: [ReadTicket] = []
    private var pending: [Pending] = []

    /// Creates rounds without reads.
    package init() {}

    /// Whether reads wait and no round is on its way that they could wait for together.
    package var needsRound: Bool { !waiting.isEmpty && pending.isEmpty }

    /// Takes in a read; it goes with the next round.
    package mutating func wait(_ ticket: ReadTicket) { waiting.append(ticket) }

    /// Sends the reads that wait with a round; they will see at least `index`.
    package mutating func begin(_ round: AppendRound, at index: LogIndex) {
        guard !waiting.isEmpty else { return }
        pending.append(Pending(round: round, index: index, tickets: waiting))
        waiting = []
    }

    /// Gives the reads whose round a quorum has answered, in the order in which they came.
    package mutating func confirm(
        through round: AppendRound
    ) -> [(ticket: ReadTicket, index: LogIndex)] {
        let confirmed = pending.prefix { $0.round <= round }
        pending.removeFirst(confirmed.count)
        return confirmed.flatMap { group in group.tickets.map { ($0, group.index) } }
    }

    /// Every read that was not answered.
    package var unanswered: [ReadTicket] { pending.flatMap(\.tickets) + waiting }
}
