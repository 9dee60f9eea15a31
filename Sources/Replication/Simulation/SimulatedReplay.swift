import Storage

/// A log applied to a fresh state machine, by rules written down a second time: of the entries with
/// one key the first takes effect.
package struct Replay<Machine: Service> {
    /// What a key stands for.
    struct Effect {
        var index: LogIndex
        var request: String
        var output: [UInt8]
        /// What it may have been refused with, at first or when it was sent again.
        var refusals: [Refusal]
    }

    /// An event's place, and its canonical form.
    struct EmittedEvent: Hashable {
        var id: EventID
        var line: [UInt8]
    }

    /// The state after the last entry.
    package private(set) var machine = Machine()
    /// What it emitted, first to last.
    private(set) var events: [EmittedEvent] = []
    /// What took effect, by key.
    private(set) var effects: [String: Effect] = [:]

    /// The last entry.
    private(set) var last = LogIndex.zero

    /// Applies a log.
    ///
    /// - Parameters:
    ///   - lines: Its entries.
    ///   - calls: What was asked for.
    ///   - look: Shown each state, from the first on, the entry that led to it, and the time.
    /// - Throws: ``SimulatedFlaw`` if something was never sent, or a query not answered so.
    init(
        _ lines: [[UInt8]],
        _ calls: [SimulatedHistory<Machine>.Call],
        look: (Machine, LogIndex, Timestamp) -> Void = { _, _, _ in }
    ) throws(SimulatedFlaw) {
        let digests = calls.filter(\.isRequest).map { ($0.key, $0.digest) }
        let sent = Dictionary(digests) { first, _ in first }
        var queries: [LogIndex: [SimulatedHistory<Machine>.Call]] = [:]
        for call in calls where !call.isRequest {
            if let place = call.place { queries[place.index, default: []].append(call) }
        }
        look(machine, .zero, Timestamp(milliseconds: 0))
        for line in lines {
            let entry = try Self.read(line)
            last = entry.position.index
            if case .operation(let proposal) = entry.payload {
                guard sent[proposal.key] == proposal.request else {
                    throw SimulatedFlaw(
                        .nothingInvented,
                        "what '\(proposal.key)' stands for in the log was never sent"
                    )
                }
                try apply(proposal, of: entry)
            }
            for call in queries.removeValue(forKey: entry.position.index) ?? [] {
                try check(call, at: entry.time)
            }
            look(machine, last, entry.time)
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

    private mutating func apply(_ proposal: Proposal, of entry: LogEntry) throws(SimulatedFlaw) {
        let operation: Machine.Operation
        do throws(LineError) {
            operation = try Machine.Operation(lineBytes: proposal.operation)
        } catch { throw Self.unreadable(error) }
        guard let effect = effects[proposal.key] else {
            let output = try run(operation, proposal, entry)
            effects[proposal.key] = Effect(
                index: entry.position.index,
                request: proposal.request,
                output: try Self.line(of: output),
                refusals: Machine.refusal(in: output).map { [$0] } ?? []
            )
            return
        }
        guard effect.request == proposal.request else { return }
        let output: Machine.Output
        do throws(LineError) { output = try Machine.Output(lineBytes: effect.output) } catch {
            throw SimulatedFlaw(.determinism, "an output cannot be read again: \(error)")
        }
        if let again = machine.repeated(operation, answered: output) {
            let second = try run(again, proposal, entry)
            if let refusal = Machine.refusal(in: second) {
                effects[proposal.key]?.refusals.append(refusal)
            }
        }
    }

    private mutating func run(
        _ operation: Machine.Operation,
        _ proposal: Proposal,
        _ entry: LogEntry
    ) throws(SimulatedFlaw) -> Machine.Output {
        let context = ApplyContext(
            index: entry.position.index,
            time: entry.time,
            by: proposal.by,
            key: proposal.key
        )
        let output = machine.apply(operation, at: context)
        for (number, event) in machine.takeEvents().enumerated() {
            let id = EventID(index: entry.position.index, number: number)
            events.append(EmittedEvent(id: id, line: try Self.line(of: event)))
        }
        return output
    }

    private static func line(of value: some LineCodable) throws(SimulatedFlaw) -> [UInt8] {
        do throws(LineError) { return try value.canonicalForm() } catch {
            throw SimulatedFlaw(.determinism, "what apply gives cannot be written: \(error)")
        }
    }

    /// The first event of a node's window that the log does not give at that place, or nil.
    func flaw(in window: EventLog<Machine.Event>) throws(SimulatedFlaw) -> String? {
        let wanted = events.filter { $0.id.index > window.floor }
        for offset in 0..<max(wanted.count, window.count) {
            guard offset < wanted.count else {
                return "event \(window[offset].id) is none of its log"
            }
            guard offset < window.count else { return "event \(wanted[offset].id) is missing" }
            let found = EmittedEvent(
                id: window[offset].id,
                line: try Self.line(of: window[offset].event)
            )
            guard found == wanted[offset] else {
                return "event \(found.id) is not event \(wanted[offset].id) of its log"
            }
        }
        return nil
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
