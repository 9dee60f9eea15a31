import Replication
import Storage

/// Three cores that are well connected, on disks that take their time.
///
/// A client always has something to write. Nothing is left to chance but the elections.
struct SlowDisks {
    private enum Event {
        case receive(Message, from: NodeIdentity)
        case written(PersistToken)
    }

    private struct Host {
        var core: Consensus
        /// The newest batch that was ordered, the one that is being synced, and what is durable.
        var ordered = PersistToken.zero
        var running: PersistToken?
        var durable = PersistToken.zero
        var gated: [(token: PersistToken, message: Message, to: NodeIdentity)] = []
        var events: [(time: Instant, event: Event)] = []
    }

    /// How long a node's disk takes; one sync for all that gathered meanwhile.
    var sync: (NodeIdentity) -> Duration = { _ in .milliseconds(5) }
    /// How many entries may be under way.
    private let window: UInt64
    private let identities = [ConsensusBench.a, ConsensusBench.b, ConsensusBench.c]
    private var hosts: [Host]
    private var now = Instant(nanoseconds: 0)
    private static let way = Duration.milliseconds(1)

    init(window: UInt64) {
        self.window = window
        let start = now
        hosts = identities.enumerated().map { place, identity in
            var log = LogTerms()
            log.append(term: Term(1))
            let restored = Consensus.Restored(
                identity: identity,
                vote: Vote(term: Term(1)),
                log: log,
                membership: ConsensusBench.members(),
                membershipIndex: LogIndex(1)
            )
            return Host(core: Consensus(restored, seed: UInt64(place + 1), now: start))
        }
    }

    var leader: NodeIdentity? {
        hosts.firstIndex { $0.core.role == .leader }.map { identities[$0] }
    }
    var term: Term { hosts.map(\.core.term).max() ?? .zero }
    var committed: UInt64 { hosts.map(\.core.commitIndex.value).max() ?? 0 }

    mutating func run(for duration: Duration) {
        let end = now + duration
        while true {
            let next = hosts.map { min($0.core.nextDeadline, $0.events.map(\.time).min() ?? end) }
            now = max(now, next.min() ?? end)
            guard now < end else {
                now = end
                return
            }
            for place in hosts.indices { turn(of: place) }
        }
    }

    /// What has come and was written by now, then time, then a proposal.
    private mutating func turn(of place: Int) {
        let due = hosts[place].events.filter { $0.time <= now }
        hosts[place].events.removeAll { $0.time <= now }
        for (_, event) in due {
            switch event {
            case .receive(let message, let from): step(place, .receive(message, from: from))
            case .written(let token): written(token, by: place)
            }
        }
        if hosts[place].core.nextDeadline <= now { step(place, .timer) }
        while mayPropose(hosts[place].core) { step(place, .propose(bytes: [100])) }
    }

    /// As the node does: nothing before the first entry of the term is committed.
    private func mayPropose(_ core: Consensus) -> Bool {
        core.role == .leader && !core.isTransferring
            && core.log.term(at: core.commitIndex) == core.term
            && core.lastPosition.index.value - core.commitIndex.value < window
    }

    private mutating func written(_ token: PersistToken, by place: Int) {
        hosts[place].durable = token
        hosts[place].running = nil
        let open = hosts[place].gated.filter { $0.token <= token }
        hosts[place].gated.removeAll { $0.token <= token }
        // What gathered meanwhile is begun before anybody hears of this one.
        beginSync(of: place)
        for (_, message, to) in open { send(message, from: place, to: to) }
        step(place, .persisted(token))
    }

    private mutating func beginSync(of place: Int) {
        let (ordered, durable) = (hosts[place].ordered, hosts[place].durable)
        guard hosts[place].running == nil, ordered > durable else { return }
        hosts[place].running = ordered
        hosts[place].events.append((now + sync(identities[place]), .written(ordered)))
    }

    private mutating func send(_ message: Message, from place: Int, to: NodeIdentity) {
        guard let other = identities.firstIndex(of: to) else { return }
        let event = Event.receive(message, from: identities[place])
        hosts[other].events.append((now + Self.way, event))
    }

    private mutating func step(_ place: Int, _ input: Input) {
        let effects = hosts[place].core.step(input, now: now)
        for case .persist(let token) in effects { hosts[place].ordered = token }
        for case .send(let message, let to, let token) in effects {
            if let token, token > hosts[place].durable {
                hosts[place].gated.append((token, message, to))
            } else {
                send(message, from: place, to: to)
            }
        }
        beginSync(of: place)
    }
}
