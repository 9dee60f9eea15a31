import Storage

/// What the leader has taken and not applied yet, and who waits for it.
struct ProposalsInFlight: Sendable {
    /// Who is told what became of a proposal.
    enum Waiter: Hashable, Sendable {
        /// A client of this node.
        case local(Ticket)
        /// A node that forwarded it, and its number there.
        case peer(NodeIdentity, UInt64)
    }

    /// The most that wait for one proposal, under one key.
    private static let maximumWaiters = 1_024

    private struct Flight: Sendable {
        var proposal: Proposal
        var waiters: [Waiter]
    }

    private var flights: [UInt64: Flight] = [:]
    private var joinable: [RequestIdentity: UInt64] = [:]
    private var placed: [LogIndex: UInt64] = [:]
    private var queue: [UInt64] = []
    /// The estimated bytes of what is queued.
    private var queueBytes = 0
    private var lastID: UInt64 = 0

    var hasQueued: Bool { !queue.isEmpty }

    /// The request of a proposal in flight under this identity, if there is one.
    func request(of identity: RequestIdentity) -> String? {
        joinable[identity].flatMap { flights[$0]?.proposal.request }
    }

    /// Waits for a proposal that is in flight already.
    ///
    /// - Returns: False if too many wait for it.
    mutating func join(_ identity: RequestIdentity, _ waiter: Waiter) -> Bool {
        guard let id = joinable[identity], let count = flights[id]?.waiters.count,
            count < Self.maximumWaiters
        else { return false }
        flights[id]?.waiters.append(waiter)
        return true
    }

    /// Whether a proposal may be queued beside those that are; a lone one always may.
    ///
    /// What is queued becomes one batch, so the batch of a leader with an empty log is bounded too.
    func hasRoom(for proposal: Proposal, upTo bytes: Int) -> Bool {
        queue.isEmpty || queueBytes + proposal.estimatedBytes <= bytes
    }

    /// Queues a proposal for the end of the turn.
    mutating func enqueue(_ proposal: Proposal, _ waiter: Waiter) {
        lastID += 1
        flights[lastID] = Flight(proposal: proposal, waiters: [waiter])
        joinable[proposal.identity] = lastID
        queue.append(lastID)
        queueBytes += proposal.estimatedBytes
    }

    /// The queued proposals' sizes, for the core's limits.
    var queuedBytes: [Int] {
        queue.compactMap { flights[$0]?.proposal.estimatedBytes }
    }

    /// Gives the queued proposals their places, and the proposals in that order.
    mutating func place(from first: LogIndex) -> [Proposal] {
        var index = first
        var proposals: [Proposal] = []
        for id in queue {
            guard let flight = flights[id] else { continue }
            placed[index] = id
            index = index.next
            proposals.append(flight.proposal)
        }
        queue.removeAll(keepingCapacity: true)
        queueBytes = 0
        return proposals
    }

    /// Gives up the queued proposals, and who waited for them.
    mutating func removeQueued() -> [Waiter] {
        defer {
            queue.removeAll()
            queueBytes = 0
        }
        return queue.flatMap { remove($0) }
    }

    /// Who waits for the entry at an index, which was applied.
    mutating func applied(_ index: LogIndex) -> [Waiter] {
        guard let id = placed.removeValue(forKey: index) else { return [] }
        return remove(id)
    }

    /// Gives up everything: this node no longer leads.
    mutating func removeAll() {
        self = ProposalsInFlight(lastID: lastID)
    }

    init() {}
    private init(lastID: UInt64) { self.lastID = lastID }

    private mutating func remove(_ id: UInt64) -> [Waiter] {
        guard let flight = flights.removeValue(forKey: id) else { return [] }
        if joinable[flight.proposal.identity] == id {
            joinable.removeValue(forKey: flight.proposal.identity)
        }
        return flight.waiters
    }
}
