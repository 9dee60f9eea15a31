import Storage

/// Clients that make one call after the other, try each again under the same key until it has an
/// answer, and note what they were told.
final class SimulatedClients<Workload: SimulatedWorkload> {
    private struct Client {
        var left: Int
        /// How many calls it has begun.
        var begun = 0
        /// Who must all answer its last call, once nothing goes wrong there any more.
        var asked: [Int] = []
        /// Who has not answered the call that is under way and must; empty if anybody may.
        var awaited: [Int] = []
        var call: Int?
        var content: SimulatedCall<Workload.Machine>?
        var caller = Caller()
        var attempt = 0
        var isSlow = false
        /// The newest entry that it knows of, and knew of when it began its call.
        var seen = LogIndex.zero
        var since = LogIndex.zero
    }

    private let simulation: Simulation<Workload.Machine>
    private(set) var workload: Workload
    private var clients: [Client]
    private(set) var history = SimulatedHistory<Workload.Machine>()
    /// How many tries were not the first of their call.
    private(set) var retries = 0
    /// How many calls had an answer that says what became of them.
    private(set) var answered = 0
    /// How many of those were refused by the state machine.
    private(set) var refused = 0
    private var pause: Duration

    /// How many calls there are while faults come; the others come after healing.
    let callsUnderFaults: Int

    init(_ simulation: Simulation<Workload.Machine>, _ workload: Workload) {
        self.simulation = simulation
        self.workload = workload
        let configuration = simulation.configuration
        // One call for each time that somebody is healed, if there are enough.
        let calls = max(configuration.calls - 2, configuration.calls / 2)
        clients = Array(repeating: Client(left: calls), count: configuration.clients)
        callsUnderFaults = calls * configuration.clients
        // Spread over the time of faults, with some left for tries again.
        pause = configuration.faultyFor / max(1, calls) * 3 / 4
        for client in clients.indices { plan(client, after: draw(pause * 2)) }
    }

    /// Lets each client make one more call, and each of these hosts be asked by one of them at least:
    /// all that are asked must answer.
    ///
    /// - Parameters:
    ///   - hosts: Whom they ask.
    ///   - share: Each so-many-th of the calls that were kept back is made now; the last time all.
    func goOn(with hosts: [Int], _ share: Int = 1) {
        pause = .milliseconds(20)
        for number in clients.indices {
            let isIdle = clients[number].left == 0 && clients[number].call == nil
            let kept = simulation.configuration.calls - clients[number].begun - clients[number].left
            guard kept > 0 else { continue }
            clients[number].left += (kept + share - 1) / share
            clients[number].asked = stride(from: number, to: hosts.count, by: clients.count)
                .map { hosts[$0] }
            if isIdle { plan(number, after: draw(pause)) }
        }
    }

    /// Whether every client has all its answers.
    var isDone: Bool { clients.allSatisfy { $0.left == 0 && $0.call == nil } }

    private func draw(_ limit: Duration) -> Duration {
        simulation.draw(0...max(0, limit.nanoseconds))
    }

    private func plan(_ client: Int, after delay: Duration) {
        simulation.after(delay) { [unowned self] () throws(Violation) in try attempt(client) }
    }

    private func attempt(_ number: Int) throws(Violation) {
        if clients[number].call == nil {
            guard clients[number].left > 0 else { return }
            begin(number)
        } else {
            retries += 1
        }
        clients[number].attempt += 1
        let (call, attempt) = (clients[number].call, clients[number].attempt)
        // Who was removed meanwhile need not answer.
        let reachable = simulation.reachable
        clients[number].awaited.removeAll { !reachable.contains($0) }
        let awaited = clients[number].awaited
        for host in awaited.isEmpty ? drawHosts() : awaited { try send(number, to: host) }
        // No answer in time: the same call again, anywhere.
        let patience: Duration = clients[number].isSlow ? .milliseconds(3_000) : .milliseconds(700)
        simulation.after(patience) { [unowned self] () throws(Violation) in
            if clients[number].call == call, call != nil, clients[number].attempt == attempt {
                try self.attempt(number)
            }
        }
    }

