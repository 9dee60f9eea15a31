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
        /// In which round of handing out it was handed out last.
        fileprivate var round: UInt64 = 0

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
    /// Up to where in `order` all was handed out in this round.
    private var handed = 0
    /// The bytes of what was handed out in this round and has no answer.
    private var handedBytes = 0
    private var round: UInt64 = 1

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

    /// Hands out the next request that was not handed out in this round.
    ///
    /// From here on somebody may carry it out. One that is too old to be answered is passed by: after
    /// a long pause its first try may be forgotten by the table, and it would take effect twice.
    ///
    /// - Parameters:
    ///   - bytes: As much may be handed out without an answer; a lone one always may.
    ///   - now: The time.
    /// - Returns: The request, or nil if all are out or there is no room.
    package mutating func handOut(within bytes: Int, at now: Instant) -> Request? {
        while handed < order.count {
            guard var request = requests[order[handed]], request.deadline > now else {
                handed += 1
                continue
            }
            let size = request.proposal.estimatedBytes
            guard handedBytes == 0 || handedBytes + size <= bytes else { return nil }
            handed += 1
            handedBytes += size
            request.round = round
            request.handOvers += 1
            requests[request.ticket] = request
            return request
        }
        return nil
    }

    /// Begins a new round: all that has no answer is to be handed out again.
    package mutating func takeBack() {
        round += 1
        handed = front
        handedBytes = 0
    }

    /// Removes an answered request.
    package mutating func remove(_ ticket: Ticket) -> Request? {
        defer { dropAnswered() }
        let removed = requests.removeValue(forKey: ticket)
        if let removed, removed.round == round {
            handedBytes -= removed.proposal.estimatedBytes
        }
        return removed
    }

    /// Whether some may wait to be handed out in this round.
    package var hasWaiting: Bool { handed < order.count }

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
            handed = max(0, handed - front)
            front = 0
        }
    }
}
