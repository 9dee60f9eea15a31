internal import Storage

/// Looks names up, each on a thread of its own that nobody waits for.
///
/// The system's resolver blocks for as long as it likes, and nothing ends it. So whoever asks goes on
/// when its own time is over, and a process or a node ends while a thread still asks. Two that ask
/// for the same address share one thread, and an answer that came too late for the one is there for
/// the next.
package final class NameLookUps: Sendable {
    /// What came of a look-up.
    package typealias Answer = Result<[SocketAddress], SocketError>

    fileprivate struct State: Sendable {
        /// Who waits for each look-up that is under way.
        var waiting: [Address: [@Sendable (Answer) -> Void]] = [:]
        var found: [Address: (addresses: [SocketAddress], at: Instant)] = [:]
    }

    /// For how long an answer is given again.
    fileprivate static let freshness = Duration.seconds(5)
    private let state = Lock(State())
    private let limit: Int
    private let ask: @Sendable (Address) -> Answer

    /// Creates a place to ask; no thread is started yet.
    ///
    /// - Parameters:
    ///   - limit: How many names are looked up at a time; further ones are refused at once.
    ///   - ask: Blocks until there is an answer; the system's resolver unless a test has another.
    package init(
        limit: Int = 16,
        ask: @escaping @Sendable (Address) -> Answer = NameLookUps.askSystem
    ) {
        self.limit = limit
        self.ask = ask
    }

    /// Asks the system's resolver, and blocks meanwhile.
    package static let askSystem: @Sendable (Address) -> Answer = { address in
        Result { () throws(SocketError) in try address.resolved() }
    }

    /// Looks an address up.
    ///
    /// - Parameters:
    ///   - address: Its host may also be numeric; the answer is then there at once.
    ///   - take: Called once with the answer: on this thread if it is there at once, else on another.
    package func find(_ address: Address, _ take: @escaping @Sendable (Answer) -> Void) {
        if let numeric = address.numeric { return take(.success([numeric])) }
        let now = SystemClock.now()
        let step = state.withLock { $0.begin(address, take, limit, at: now) }
        switch step {
        case .known(let addresses): take(.success(addresses))
        case .refused: take(.failure(SocketError("\(address): too many names are looked up")))
        case .joined: break
        case .mustAsk: runOnThread { [self] in end(address, ask(address)) }
        }
    }

    private func end(_ address: Address, _ answer: Answer) {
        let waiting = state.withLock { state in
            if case .success(let addresses) = answer {
                state.found[address] = (addresses, SystemClock.now())
            }
            return state.waiting.removeValue(forKey: address) ?? []
        }
        for take in waiting { take(answer) }
    }
}

extension NameLookUps.State {
    /// What is to be done for somebody who asks.
    fileprivate enum Step: Sendable {
        case known([SocketAddress])
        case joined
        case mustAsk
        case refused
    }

    fileprivate mutating func begin(
        _ address: Address,
        _ take: @escaping @Sendable (NameLookUps.Answer) -> Void,
        _ limit: Int,
        at now: Instant
    ) -> Step {
        found = found.filter { now - $0.value.at <= NameLookUps.freshness }
        if let known = found[address] { return .known(known.addresses) }
        if waiting[address] != nil {
            waiting[address]?.append(take)
            return .joined
        }
        guard waiting.count < limit else { return .refused }
        waiting[address] = [take]
        return .mustAsk
    }
}