    /// One host, mostly; in a storm all, each twice.
    private func drawHosts() -> [Int] {
        let reachable = simulation.reachable
        guard !reachable.isEmpty else { return [] }
        guard simulation.happens(simulation.faults.storms) else {
            return [reachable[simulation.draw(reachable.count)]]
        }
        simulation.counts[.storms] += 1
        return (reachable + reachable).shuffled(using: &simulation.generator)
    }

    private func begin(_ number: Int) {
        let content = workload.next(for: number, using: &simulation.generator)
        clients[number].left -= 1
        clients[number].begun += 1
        clients[number].attempt = 0
        // The others are still made while faults come, or were begun then.
        clients[number].awaited = clients[number].left == 0 ? clients[number].asked : []
        clients[number].content = content
        clients[number].caller = workload.caller(of: number)
        clients[number].since = clients[number].seen
        clients[number].isSlow = simulation.happens(simulation.faults.slowClients)
        if clients[number].isSlow { simulation.counts[.slowClients] += 1 }
        let kind: SimulatedHistory<Workload.Machine>.Call.Kind
        switch content {
        case .request(let request): kind = .request(request)
        case .query(let query): kind = .query(query)
        }
        clients[number].call = history.begin(
            .init(
                kind: kind,
                key: key(number),
                caller: clients[number].caller,
                began: simulation.now
            )
        )
    }

    private func key(_ number: Int) -> String { "client\(number)-\(clients[number].begun)" }

    private func send(_ number: Int, to host: Int) throws(Violation) {
        // Of several tries at once the first may have been answered.
        guard let call = clients[number].call, let content = clients[number].content else { return }
        let take = { [unowned self] (answer: SimulatedAnswer) throws(Violation) in
            try self.take(answer, to: call, of: number, from: host)
        }
        switch content {
        case .request(let request):
            try simulation.request(
                request,
                key: key(number),
                since: clients[number].since,
                caller: clients[number].caller,
                at: host,
                answered: take
            )
        case .query(let query):
            // An answer to an earlier try of a query is as good as one to the last.
            try simulation.query(
                query,
                caller: clients[number].caller,
                at: host,
                answered: take
            )
        }
    }

    private func take(
        _ answer: SimulatedAnswer,
        to call: Int,
        of number: Int,
        from host: Int
    ) throws(Violation) {
        let isAwaited = clients[number].call == call
        switch answer {
        case .output(let index, let bytes, _), .answer(let index, let bytes):
            simulation.trace.mix(index.value)
            do throws(SimulatedFlaw) {
                try history.end(call, (index, bytes), at: simulation.now)
            } catch { throw simulation.violation(error.promise, error.detail) }
            guard isAwaited else { return }
            clients[number].seen = max(clients[number].seen, index)
            guard isLastAwaited(host, of: number) else { return }
            answered += 1
        case .refused(let refusal):
            history.refuse(call, refusal, at: simulation.now)
            guard isAwaited, isLastAwaited(host, of: number) else { return }
            (answered, refused) = (answered + 1, refused + 1)
        case .expired:
            throw simulation.violation(
                .time,
                "'\(history.calls[call].key)' is expired, and nothing is as old as that"
            )
        case .invalid(let reason):
            throw simulation.violation(.workload, "a call was not understood: \(reason)")
        case .unavailable, .unknown:
            guard isAwaited, !clients[number].isSlow else { return }
            let attempt = clients[number].attempt
            simulation.after(.milliseconds(50)) { [unowned self] () throws(Violation) in
                if clients[number].call == call, clients[number].attempt == attempt {
                    try self.attempt(number)
                }
            }
            return
        }
        workload.took(answer, for: number)
        clients[number].call = nil
        clients[number].content = nil
        plan(number, after: draw(pause * 2))
    }

    /// Whether nobody else needs to answer a client's call.
    private func isLastAwaited(_ host: Int, of number: Int) -> Bool {
        clients[number].awaited.removeAll { $0 == host }
        return clients[number].awaited.isEmpty
    }
}
