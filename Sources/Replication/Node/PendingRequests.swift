import Storage

/// The requests of this node's own clients that have no answer yet, in the order taken.
package struct PendingRequests: Sendable {
    /// A request, its operation known.
    package struct Request: Sendable {
        /// Under which it is answered.
        package var ticket: Ticket
        /// What is to be proposed.
        package var proposal: Proposal
        /// What its caller alone is told.
        package var secret: [UInt8]?
        /// When it is too late.
        package var deadline: Instant
        /// How often it was given to a leader: it may be in the log of each of them, until an answer
        /// comes.
        package var handOvers = 0

        /// Creates a request that nobody has taken.
        package init(ticket: Ticket, proposal: Proposal, secret: [UInt8]?, deadline: Instant) {
            self.ticket = ticket
            self.proposal = proposal
            self.secret = secret
            self.deadline = deadline
        }

        /// What to say if the last leader did nothing: of earlier ones that is not known.
        package func outcome(of failure: RequestFailure) -> RequestFailure {
            switch failure {
            case .noLeader, .overloaded, .diskFull, .diverged, .behind, .notTried, .stopping,
                .removed,
                .tooLarge, .operationInvalid:
                handOvers > 1 ? .outcomeUnknown : failure
            case .outcomeUnknown, .keyReused, .keyExpired: failure
            }
        }
    }

    private var requests: [Ticket: Request] = [:]
    /// Tickets in the order taken; answered ones stay until they reach the front.
    private var order: [Ticket] = []
    private var front = 0

    /// Creates an empty window.
    package init() {}

    /// A request without an answer.
    package subscript(ticket: Ticket) -> Request? { requests[ticket] }

    /// Number of requests without an answer.
    package var count: Int { requests.count }

    /// Takes a request; its deadline is not before that of the one taken last.
    package mutating func append(_ request: Request) {
        requests[request.ticket] = request
        order.append(request.ticket)
    }

    /// Notes that somebody may carry it out.
    package mutating func markHandedOver(_ ticket: Ticket) {
        requests[ticket]?.handOvers += 1
    }

    /// Removes an answered request.
    package mutating func remove(_ ticket: Ticket) -> Request? {
        defer { dropAnswered() }
        return requests.removeValue(forKey: ticket)
    }

    /// The unanswered requests, in the order taken.
    package var inOrder: [Request] { order[front...].compactMap { requests[$0] } }

    /// Removes the oldest request if its deadline has passed.
    ///
    /// All wait for the same time, so the order taken is the order of deadlines.
    package mutating func removeExpired(at now: Instant) -> Request? {
        guard front < order.count, let oldest = requests[order[front]], oldest.deadline <= now
        else { return nil }
        return remove(oldest.ticket)
    }

    /// When the oldest request expires.
    package var nextDeadline: Instant? {
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
