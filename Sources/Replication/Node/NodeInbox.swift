/// What a node was given and has not taken, in the order in which it will be taken.
///
/// What keeps the cluster alive (messages of the core, what the disk reports, connections) goes
/// before what clients ask for, here and through other nodes: a thousand queries that were read in
/// one turn must not stand before one heartbeat. Each of the two kinds keeps its order.
struct NodeInbox: Sendable {
    private var urgent: [NodeInput] = []
    private var ordinary: [NodeInput] = []
    private var taken = 0
    /// Whose asker has gone, while anything is left in ``ordinary``.
    private var abandoned: Set<Ticket> = []

    var isEmpty: Bool { urgent.isEmpty && taken == ordinary.count }

    mutating func add(_ inputs: [NodeInput]) {
        for input in inputs {
            if input.isUrgent { urgent.append(input) } else { ordinary.append(input) }
            if case .abandon(let ticket) = input { abandoned.insert(ticket) }
        }
    }

    /// Takes all that must not wait.
    mutating func takeUrgent() -> [NodeInput] {
        defer { urgent.removeAll() }
        return urgent
    }

    /// Takes the oldest of what may wait; what nobody waits for any more is not begun.
    ///
    /// - Complexity: O(1) amortized.
    mutating func takeOrdinary() -> NodeInput? {
        defer { forgetTaken() }
        while taken < ordinary.count {
            let input = ordinary[taken]
            taken += 1
            if let ticket = input.opens, abandoned.contains(ticket) { continue }
            return input
        }
        return nil
    }

    /// Takes a request, query or stream back that was not begun; false if it is not here.
    mutating func remove(_ ticket: Ticket) -> Bool {
        guard let place = ordinary[taken...].firstIndex(where: { $0.opens == ticket }) else {
            return false
        }
        ordinary.remove(at: place)
        return true
    }

    private mutating func forgetTaken() {
        if taken == ordinary.count {
            ordinary.removeAll(keepingCapacity: taken <= 1_024)
            abandoned.removeAll()
            taken = 0
        } else if taken > 1_024, taken * 2 > ordinary.count {
            ordinary.removeFirst(taken)
            taken = 0
        }
    }
}

extension NodeInput {
    /// Whether the cluster suffers if this waits for what clients asked before it.
    fileprivate var isUrgent: Bool {
        switch self {
        case .request, .query, .prepareQuery, .keptQuery, .openStream, .pauseStream, .resumeStream,
            .order, .abandon, .stop:
            false
        case .message(_, .forward, _), .message(_, .read, _): false
        case .timer, .turnEnded, .computed, .persisted, .adopted, .loaded, .keptLoaded, .hello,
            .linked,
            .unlinked, .linkEnded, .message, .snapshotted, .snapshotFailed, .snapshotRead,
            .snapshotReceived, .snapshotChecked, .logReset, .compacted, .unloadable, .damaged,
            .disk:
            true
        }
    }

    /// The ticket that this input begins to wait under.
    fileprivate var opens: Ticket? {
        switch self {
        case .request(let request): request.ticket
        case .query(let ticket, _, _, _), .prepareQuery(let ticket, _),
            .keptQuery(let ticket, _, _, _), .openStream(let ticket, _, _), .order(let ticket, _):
            ticket
        default: nil
        }
    }

    /// The bytes that a client or a node asked with.
    var askedBytes: Int {
        switch self {
        case .request(let request): request.body.count
        case .query(_, let body, _, _), .keptQuery(_, let body, _, _): body.count
        case .message(_, .forward(_, let proposal), _): proposal.estimatedBytes
        default: 0
        }
    }
}
