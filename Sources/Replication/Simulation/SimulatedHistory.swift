import Storage

/// What clients did and were told, and whether the log explains it.
///
/// An answer names its place in the log: a request's, the entry that it took effect with; a query's,
/// the last entry that it saw. So the order is known, and the check is exact: the log, applied to a
/// fresh state machine, gives these answers at these places; each request took effect once; what
/// ended before something else began comes before it.
struct SimulatedHistory<Machine: Service> {
    struct Call {
        enum Kind {
            case request
            case query(Machine.Query)
        }
        var kind: Kind
        /// A request's; it names no other.
        var key = ""
        /// SHA-256 of a request without its secrets: what its key stands for.
        var digest = ""
        var caller: Caller
        var began: Instant
        /// When its answer came, or nil if none came: it may or may not have taken effect.
        var ended: Instant?
        /// Where in the log it has its place, and what it was answered.
        var place: (index: LogIndex, answer: [UInt8])?
        /// What it was refused with: its place, if it has one, is not told.
        var refusal: Refusal?

        var isRequest: Bool { if case .request = kind { true } else { false } }
    }

    private(set) var calls: [Call] = []

    mutating func begin(_ call: Call) -> Int {
        calls.append(call)
        return calls.count - 1
    }

    /// Takes an answer; of several to one request all must say the same.
    mutating func end(
        _ number: Int,
        _ place: (index: LogIndex, answer: [UInt8]),
        at now: Instant
    ) throws(SimulatedFlaw) {
        let call = calls[number]
        guard call.ended == nil else {
            guard !call.isRequest || call.place.map({ $0 == place }) ?? false else {
                throw flaw(in: call, "answered at \(place.index)")
            }
            return
        }
        calls[number].ended = now
        calls[number].place = place
    }

    /// Takes a refusal.
    mutating func refuse(
        _ number: Int,
        _ refusal: Refusal,
        at now: Instant
    ) throws(SimulatedFlaw) {
        let call = calls[number]
        guard call.ended == nil else {
            guard !call.isRequest || call.refusal == refusal else {
                throw flaw(in: call, "refused: \(refusal.code)")
            }
            return
        }
        calls[number].ended = now
        calls[number].refusal = refusal
    }

    private func flaw(in call: Call, _ now: String) -> SimulatedFlaw {
        let before =
            call.place.map { "answered at \($0.index)" }
            ?? "refused: \(call.refusal?.code ?? "")"
        return SimulatedFlaw(.exactlyOnce, "'\(call.key)' was \(before), and then \(now)")
    }

    /// Checks all answers against the lines of the log.
    ///
    /// - Returns: The state machine after the last of them.
    func check(_ lines: [[UInt8]]) throws(SimulatedFlaw) -> Machine {
        let replay = try Replay<Machine>(lines, calls)
        for call in calls where call.isRequest {
            if let refusal = call.refusal { try check(refusal, of: call, in: replay) }
            guard let place = call.place else { continue }
            guard let effect = replay.effects[call.key] else {
                throw SimulatedFlaw(
                    .acknowledgedIsKept,
                    "'\(call.key)' was acknowledged at \(place.index) and is not in the log"
                )
            }
            guard effect.index == place.index, effect.output == place.answer else {
                throw SimulatedFlaw(
                    .linearizability,
                    "'\(call.key)' took effect at \(effect.index), not at \(place.index) as was"
                        + " answered, or with another output"
                )
            }
        }
        try checkOrder()
        try checkFuture(replay.effects)
        return replay.machine
    }

    /// What took effect was not refused, or just so.
    private func check(
        _ refusal: Refusal,
        of call: Call,
        in replay: Replay<Machine>
    ) throws(SimulatedFlaw) {
        guard let effect = replay.effects[call.key] else { return }
        let output: Machine.Output
        do throws(LineError) { output = try Machine.Output(lineBytes: effect.output) } catch {
            throw SimulatedFlaw(.logMatching, "an output cannot be read: \(error)")
        }
        guard Machine.refusal(in: output) == refusal else {
            throw SimulatedFlaw(
                .linearizability,
                "'\(call.key)' was refused with \(refusal.code), and took effect at"
                    + " \(effect.index) otherwise"
            )
        }
    }

    /// What ended before a call began is seen by it.
    private func checkOrder() throws(SimulatedFlaw) {
        let placed = calls.filter { $0.place != nil }
        var ended = placed.sorted { ($0.ended ?? $0.began) < ($1.ended ?? $1.began) }[...]
        var floor = LogIndex.zero
        for call in placed.sorted(by: { $0.began < $1.began }) {
            guard let index = call.place?.index else { continue }
            while let first = ended.first, let end = first.ended, end < call.began {
                floor = max(floor, first.place?.index ?? floor)
                ended.removeFirst()
            }
            guard call.isRequest ? index > floor : index >= floor else {
                throw SimulatedFlaw(
                    .linearizability,
                    "a \(call.isRequest ? "request" : "query") at \(index) began after \(floor) had"
                        + " been seen"
                )
            }
        }
    }

