package import Storage

/// What waits for a state that is new enough.
///
/// One question to the leader is under way at a time; what comes meanwhile waits for the next, for
/// an index that was asked for before a read came says nothing about it.
package struct ReadWaiters: Sendable {
    /// What is to be done once the state is new enough.
    package enum Purpose: Hashable, Sendable {
        /// A query is answered.
        case query(Ticket)
        /// A request that was refused is admitted again.
        case admission(Ticket)
        case stream(Ticket)
    }

    private struct Waiter: Hashable, Sendable {
        var purpose: Purpose
        var deadline: Instant
    }

    private var gathered: [Waiter] = []
    private var asked: (id: UInt64, waiters: [Waiter], at: Instant)?
    private var waiting: [(index: LogIndex, waiter: Waiter)] = []
    /// What waits for an index that a caller named.
    private var placed: [(index: LogIndex, waiter: Waiter)] = []
    /// When questions were asked whose index is not applied yet, and the newest one whose is.
    private var confirming: [(index: LogIndex, at: Instant)] = []
    private var freshAt: Instant?
    private var lastID: UInt64

    /// Creates waiters whose questions are numbered from a number that no earlier process of this
    /// node used: an answer to one of its questions says nothing about a later read.
    package init(after number: UInt64) { lastID = number }

    /// Whether a question may go out: there is something to ask for, and none is under way.
    package var mayAsk: Bool { !gathered.isEmpty && asked == nil }

    /// Takes what is to be asked for with the next question.
    package mutating func gather(_ purpose: Purpose, deadline: Instant) {
        gathered.append(Waiter(purpose: purpose, deadline: deadline))
    }

    /// Takes what waits for an index that nobody is asked for.
    package mutating func wait(_ purpose: Purpose, for index: LogIndex, deadline: Instant) {
        placed.append((index, Waiter(purpose: purpose, deadline: deadline)))
    }

    /// Whether the state holds all that was acknowledged until `limit` ago: a question was asked
    /// since, and its index is applied.
    ///
    /// Counted from the asking, for the answer says nothing about what was written after it.
    package func isFresh(within limit: Duration, at now: Instant) -> Bool {
        freshAt.map { now - $0 <= limit } ?? false
    }

    /// The state is another one, which may be older.
    package mutating func forgetFreshness() {
        freshAt = nil
        confirming = []
    }

    /// What was asked goes back to what is to be asked: the one who was asked will not answer.
    package mutating func askAgain() {
        guard let question = asked else { return }
        gathered = question.waiters + gathered
        asked = nil
    }

    /// Begins a question for all that has gathered, and gives its number.
    package mutating func begin(at now: Instant) -> UInt64 {
        lastID &+= 1
        asked = (lastID, gathered, now)
        gathered = []
        return lastID
    }

    /// When the question under way has been without an answer for too long.
    package func isLate(at now: Instant, after patience: Duration) -> Bool {
        asked.map { $0.at + patience <= now } ?? false
    }

    /// The answer to a question; late answers to others are ignored.
    package mutating func answered(_ id: UInt64, _ index: LogIndex) {
        guard let question = asked, question.id == id else { return }
        asked = nil
        confirming.append((index, question.at))
        waiting += question.waiters.map { (index, $0) }
    }

    /// Whether this question is under way.
    package func isAsking(_ id: UInt64) -> Bool { asked?.id == id }

    /// What may go on now that `applied` is applied.
    package mutating func ready(applied: LogIndex) -> [Purpose] {
        // Indexes and times of questions only rise.
        while let oldest = confirming.first, oldest.index <= applied {
            freshAt = oldest.at
            confirming.removeFirst()
        }
        let isReady = { (place: (index: LogIndex, waiter: Waiter)) in place.index <= applied }
        guard waiting.contains(where: isReady) || placed.contains(where: isReady) else { return [] }
        let ready = waiting.filter(isReady) + placed.filter(isReady)
        waiting.removeAll(where: isReady)
        placed.removeAll(where: isReady)
        return ready.map(\.waiter.purpose)
    }

    /// Removes and gives what has waited too long.
    package mutating func removeExpired(at now: Instant) -> [Purpose] {
        guard let next = nextDeadline, next <= now else { return [] }
        var expired = gathered.filter { $0.deadline <= now }
        gathered.removeAll { $0.deadline <= now }
        expired += asked?.waiters.filter { $0.deadline <= now } ?? []
        asked?.waiters.removeAll { $0.deadline <= now }
        expired += waiting.map(\.waiter).filter { $0.deadline <= now }
        waiting.removeAll { $0.waiter.deadline <= now }
        expired += placed.map(\.waiter).filter { $0.deadline <= now }
        placed.removeAll { $0.waiter.deadline <= now }
        return expired.map(\.purpose)
    }

    /// When the next waiter expires.
    ///
    /// All wait for the same time, so the first of each is the oldest.
    package var nextDeadline: Instant? {
        let oldest = [
            gathered.first, asked?.waiters.first, waiting.first?.waiter, placed.first?.waiter,
        ]
        return oldest.compactMap { $0?.deadline }.min()
    }
}
