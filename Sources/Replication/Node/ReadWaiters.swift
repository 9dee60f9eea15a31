import ReplicationCollections
package import Storage

/// What waits for a state that is new enough.
///
/// One question to the leader is under way at a time; what comes meanwhile waits for the next, for
/// an index that was asked for before a read came says nothing about it.
///
/// What is ready, or has waited too long, is found at the front of a queue: an applied entry costs
/// what it completes, however much waits (pitfall 56).
package struct ReadWaiters: Sendable {
    /// What is to be done once the state is new enough.
    package enum Purpose: Hashable, Sendable {
        /// A query is answered.
        case query(Ticket)
        /// A request that was refused is admitted again.
        case admission(Ticket)
        case stream(Ticket)
    }

    fileprivate struct Waiter: Hashable, Sendable {
        var purpose: Purpose
        var deadline: Instant
    }

    private var gathered = ChunkedArray<Waiter>()
    private var asked: (id: UInt64, waiters: ChunkedArray<Waiter>, at: Instant)?
    /// What waits for an index that was answered; the indexes never fall.
    private var waiting = ChunkedArray<(index: LogIndex, waiter: Waiter)>()
    /// What waits for an index that a caller named.
    private var placed = PlacedWaiters()
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
        placed.add(Waiter(purpose: purpose, deadline: deadline), at: index)
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
        var all = question.waiters
        all.append(contentsOf: gathered)
        gathered = all
        asked = nil
    }

    /// Begins a question for all that has gathered, and gives its number.
    package mutating func begin(at now: Instant) -> UInt64 {
        lastID &+= 1
        asked = (lastID, gathered, now)
        gathered = ChunkedArray()
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
        // A later index than the one that is needed does no harm, and keeps the order.
        let place = max(index, waiting.last?.index ?? index)
        for waiter in question.waiters { waiting.append((place, waiter)) }
    }

    /// Whether this question is under way.
    package func isAsking(_ id: UInt64) -> Bool { asked?.id == id }

    /// What may go on now that `applied` is applied.
    ///
    /// - Complexity: O(*k* log *n*) in the number *k* of what may go on.
    package mutating func ready(applied: LogIndex) -> [Purpose] {
        // Indexes and times of questions only rise.
        while let oldest = confirming.first, oldest.index <= applied {
            freshAt = oldest.at
            confirming.removeFirst()
        }
        var ready: [Purpose] = []
        while let next = waiting.first, next.index <= applied {
            _ = waiting.popFirst()
            ready.append(next.waiter.purpose)
        }
        while let next = placed.popFirst(through: applied) { ready.append(next.purpose) }
        return ready
    }

    /// Removes and gives what has waited too long.
    ///
    /// - Complexity: O(*k* log *n*) in the number *k* of what is given.
    package mutating func removeExpired(at now: Instant) -> [Purpose] {
        var expired: [Purpose] = []
        while let next = gathered.first, next.deadline <= now {
            _ = gathered.popFirst()
            expired.append(next.purpose)
        }
        while let next = asked?.waiters.first, next.deadline <= now {
            _ = asked?.waiters.popFirst()
            expired.append(next.purpose)
        }
        while let next = waiting.first, next.waiter.deadline <= now {
            _ = waiting.popFirst()
            expired.append(next.waiter.purpose)
        }
        while let next = placed.popExpired(at: now) { expired.append(next.purpose) }
        return expired
    }

    /// When the next waiter expires.
    ///
    /// All wait for the same time, so the first of each is the oldest.
    package var nextDeadline: Instant? {
        let oldest = [
            gathered.first, asked?.waiters.first, waiting.first?.waiter, placed.oldest,
        ]
        return oldest.compactMap { $0?.deadline }.min()
    }
}

/// Waiters by the index that each waits for, and by age.
private struct PlacedWaiters: Sendable {
    private struct Place: Hashable, Comparable, Sendable {
        var index: LogIndex
        /// In the order in which they came.
        var number: UInt64

        static func < (left: Place, right: Place) -> Bool {
            (left.index, left.number) < (right.index, right.number)
        }
    }

    private var waiters = SortedMap<Place, ReadWaiters.Waiter>()
    /// The oldest first; it is still there.
    private var ages = ChunkedArray<Place>()
    private var lastNumber: UInt64 = 0

    var oldest: ReadWaiters.Waiter? { ages.first.flatMap { waiters[$0] } }

    mutating func add(_ waiter: ReadWaiters.Waiter, at index: LogIndex) {
        lastNumber += 1
        let place = Place(index: index, number: lastNumber)
        waiters[place] = waiter
        ages.append(place)
    }

    mutating func popFirst(through index: LogIndex) -> ReadWaiters.Waiter? {
        guard let first = waiters.first, first.key.index <= index else { return nil }
        waiters.removeValue(forKey: first.key)
        forgetGone()
        return first.value
    }

    mutating func popExpired(at now: Instant) -> ReadWaiters.Waiter? {
        guard let oldest, oldest.deadline <= now, let place = ages.popFirst() else { return nil }
        waiters.removeValue(forKey: place)
        forgetGone()
        return oldest
    }

    private mutating func forgetGone() {
        while let place = ages.first, !waiters.contains(place) { _ = ages.popFirst() }
    }
}