    /// Nothing is seen that began after the call that sees it had ended.
    private func checkFuture(
        _ effects: [String: Replay<Machine>.Effect]
    ) throws(SimulatedFlaw) {
        var beginnings = calls.compactMap { call in
            effects[call.key].map { (index: $0.index, began: call.began) }
        }
        .sorted { $0.index < $1.index }[...]
        var latest = Instant(nanoseconds: .min)
        let placed = calls.compactMap { call in
            call.ended.flatMap { ended in call.place.map { (index: $0.index, ended: ended) } }
        }
        for call in placed.sorted(by: { $0.index < $1.index }) {
            while let first = beginnings.first, first.index <= call.index {
                latest = max(latest, first.began)
                beginnings.removeFirst()
            }
            guard latest <= call.ended else {
                throw SimulatedFlaw(.linearizability, "\(call.index) was seen before it was sent")
            }
        }
    }
}

/// A promise that a history breaks.
struct SimulatedFlaw: Error {
    var promise: Violation.Promise
    var detail: String

    init(_ promise: Violation.Promise, _ detail: String) {
        (self.promise, self.detail) = (promise, detail)
    }
}

/// A log applied to a fresh state machine, by rules written down a second time: of the entries with
/// one key the first takes effect.
private struct Replay<Machine: Service> {
    struct Effect {
        var index: LogIndex
        var request: String
        var output: [UInt8]
    }

    private(set) var machine = Machine()
    /// What took effect, by key.
    private(set) var effects: [String: Effect] = [:]

    init(
        _ lines: [[UInt8]],
        _ calls: [SimulatedHistory<Machine>.Call]
    ) throws(SimulatedFlaw) {
        let digests = calls.filter(\.isRequest).map { ($0.key, $0.digest) }
        let sent = Dictionary(digests) { first, _ in first }
        var queries: [LogIndex: [SimulatedHistory<Machine>.Call]] = [:]
        for call in calls where !call.isRequest {
            if let place = call.place { queries[place.index, default: []].append(call) }
        }
        for line in lines {
            let entry = try Self.read(line)
            if case .operation(let proposal) = entry.payload {
                guard sent[proposal.key] == proposal.request else {
                    throw SimulatedFlaw(
                        .nothingInvented,
                        "what '\(proposal.key)' stands for in the log was never sent"
                    )
                }
                do throws(LineError) { try apply(proposal, of: entry) } catch {
                    throw Self.unreadable(error)
                }
            }
            for call in queries.removeValue(forKey: entry.position.index) ?? [] {
                try check(call, at: entry.time)
            }
        }
        if let index = queries.keys.min() {
            throw SimulatedFlaw(.linearizability, "a query saw entry \(index), which nobody has")
        }
    }

    private static func read(_ line: [UInt8]) throws(SimulatedFlaw) -> LogEntry {
        do throws(LineError) { return try LogEntry(line: line) } catch { throw unreadable(error) }
    }

    private static func unreadable(_ error: LineError) -> SimulatedFlaw {
        SimulatedFlaw(.logMatching, "an entry of the log cannot be read: \(error)")
    }

    private mutating func apply(_ proposal: Proposal, of entry: LogEntry) throws(LineError) {
        let operation = try Machine.Operation(lineBytes: proposal.operation)
        guard let effect = effects[proposal.key] else {
            effects[proposal.key] = Effect(
                index: entry.position.index,
                request: proposal.request,
                output: run(operation, proposal, entry).lineBytes
            )
            return
        }
        guard effect.request == proposal.request else { return }
        let output = try Machine.Output(lineBytes: effect.output)
        if let again = machine.repeated(operation, answered: output) {
            _ = run(again, proposal, entry)
        }
    }

    private mutating func run(
        _ operation: Machine.Operation,
        _ proposal: Proposal,
        _ entry: LogEntry
    ) -> Machine.Output {
        let context = ApplyContext(
            index: entry.position.index,
            time: entry.time,
            by: proposal.by,
            key: proposal.key
        )
        let output = machine.apply(operation, at: context)
        _ = machine.takeEvents()
        return output
    }

    private func check(
        _ call: SimulatedHistory<Machine>.Call,
        at time: Timestamp
    ) throws(SimulatedFlaw) {
        guard case .query(let query) = call.kind, let place = call.place else { return }
        let answer: [UInt8]
        do throws(Refusal) {
            answer = try machine.answer(query, from: call.caller, now: time).lineBytes
        } catch {
            throw SimulatedFlaw(
                .linearizability,
                "a query at \(place.index) was answered, but the log says: \(error)"
            )
        }
        guard answer == place.answer else {
            throw SimulatedFlaw(
                .linearizability,
                "a query at \(place.index) was not answered as the log says"
            )
        }
    }
}
