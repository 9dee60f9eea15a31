import Storage

/// What must hold after each step, whatever goes wrong (Raft, Figure 3).
struct Invariants {
    private let seed: UInt64
    private var leaders: [Term: NodeIdentity] = [:]
    private var newestTerm = Term.zero
    /// What stands at each position that any node ever wrote.
    private var marks: [LogPosition: EntryMark] = [:]
    private var lines: [LogPosition: [UInt8]] = [:]
    /// What some node applied, by index.
    private var applied: [EntryMark] = []
    private var clusters: Set<String> = []
    /// The digest of the first node that had applied just that entry.
    private var digests: [LogIndex: StateDigest] = [:]
    /// Whether states may differ, for a test made one wrong.
    var ignoresDigests = false
    /// Who belongs to the cluster by the last entry that some node applied.
    private(set) var membership = Membership.empty
    private var membershipIndex = LogIndex.zero

    init(seed: UInt64) { self.seed = seed }

    private func violation(_ promise: Violation.Promise, _ detail: String) -> Violation {
        Violation(promise: promise, detail: detail, seed: seed)
    }

    /// What stands for the entries up to an index that some node applied.
    func marks(through index: LogIndex) -> [EntryMark] {
        Array(applied.prefix(Int(clamping: index.value)))
    }

    /// The lines of all entries that some node applied, in order.
    var committed: [[UInt8]] {
        applied.indices.compactMap { index in
            lines[LogPosition(index: LogIndex(UInt64(index + 1)), term: applied[index].term)]
        }
    }

    /// The last entry that some node applied.
    var lastApplied: LogIndex { LogIndex(UInt64(applied.count)) }

    /// Whether it belongs to the cluster by the last entry that some node applied.
    func isMember(_ identity: NodeIdentity) -> Bool { membership.member(identity) != nil }

    mutating func note(cluster: String, by name: String) throws(Violation) {
        clusters.insert(cluster)
        guard clusters.count == 1 else {
            throw violation(.oneCluster, "\(name) knows another cluster: \(clusters.sorted())")
        }
    }

    /// Keeps the picture of a node's log, and checks that one position has one content.
    mutating func note(
        _ records: [JournalRecord],
        by host: SimulatedHost
    ) throws(Violation) {
        for record in records {
            switch record {
            case .vote, .commit, .lost: break
            case .truncate(let index):
                try checkTruncation(after: index, by: host)
                let keep = Int(index.value)
                if keep < host.log.count { host.log.removeSubrange(keep...) }
            case .entry(let position, let line):
                guard UInt64(host.log.count) + 1 == position.index.value else {
                    throw violation(
                        .logMatching,
                        "\(host.name) writes \(position) after \(host.log.count)"
                    )
                }
                let mark = EntryMark(line, term: position.term)
                host.log.append(mark)
                lines[position] = line
                // A creator's entry is nobody's but its own until it is durable: after a crash it
                // may make another one.
                if host.node?.cluster == nil { continue }
                guard marks[position, default: mark] == mark else {
                    throw violation(.logMatching, "two entries at \(position)")
                }
                marks[position] = mark
            }
        }
    }

    /// A node drops nothing that is committed.
    private func checkTruncation(
        after index: LogIndex,
        by host: SimulatedHost
    ) throws(Violation) {
        let dropped = Int(index.value)..<max(Int(index.value), host.log.count)
        let kept = dropped.first { $0 < applied.count && applied[$0] == host.log[$0] }
        guard index >= host.checkedApplied, kept == nil else {
            throw violation(
                .acknowledgedIsKept,
                "\(host.name) drops what follows \(index), and it is committed"
            )
        }
    }

    /// A log begins anew behind what is committed, and drops nothing behind it.
    func checkReset(of host: SimulatedHost, to position: LogPosition) throws(Violation) {
        let place = Int(clamping: position.index.value)
        guard place > 0, place <= applied.count, applied[place - 1].term == position.term else {
            throw violation(
                .stateMachineSafety,
                "\(host.name)'s log begins anew behind \(position), which nobody has applied"
            )
        }
    }

    /// Checks a host after a step; no good clock is ahead of `latest`.
    mutating func check(
        _ host: SimulatedHost,
        before latest: Timestamp,
        counts: inout FaultCounts
    ) throws(Violation) {
        guard let standing = host.node?.stand() else { return }
        if standing.role == .leader, let identity = host.identity {
            try check(leader: identity, of: standing.term, host, counts: &counts)
        }
        try checkApplied(host, standing, before: latest)
        try checkDigest(host, standing)
    }

    private mutating func checkDigest(
        _ host: SimulatedHost,
        _ standing: NodeStanding
    ) throws(Violation) {
        guard !ignoresDigests, let digest = standing.digest else { return }
        let index = standing.applied
        guard digests[index, default: digest] == digest else {
            throw violation(.determinism, "\(host.name) has another state at \(index)")
        }
        digests[index] = digest
    }

    private mutating func check(
        leader identity: NodeIdentity,
        of term: Term,
        _ host: SimulatedHost,
        counts: inout FaultCounts
    ) throws(Violation) {
        guard let known = leaders[term] else {
            leaders[term] = identity
            counts[.elections] += 1
            // One that slept through a later term's election may lack what was committed in it, and
            // can commit nothing.
            guard term > newestTerm else { return }
            newestTerm = term
            return try checkCompleteness(host)
        }
        guard known == identity else {
            throw violation(
                .electionSafety,
                "\(known) and \(identity) lead term \(term)"
            )
        }
    }

    private func checkCompleteness(_ host: SimulatedHost) throws(Violation) {
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
        _ host: SimulatedHost,
        _ standing: NodeStanding,
        before latest: Timestamp
    ) throws(Violation) {
        let reached = standing.applied
        guard host.checkedApplied < reached else { return }
        while host.checkedApplied < reached {
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
                try checkTime(of: LogIndex(UInt64(index + 1)), before: latest)
            }
            host.checkedApplied = host.checkedApplied.next
        }
        if standing.membership.index > membershipIndex {
            membership = standing.membership.membership
            membershipIndex = standing.membership.index
        }
    }

    /// A minority of wrong clocks does not put the log's time ahead.
    private func checkTime(of index: LogIndex, before latest: Timestamp) throws(Violation) {
        let position = LogPosition(index: index, term: applied[Int(index.value) - 1].term)
        guard let line = lines[position] else { return }
        let time: Timestamp
        do throws(LineError) { time = try LogEntry.head(ofLine: line).time } catch {
            throw violation(.logMatching, "entry \(position) cannot be read: \(error)")
        }
        guard time <= latest else {
            throw violation(
                .time,
                "entry \(position) is of \(time.milliseconds), and it is \(latest.milliseconds) at the latest"
            )
        }
    }
}
