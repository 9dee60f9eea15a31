package import Storage

/// What clients did and were told, and whether the log explains it.
///
/// An answer names its place in the log: a request's, the entry that it took effect with; a query's,
/// the last entry that it saw. So the order is known, and the check is exact: the log, applied to a
/// fresh state machine, gives these answers at these places; each request took effect once; what
/// ended before something else began comes before it.
package struct SimulatedHistory<Machine: Service> {
    /// A call of a client.
    package struct Call {
        /// What is called.
        package enum Kind {
            /// Something that is to take effect once.
            case request(Machine.Request)
            /// A question.
            case query(Machine.Query)
        }
        var kind: Kind
        /// A request's; it names no other.
        var key = ""
        var caller: Caller
        var began: Instant
        /// When its answer came, or nil if none came: it may or may not have taken effect.
        var ended: Instant?
        /// Where in the log it has its place, and what it was answered.
        var place: (index: LogIndex, answer: [UInt8])?
        /// What it was refused with, each once: the place is not told.
        var refusals: [Refusal] = []

        /// SHA-256 of a request without its secrets: what its key stands for.
        var digest: String {
            guard case .request(let request) = kind else { return "" }
            return SHA256.hexDigest(Machine.withoutSecrets(request).lineBytes)
        }

        var isRequest: Bool { if case .request = kind { true } else { false } }

        /// Creates a call that has no answer yet.
        package init(
            kind: Kind,
            key: String = "",
            caller: Caller,
            began: Instant
        ) {
            self.kind = kind
            self.key = key
            self.caller = caller
            self.began = began
        }
    }

    private(set) var calls: [Call] = []

    /// Creates an empty history.
    package init() {}

    /// Notes a call.
    ///
    /// - Returns: Its number.
    package mutating func begin(_ call: Call) -> Int {
        calls.append(call)
        return calls.count - 1
    }

    /// Takes an answer; of several to one request all must say the same.
    package mutating func end(
        _ number: Int,
        _ place: (index: LogIndex, answer: [UInt8]),
        at now: Instant
    ) throws(SimulatedFlaw) {
        let call = calls[number]
        // Of a query the first answer counts.
        guard call.ended == nil || call.isRequest else { return }
        if let known = call.place, known != place {
            throw SimulatedFlaw(
                .exactlyOnce,
                "'\(call.key)' was answered at \(known.index) and at \(place.index)"
            )
        }
        calls[number].ended = call.ended ?? now
        calls[number].place = place
    }

    /// Takes a refusal; whether it goes with other answers the log decides.
    package mutating func refuse(_ number: Int, _ refusal: Refusal, at now: Instant) {
        guard calls[number].ended == nil || calls[number].isRequest else { return }
        calls[number].ended = calls[number].ended ?? now
        if !calls[number].refusals.contains(refusal) { calls[number].refusals.append(refusal) }
    }

    /// Checks all answers against the lines of the log.
    ///
    /// - Returns: What the log gives.
    package func check(_ lines: [[UInt8]]) throws(SimulatedFlaw) -> Replay<Machine> {
        let replay = try Replay<Machine>(lines, calls)
        for call in calls where call.isRequest {
            try checkRefusals(of: call, in: replay)
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
        try checkRefusals(lines, replay.effects)
        try checkOrder()
        try checkFuture(replay.effects)
        return replay
    }

    /// What took effect was not refused, or just so.
    private func checkRefusals(
        of call: Call,
        in replay: Replay<Machine>
    ) throws(SimulatedFlaw) {
        guard let effect = replay.effects[call.key] else { return }
        for refusal in call.refusals where !effect.refusals.contains(refusal) {
            throw SimulatedFlaw(
                .linearizability,
                "'\(call.key)' was refused with \(refusal.code), and took effect at"
                    + " \(effect.index) otherwise"
            )
        }
    }

    /// What was refused and took no effect is refused by some state that is not older than what had
    /// been seen when the call began.
    private func checkRefusals(
        _ lines: [[UInt8]],
        _ effects: [String: Replay<Machine>.Effect]
    ) throws(SimulatedFlaw) {
        let refused = calls.filter { !$0.refusals.isEmpty && effects[$0.key] == nil }
        var open = refused.flatMap { call in
            let seen = calls.filter { $0.ended.map { $0 < call.began } ?? false }
            let floor = seen.compactMap { $0.place?.index }.max() ?? .zero
            return call.refusals.map { (call: call, refusal: $0, floor: floor) }
        }
        guard !open.isEmpty else { return }
        let replay = try Replay<Machine>(lines, calls) { machine, index, time in
            open.removeAll {
                index >= $0.floor && $0.call.isRefused(with: $0.refusal, by: machine, at: time)
            }
        }
        if let (call, refusal, floor) = open.first {
            throw SimulatedFlaw(
                .linearizability,
                "'\(call.key)' was refused with \(refusal.code), and no state from \(floor) to"
                    + " \(replay.last) says so"
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

extension SimulatedHistory.Call {
    /// Whether a state refuses it just so.
    fileprivate func isRefused(
        with refusal: Refusal,
        by machine: Machine,
        at time: Timestamp
    ) -> Bool {
        do throws(Refusal) {
            switch kind {
            case .query(let query): _ = try machine.answer(query, from: caller, now: time)
            case .request(let request):
                let admission = try machine.admit(
                    request,
                    from: caller,
                    entropy: Entropy([UInt8](repeating: 0, count: 64)),
                    now: time
                )
                // What takes long to compute is not done again here.
                if case .compute = admission { return true }
            }
            return false
        } catch { return error == refusal }
    }
}

/// A promise that a history breaks.
package struct SimulatedFlaw: Error {
    /// Which promise.
    package var promise: Violation.Promise
    /// What was seen.
    package var detail: String

    init(_ promise: Violation.Promise, _ detail: String) {
        (self.promise, self.detail) = (promise, detail)
    }
}
