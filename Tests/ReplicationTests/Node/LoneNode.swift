import Replication
import Storage
import TestSupport

/// A node driven by hand that is blank, or has a log of one entry.
struct LoneNode {
    static let identity = NodeIdentity(id: "n4", incarnation: "00000000000000dd")
    var node: Node
    var effects: [NodeEffect] = []
    var logged: [String] = []
    var now = Moment(instant: Instant(nanoseconds: 0), wall: Timestamp(milliseconds: 5_000))
    private var lines: [[UInt8]] = []

    /// A blank node, or one of a cluster with these members.
    init(
        members: [NodeIdentity] = [],
        learners: [NodeIdentity] = [],
        joining: [NodeIdentity] = [],
        expect: Int? = nil,
        _ adjust: (inout NodeConfiguration) -> Void = { _ in }
    ) {
        let membership = Membership(
            incoming: (members + learners + joining).map {
                Member(
                    identity: $0,
                    peerAddress: "\($0.id):1",
                    clientAddress: "\($0.id):2",
                    role: learners.contains($0)
                        ? .learner : joining.contains($0) ? .joining : .voter
                )
            }
        )
        var first = LogEntry(
            position: LogPosition(index: LogIndex(1), term: Term(1)),
            time: Timestamp(milliseconds: 1_000),
            payload: .members(membership, cluster: "c1")
        )
        var log = LogTerms()
        if !members.isEmpty { log.append(term: Term(1)) }
        var configuration = NodeConfiguration(
            peerAddress: "n4:1",
            clientAddress: "n4:2",
            plan: FormationPlan(addresses: ["n1:1", "n2:1", "n4:1"], expect: expect),
            seed: 1
        )
        adjust(&configuration)
        if configuration.limits != .standard { first.limits = configuration.limits }
        if !members.isEmpty { lines = [first.line] }
        node = Node(
            restored: RestoredNode(
                identity: Self.identity,
                cluster: members.isEmpty ? nil : "c1",
                vote: members.isEmpty ? .none : Vote(term: Term(1)),
                log: log,
                memberships: members.isEmpty
                    ? [] : [MembershipEntry(index: LogIndex(1), membership: membership)],
                lastTime: Timestamp(milliseconds: 1_000)
            ),
            state: ReplicatedState<Register>(),
            configuration: configuration,
            now: now
        )
        take(node.start())
    }

    private mutating func take(_ orders: [NodeEffect]) {
        effects += orders
        for order in orders {
            switch order {
            case .persist(let records, let token):
                for case .entry(_, let line) in records { lines.append(line) }
                step(.persisted(token))
            case .load(let after, let through, _):
                step(.loaded(Array(lines[Int(after.value)..<Int(through.value)])))
            case .log(_, let message): logged.append(message)
            default: break
            }
        }
    }

    mutating func step(_ input: NodeInput) {
        for input in [input, .turnEnded] { take(node.step(input, now: now)) }
    }

    mutating func wait(_ duration: Duration) {
        now.instant = now.instant + duration
        step(.timer)
    }

    static func hello(
        _ from: NodeIdentity,
        cluster: String?,
        to: NodeIdentity? = nil,
        at address: String? = nil
    ) -> Hello {
        Hello(
            cluster: cluster,
            from: from,
            peerAddress: address ?? "\(from.id):1",
            clientAddress: "\(from.id):2",
            to: to
        )
    }

    /// What was sent since the last look, and where.
    mutating func sent() -> [(address: String, message: PeerMessage)] {
        defer { effects = [] }
        return effects.compactMap { effect in
            guard case .send(let address, let line, _) = effect,
                let message = try? PeerMessage(line, in: 0..<line.count - 1)
            else { return nil }
            return (address, message)
        }
    }

    /// Whom it wants to be connected to.
    var dials: [Dial] {
        effects.compactMap { if case .dial(let dials) = $0 { dials } else { nil } }.last ?? []
    }
}
