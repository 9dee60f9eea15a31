import Replication
import Storage
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(5))) struct ReplicaTransferTests {
    /// Writes until `isOver`; each must be acknowledged.
    private static func write(
        _ run: ReplicaRun<Register>,
        _ name: String,
        _ acknowledged: Lock<[String]>,
        until isOver: Lock<Bool>
    ) async throws {
        var number = 0
        while !isOver.withLock({ $0 }) {
            try await run.append("\(name)-\(number)")
            acknowledged.withLock { $0.append("\(name)-\(number)") }
            number += 1
        }
    }

    @Test func `the lead goes round under load, and nothing fails or is lost`() async throws {
        let cluster = try ReplicaCluster()
        try cluster.startAll()
        _ = try await cluster.leader()
        let acknowledged = Lock<[String]>([])
        let isOver = Lock(false)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (place, run) in cluster.running.enumerated() {
                group.addTask {
                    try await Self.write(run, "w\(place)", acknowledged, until: isOver)
                }
            }
            for round in 1...4 {
                _ = try await eventually("they write") {
                    acknowledged.withLock { $0.count } > 10 * round ? true : nil
                }
                let leader = try await cluster.leader()
                let next = (leader + 1) % 3
                let run = try #require(cluster.runs[leader])
                let end = try await run.replica.transferLeadership(to: "n\(next + 1)")
                // A busy machine may take longer than an election timeout; then nothing happens.
                guard case .moved = end else { continue }
                _ = try await eventually("the next one leads") {
                    try await cluster.leader() != leader ? true : nil
                }
            }
            isOver.withLock { $0 = true }
            try await group.waitForAll()
        }
        let values = try await cluster.running[0].values()
        #expect(Set(values).count == values.count)
        #expect(Set(values) == Set(acknowledged.withLock { $0 }))
        try await cluster.stopAll()
    }

    @Test func `who does not lead, or is asked for a stranger, says so`() async throws {
        let cluster = try ReplicaCluster { $0.electionTimeout = .seconds(3) }
        try cluster.startAll()
        let leader = try await cluster.leader()
        let follower = try #require(cluster.runs[(leader + 1) % 3])
        await #expect(throws: ReplicationError.self) {
            _ = try await follower.replica.transferLeadership()
        }
        let run = try #require(cluster.runs[leader])
        #expect(
            try await run.replica.transferLeadership(to: "n9")
                == .refused("there is no member 'n9'")
        )
        try await cluster.stopAll()
        await #expect(throws: ReplicationError.stopped) {
            _ = try await run.replica.transferLeadership()
        }
    }

    @Test func `a leader that stops hands over, and nobody calls an election`() async throws {
        let cluster = try ReplicaCluster {
            // A pause of this machine must not look like a leader that is gone.
            $0.electionTimeout = .seconds(3)
        }
        try cluster.startAll()
        let leader = try await cluster.leader()
        try await cluster.runs[leader]?.append("before")
        let term = try #require(await cluster.runs[leader]?.replica.status.term)
        try await cluster.stop(leader)
        let next = try await cluster.leader()
        #expect(await cluster.runs[next]?.replica.status.term == term.next)
        try await cluster.running[0].append("after")
        #expect(try await cluster.running[1].values() == ["before", "after"])
        try await cluster.stopAll()
    }
}
