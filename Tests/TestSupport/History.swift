package import Replication

/// What clients of a register saw, and whether some order explains it.
///
/// Values are unique and a read gives all of them, so the order of the writes is known, and the
/// check is exact: acknowledged writes stand in the register once, at the place that their answer
/// named; reads are prefixes; and what ended before something else began comes before it.
package struct History: Sendable {
    /// What a client did.
    package struct Call: Hashable, Sendable {
        /// When it was sent first.
        package var began: Instant
        /// When its answer came, or nil if none came: it may or may not have taken effect.
        package var ended: Instant?
        /// What was done.
        package var kind: Kind
    }

    /// A write or a read.
    package enum Kind: Hashable, Sendable {
        /// A write, and the place that the answer named.
        case append(String, place: UInt64?)
        /// A read, and what it gave.
        case read([String]?)
    }

    /// Everything that was done, in the order of beginning.
    package private(set) var calls: [Call] = []

    /// Creates an empty history.
    package init() {}

    /// Notes the beginning of a call, and gives its number.
    package mutating func begin(_ kind: Kind, at now: Instant) -> Int {
        calls.append(Call(began: now, ended: nil, kind: kind))
        return calls.count - 1
    }

    /// Notes a call's answer.
    package mutating func end(_ number: Int, _ kind: Kind, at now: Instant) {
        calls[number].ended = now
        calls[number].kind = kind
    }

    /// Number of calls that were answered.
    package var answered: Int { calls.count { $0.ended != nil } }

    /// Checks the history against what the register holds at the end.
    package func check(against final: [String], seed: UInt64) throws(Violation) {
        func violation(_ promise: Violation.Promise, _ detail: String) -> Violation {
            Violation(promise: promise, detail: detail, seed: seed)
        }
        var place: [String: Int] = [:]
        for (index, value) in final.enumerated() {
            guard place.updateValue(index + 1, forKey: value) == nil else {
                throw violation(.exactlyOnce, "'\(value)' stands twice")
            }
        }
        var sent: Set<String> = []
        /// The interval of each call, and how many writes the register held at its moment.
        var moments: [(began: Instant, ended: Instant, atLeast: Int, isWrite: Bool)] = []
        for call in calls {
            switch call.kind {
            case .append(let value, let named):
                sent.insert(value)
                guard let ended = call.ended else { continue }
                guard let found = place[value] else {
                    throw violation(.acknowledgedIsKept, "'\(value)' was acknowledged and is gone")
                }
                guard UInt64(found) == named else {
                    throw violation(
                        .linearizability,
                        "'\(value)' is at \(found), not at \(named ?? 0)"
                    )
                }
                moments.append((call.began, ended, found, true))
            case .read(let values):
                guard let ended = call.ended, let values else { continue }
                guard final.starts(with: values) else {
                    throw violation(.linearizability, "a read of \(values.count) is no prefix")
                }
                moments.append((call.began, ended, values.count, false))
            }
        }
        if let invented = final.first(where: { !sent.contains($0) }) {
            throw violation(.nothingInvented, "'\(invented)' was never sent")
        }
        try checkOrder(moments, violation)
        try checkFuture(place, moments, violation)
    }

    /// What ended before a call began is seen by it.
    private func checkOrder(
        _ moments: [(began: Instant, ended: Instant, atLeast: Int, isWrite: Bool)],
        _ violation: (Violation.Promise, String) -> Violation
    ) throws(Violation) {
        let byEnd = moments.sorted { $0.ended < $1.ended }
        var ended = byEnd[...]
        var floor = 0
        for call in moments.sorted(by: { $0.began < $1.began }) {
            while let first = ended.first, first.ended < call.began {
                floor = max(floor, first.atLeast)
                ended.removeFirst()
            }
            guard call.isWrite ? call.atLeast > floor : call.atLeast >= floor else {
                throw violation(
                    .linearizability,
                    "a \(call.isWrite ? "write" : "read") at \(call.atLeast) began after \(floor)"
                        + " had been seen"
                )
            }
        }
    }

    /// A read does not give a write that began after the read ended.
    private func checkFuture(
        _ place: [String: Int],
        _ moments: [(began: Instant, ended: Instant, atLeast: Int, isWrite: Bool)],
        _ violation: (Violation.Promise, String) -> Violation
    ) throws(Violation) {
        var began: [Int: Instant] = [:]
        for call in calls {
            if case .append(let value, _) = call.kind, let index = place[value] {
                began[index] = call.began
            }
        }
        // The latest beginning among the first n writes.
        var latest: [Instant] = [Instant(nanoseconds: .min)]
        for index in 1..<(place.count + 1) {
            latest.append(max(latest[index - 1], began[index] ?? latest[index - 1]))
        }
        for call in moments where latest[call.atLeast] > call.ended {
            throw violation(.linearizability, "\(call.atLeast) was seen before it was sent")
        }
    }
}
