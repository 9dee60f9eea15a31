import Replication
import Storage

/// A cluster that a test leads step by step; nothing goes wrong by chance.
extension ConsensusCluster {
    /// The leader of the latest term.
    var leader: NodeIdentity? {
        identities.filter { node($0).core.role == .leader }
            .max { node($0).core.term < node($1).core.term }
    }

    func commit(of identity: NodeIdentity) -> LogIndex { node(identity).core.commitIndex }

    /// Lets time go by; all that is sent arrives at once and in order, and disks are fast.
    mutating func settle(_ duration: Duration) throws {
        let end = now + duration
        while true {
            try drain()
            guard now < end else { return }
            now = max(now, min(end, identities.map { node($0).core.nextDeadline }.min() ?? end))
            for identity in identities where node(identity).core.nextDeadline <= now {
                try step(identity, .timer)
            }
        }
    }

    private mutating func drain() throws {
        for _ in 0..<10_000 {
            if !network.isEmpty {
                try deliver(0)
            } else if let busy = identities.first(where: { !node($0).batches.isEmpty }) {
                try persist(busy)
            } else if !transfers.isEmpty || !reports.isEmpty {
                try transferSome(faulty: false)
            } else {
                return
            }
        }
        throw BrokenPromise(description: "messages without end: \(network.first?.message as Any)")
    }

    /// Has the leader commit `count` entries, one after the other.
    mutating func write(_ count: Int) throws {
        for _ in 0..<count {
            guard let leader else { throw BrokenPromise(description: "nobody leads") }
            try step(leader, .propose(bytes: [100]))
            try settle(.milliseconds(2))
        }
    }
}
