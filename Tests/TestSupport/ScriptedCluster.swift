package import Replication
package import Storage

/// A simulated cluster of registers that a test leads step by step; nothing goes wrong by chance.
package final class ScriptedCluster {
    /// The cluster.
    package let simulation: Simulation<Register>
    /// What was answered, by ticket.
    package private(set) var replies: [Ticket: Reply] = [:]
    /// What was written to streams, by ticket.
    package private(set) var items: [Ticket: [StreamItem]] = [:]

    /// Forms a cluster and waits for its leader.
    package convenience init(
        nodes: Int = 3,
        seed: UInt64 = 1,
        _ adjust: @escaping @Sendable (inout NodeConfiguration) -> Void = { _ in }
    ) throws(Violation) {
        var configuration = SimulationConfiguration(seed: seed)
        configuration.nodes = nodes
        configuration.adjust = adjust
        try self.init(configuration)
    }

    /// Forms a cluster that is like this, and waits for its leader.
    package init(_ configuration: SimulationConfiguration) throws(Violation) {
        var configuration = configuration
        configuration.faults.slowSyncs = 0
        simulation = try Simulation<Register>(configuration)
        simulation.onReply = { [unowned self] in replies[$0] = $1 }
        simulation.onStream = { [unowned self] in items[$0, default: []] += $1 }
        try reach("a leader") { $0.leader != nil && $0.isConverged }
    }

    /// The host that leads.
    package var leader: Int { simulation.leader ?? 0 }
    /// The other hosts.
    package var followers: [Int] {
        (0..<simulation.configuration.nodes).filter { $0 != leader }
    }
    /// What the leader's register holds.
    package var values: [String] { simulation.machine(of: leader)?.values ?? [] }

    /// Sends an append, under its value as key if no other is given.
    package func append(
        _ value: String,
        key: String? = nil,
        since: LogIndex? = nil,
        lane: UInt64 = 0,
        at host: Int
    ) throws(Violation) -> Ticket {
        try simulation.request(
            Register.Append(value: value).lineBytes,
            key: key ?? value,
            since: since,
            lane: lane,
            at: host
        )
    }

    /// Sends an append and waits for its answer.
    package func appended(
        _ value: String,
        key: String? = nil,
        since: LogIndex? = nil,
        at host: Int
    ) throws(Violation) -> Reply {
        try answer(to: append(value, key: key, since: since, at: host))
    }

    /// Asks for all values and waits for the answer.
    package func read(
        _ consistency: Consistency = .linearizable,
        at host: Int
    ) throws(Violation) -> Reply {
        try answer(to: simulation.query(Register.Read().lineBytes, consistency, at: host))
    }

    /// Waits for an answer.
    package func answer(to ticket: Ticket) throws(Violation) -> Reply {
        try reach("an answer") { [self] _ in replies[ticket] != nil }
        return replies[ticket] ?? .failed(.outcomeUnknown, key: nil)
    }

    /// Cuts these hosts off from the others.
    package func isolate(_ hosts: Int...) {
        simulation.partition(
            (0..<simulation.configuration.nodes).map { hosts.contains($0) ? 1 : 0 }
        )
    }

    /// Ends all partitions.
    package func rejoin() {
        simulation.partition([Int](repeating: 0, count: simulation.configuration.nodes))
    }

    /// Waits until another host leads.
    package func change(from host: Int) throws(Violation) {
        try reach("another leader") { simulation in
            simulation.leader.map { $0 != host } ?? false
        }
    }

    /// Lets time go by.
    package func wait(_ duration: Duration) throws(Violation) { try simulation.run(for: duration) }

    /// Waits for something.
    package func reach(
        _ place: String,
        _ isThere: (Simulation<Register>) -> Bool
    ) throws(Violation) {
        guard try simulation.run(for: .seconds(20), until: { isThere(simulation) }) else {
            throw Violation(
                promise: .convergence,
                detail: "the script does not come to \(place)",
                seed: simulation.configuration.seed
            )
        }
    }
}
