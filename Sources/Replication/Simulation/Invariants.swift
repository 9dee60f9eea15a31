import Storage

/// What must hold after each step, whatever goes wrong (Raft, Figure 3).
struct Invariants<Machine: Service> {
    private let seed: UInt64
    private var leaders: [Term: String] = [:]
    /// The line of each position that any node ever wrote.
    private var lines: [LogPosition: [UInt8]] = [:]
    /// The lines that some node applied, by index.
    private var applied: [[UInt8]] = []
    private var clusters: Set<String> = []
    /// The digest of the first node that had applied just that entry.
    private var digests: [LogIndex: StateDigest] = [:]
    /// Whether states may differ, for a test made one wrong.
    var ignoresDigests = false

    init(seed: UInt64) { self.seed = seed }

    private func violation(_ promise: Violation.Promise, _ detail: String) -> Violation {
        Violation(promise: promise, detail: detail, seed: seed)
    }

    /// The lines of the entries up to an index that some node applied.
    func applied(through index: LogIndex) -> [[UInt8]] {
        Array(applied.prefix(Int(clamping: index.value)))
    }

    /// The last entry that some node applied.
    var lastApplied: LogIndex { LogIndex(UInt64(applied.count)) }

    mutating func note(cluster: String, by name: String) throws(Violation) {
        clusters.insert(cluster)
        guard clusters.count == 1 else {
            throw violation(.oneCluster, "\(name) knows another cluster: \(clusters.sorted())")
        }
    }

    /// Keeps the picture of a node's log, and checks that one position has one content.
    mutating func note(
        _ records: [JournalRecord],
        by host: Int,
        in hosts: inout [SimulatedHost<Machine>]
    ) throws(Violation) {
        for record in records {
            switch record {
            case .vote: break
            case .truncate(let index):
                let keep = Int(index.value)
                if keep < hosts[host].log.count { hosts[host].log.removeSubrange(keep...) }
            case .entry(let position, let line):
                guard UInt64(hosts[host].log.count) + 1 == position.index.value else {
                    throw violation(
                        .logMatching,
                        "\(hosts[host].name) writes \(position) after \(hosts[host].log.count)"
                    )
                }
                hosts[host].log.append(line)
                // A creator's entry is nobody's but its own until it is durable: after a crash it
                // may make another one.
                if hosts[host].node?.cluster == nil { continue }
                guard lines[position, default: line] == line else {
                    throw violation(.logMatching, "two entries at \(position)")
                }
                lines[position] = line
            }
        }
    }

    mutating func check(
        _ hosts: inout [SimulatedHost<Machine>],
        _ host: Int,
        counts: inout FaultCounts
    ) throws(Violation) {
        guard let node = hosts[host].node else { return }
        if node.core.role == .leader {
            try check(leader: node, hosts[host], counts: &counts)
        }
        try checkApplied(&hosts[host], node)
        try checkDigest(hosts[host], node)
    }

    private mutating func checkDigest(
        _ host: SimulatedHost<Machine>,
        _ node: Node<Machine>
    ) throws(Violation) {
        guard !ignoresDigests, let digest = node.state.digest else { return }
        let index = node.state.applied.index
        guard digests[index, default: digest] == digest else {
            throw violation(.determinism, "\(host.name) has another state at \(index)")
        }
        digests[index] = digest
    }

    private mutating func check(
        leader node: Node<Machine>,
        _ host: SimulatedHost<Machine>,
        counts: inout FaultCounts
    ) throws(Violation) {
        guard let known = leaders[node.core.term] else {
            let isNewest = leaders.keys.allSatisfy { $0 < node.core.term }
            leaders[node.core.term] = host.name
            counts.elections += 1
            // One that slept through a later term's election may lack what was committed in it, and
            // can commit nothing.
            if isNewest { try checkCompleteness(host) }
            return
        }
        guard known == host.name else {
            throw violation(
                .electionSafety,
                "\(known) and \(host.name) lead term \(node.core.term)"
            )
        }
    }

    private func checkCompleteness(_ host: SimulatedHost<Machine>) throws(Violation) {
        guard host.log.count >= applied.count else {
            throw violation(
                .leaderCompleteness,
                "\(host.name) leads with \(host.log.count) entries, \(applied.count) are committed"
            )
        }
        for index in applied.indices where host.log[index] != applied[index] {
            throw violation(
                .leaderCompleteness,
                "\(host.name) leads with another entry \(index + 1)"
            )
        }
    }

    private mutating func checkApplied(
        _ host: inout SimulatedHost<Machine>,
        _ node: Node<Machine>
    ) throws(Violation) {
        while host.checkedApplied < node.state.applied.index {
            let index = Int(host.checkedApplied.value)
            guard index < host.log.count else {
                throw violation(
                    .stateMachineSafety,
                    "\(host.name) applied \(index + 1), which it does not hold"
                )
            }
            if index < applied.count {
                guard applied[index] == host.log[index] else {
                    throw violation(
                        .stateMachineSafety,
                        "\(host.name) applied another entry \(index + 1)"
                    )
                }
            } else {
                applied.append(host.log[index])
            }
            host.checkedApplied = host.checkedApplied.next
        }
    }
}
