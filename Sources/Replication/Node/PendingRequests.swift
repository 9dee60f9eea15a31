import Storage

/// The requests of this node's own clients that have no answer yet, in the order taken.
struct PendingRequests: Sendable {
    struct Request: Sendable {
        var ticket: Ticket
        var proposal: Proposal
        var secret: [UInt8]?
        var deadline: Instant
        /// How often it was given to a leader: it may be in the log of each of them, until an answer
        /// comes.
        var handOvers = 0

        /// What to say if the last leader did nothing: of earlier ones that is not known.
        func outcome(of failure: RequestFailure) -> RequestFailure {
            switch failure {
            case .noLeader, .overloaded, .notTried, .stopping, .tooLarge:
                handOvers > 1 ? .outcomeUnknown : failure
            case .outcomeUnknown, .keyReused, .keyExpired: failure
            }
        }
    }

    private var requests: [Ticket: Request] = [:]
    /// Tickets in the order taken; answered ones stay until they reach the front.
    private var order: [Ticket] = []
    private var front = 0

    var isEmpty: Bool { requests.isEmpty }
    var count: Int { requests.count }

    subscript(ticket: Ticket) -> Request? { requests[ticket] }

    mutating func append(_ request: Request) {
        requests[request.ticket] = request
        order.append(request.ticket)
    }

    mutating func markHandedOver(_ ticket: Ticket) {
        requests[ticket]?.handOvers += 1
    }

    mutating func remove(_ ticket: Ticket) -> Request? {
        defer { dropAnswered() }
        return requests.removeValue(forKey: ticket)
    }

    /// The unanswered requests, in the order taken.
    var inOrder: [Request] { order[front...].compactMap { requests[$0] } }

    /// Removes the oldest request if its deadline has passed.
    ///
    /// All wait for the same time, so the order taken is the order of deadlines.
    mutating func removeExpired(at now: Instant) -> Request? {
        guard front < order.count, let oldest = requests[order[front]], oldest.deadline <= now
        else { return nil }
        return remove(oldest.ticket)
    }

    /// When the oldest request expires.
    var nextDeadline: Instant? {
        front < order.count ? requests[order[front]]?.deadline : nil
    }

    private mutating func dropAnswered() {
        while front < order.count, requests[order[front]] == nil { front += 1 }
        if front > 1_024, front * 2 > order.count {
            order.removeFirst(front)
            front = 0
        }
    }
}
