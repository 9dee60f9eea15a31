import Replication
import Storage

/// All that ever happened in a cluster, and what must hold of it (Raft Figure 3).
struct ConsensusHistory {
    private struct Known: Equatable {
        var content: UInt64
        var previous: LogPosition
    }

    private var leaders: [Term: NodeIdentity] = [:]
    private var entries: [LogPosition: Known] = [:]
    private var committed: [(entry: ConsensusCluster.Entry, term: Term)] = []
    private var reads: [ReadTicket: LogIndex] = [:]
    /// The commit index of each node since it started.
    var commits: [NodeIdentity: LogIndex] = [:]
    /// The largest index that any node has committed.
    var commitIndex: LogIndex { LogIndex(UInt64(committed.count)) }
    /// How many reads were answered.
    private(set) var answeredReads = 0
    /// How many terms had a leader.
    var elections: Int { leaders.count }
    /// Who led, one term after the other.
    var succession: [NodeIdentity] { leaders.sorted { $0.key < $1.key }.map(\.value) }

    /// Notes an entry; the same position is the same entry, with the same entry before it.
    @discardableResult
    mutating func remember(
        _ entry: ConsensusCluster.Entry,
        at index: Int,
        after previous: LogPosition
    ) -> Bool {
        let position = LogPosition(index: LogIndex(UInt64(index)), term: entry.term)
        let known = Known(content: entry.content, previous: previous)
        if let before = entries[position] { return before == known }
        entries[position] = known
        return true
    }

    /// Log matching.
    mutating func remember(
        _ new: [ConsensusCluster.Entry],
        after log: [ConsensusCluster.Entry]
    ) throws {
        var previous = LogPosition(
            index: LogIndex(UInt64(log.count)),
            term: log.last?.term ?? .zero
        )
        for entry in new {
            let index = Int(previous.index.value) + 1
            guard remember(entry, at: index, after: previous) else {
                throw BrokenPromise(
                    description: "log matching: two entries at \(index)@\(entry.term)"
                )
            }
            previous = LogPosition(index: previous.index.next, term: entry.term)
        }
    }

    /// Election safety and leader completeness.
    mutating func elected(
        _ leader: NodeIdentity,
        _ term: Term,
        _ log: [ConsensusCluster.Entry]
    ) throws {
        if let other = leaders[term], other != leader {
            throw BrokenPromise(description: "election safety: \(other) and \(leader) in \(term)")
        }
        leaders[term] = leader
        for (place, commit) in committed.enumerated() where commit.term < term {
            guard place < log.count, log[place] == commit.entry else {
                throw BrokenPromise(
                    description: "leader completeness: \(leader) leads \(term) without \(place + 1)"
                )
            }
        }
    }

    /// State machine safety, a commit index that never falls, and durability on a majority.
    mutating func committed(
        _ index: LogIndex,
        by identity: NodeIdentity,
        _ quorum: Quorum,
        in cluster: ConsensusCluster
    ) throws {
        guard index > commits[identity] ?? .zero else {
            throw BrokenPromise(description: "the commit index of \(identity) falls")
        }
        commits[identity] = index
        let node = cluster.node(identity)
        for (place, commit) in committed.enumerated() where place < Int(index.value) {
            guard node.memory.entries[place] == commit.entry else {
                throw BrokenPromise(
                    description: "state machine safety: \(identity) applies another \(place + 1)"
                )
            }
        }
        for entry in node.memory.entries[..<Int(index.value)].dropFirst(committed.count) {
            committed.append((entry, node.core.term))
            let result = quorum.result { voter in
                cluster.node(voter).disk.acknowledged(entry, at: committed.count - 1)
            }
            guard result == .won else {
                throw BrokenPromise(
                    description: "\(committed.count) is committed and not durable on \(quorum)"
                )
            }
        }
    }

    /// What was committed up to a term is not truncated by a node of that term.
    func truncated(
        _ log: [ConsensusCluster.Entry],
        after index: LogIndex,
        in term: Term
    ) throws {
        for place in log.indices.dropFirst(Int(index.value)).prefix(
            while: committed.indices.contains
        )
        where log[place] == committed[place].entry && committed[place].term <= term {
            throw BrokenPromise(description: "\(place + 1) is committed and truncated")
        }
    }

    mutating func asked(_ ticket: ReadTicket) { reads[ticket] = commitIndex }

    /// Reads see all that was committed when they were asked.
    mutating func read(_ ticket: ReadTicket, at index: LogIndex) throws {
        guard let bound = reads.removeValue(forKey: ticket) else {
            throw BrokenPromise(description: "read \(ticket.value) is answered twice")
        }
        guard index >= bound else {
            throw BrokenPromise(description: "a stale read, at \(index) instead of \(bound)")
        }
        answeredReads += 1
    }
}
