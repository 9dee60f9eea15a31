import Replication
import Storage
import TestSupport
import Testing

/// A simulated cluster whose members a test changes step by step.
final class MembersScript {
    let cluster: ScriptedCluster
    let simulation: Simulation<Register>
    private var logged: [(host: Int, text: String)] = []
    private var written: [String] = []

    /// Forms a cluster; hosts that are added later join it.
    init(
        nodes: Int = 3,
        seed: UInt64 = 1,
        silence: Duration = .seconds(2),
        isSnapshotting: Bool = false,
        _ adjust: @escaping @Sendable (inout NodeConfiguration) -> Void = { _ in }
    ) throws {
        var configuration = SimulationConfiguration(seed: seed)
        if isSnapshotting { configuration = .snapshotting(seed: seed) }
        configuration.nodes = nodes
        let base = configuration.adjust
        configuration.adjust = { node in
            base(&node)
            let founders = (1...nodes).map { "n\($0):7401" }
            let isFounder = founders.contains(node.peerAddress)
            node.plan = FormationPlan(addresses: founders, expect: isFounder ? nodes : nil)
            node.replacementSilence = silence
            node.joinInterval = .milliseconds(250)
            adjust(&node)
        }
        cluster = try ScriptedCluster(configuration)
        simulation = cluster.simulation
        simulation.onLog = { [unowned self] host, _, text in logged.append((host, text)) }
    }

    var leader: Int { cluster.leader }

    /// How often a host has said something.
    func said(_ text: String, by host: Int) -> Int {
        logged.count { $0.host == host && $0.text.contains(text) }
    }

    func identity(_ host: Int) throws -> NodeIdentity {
        try #require(simulation.status(of: host)).node
    }

    /// The members as the leader has them.
    var members: [Member] { simulation.status(of: leader)?.nodes.map(\.member) ?? [] }

    /// What a host is as a member, once no change is under way.
    func role(of host: Int) -> Member.Role? {
        guard let status = simulation.status(of: leader), !status.isChanging,
            status.membershipIndex <= status.committed,
            let identity = simulation.status(of: host)?.node
        else { return nil }
        return status.nodes.first { $0.member.identity == identity }?.member.role
    }

    func becomes(_ role: Member.Role, _ host: Int) throws {
        try cluster.reach("n\(host + 1) as \(role)") { _ in self.role(of: host) == role }
    }

    /// Gives the leader, or another host, an order, and waits for what became of it.
    func order(
        _ change: MembershipChange,
        expecting: LogIndex? = nil,
        isDryRun: Bool = false,
        at host: Int? = nil
    ) throws -> OrderOutcome {
        var outcome: OrderOutcome?
        try simulation.order(
            .change(change, expecting: expecting, isDryRun: isDryRun),
            at: host ?? leader
        ) { outcome = $0 }
        try cluster.reach("the end of an order") { _ in outcome != nil }
        return try #require(outcome)
    }

    /// Why an order is refused.
    func refusal(
        of change: MembershipChange,
        expecting: LogIndex? = nil,
        isDryRun: Bool = false,
        at host: Int? = nil
    ) throws -> ChangeRefusal? {
        let outcome = try order(change, expecting: expecting, isDryRun: isDryRun, at: host)
        guard case .changeRefused(let refusal) = outcome else { return nil }
        return refusal
    }

    /// Carries a change out.
    func change(_ change: MembershipChange) throws {
        let outcome = try order(change)
        guard case .changed = outcome else {
            throw Violation(
                promise: .convergence,
                detail: "\(change) is \(outcome)",
                seed: simulation.configuration.seed
            )
        }
    }

    /// Writes through a host until it is acknowledged; through the leader if none is named.
    func write(_ count: Int, at host: Int? = nil) throws {
        for _ in 0..<count {
            let value = "v\(written.count)"
            written.append(value)
            while true {
                let reply = try cluster.appended(value, at: host ?? leader)
                if case .output = reply { break }
                try cluster.wait(.milliseconds(50))
            }
        }
    }

    /// Waits until these hosts hold all that was written, and that alone.
    func agree(_ hosts: Int...) throws {
        try cluster.reach("agreement of \(hosts)") { simulation in
            hosts.allSatisfy { simulation.machine(of: $0)?.values == written }
        }
    }
}
