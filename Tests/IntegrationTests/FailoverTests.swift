import ChatCore
import ChatService
import Glibc
import Replication
import Testing

extension ClusterTests {
    /// How long nobody's message is acknowledged after the leader was killed.
    ///
    /// A figure of time, so only Tests/Campaigns/failover.sh runs more than one round and judges it.
    @Suite struct FailoverTests {
        @Test func `after a leader is killed the next message is acknowledged soon`() async throws {
            let cluster = try await Cluster()
            let token = try await cluster.client().enter("ann")
            var milliseconds: [Int] = []
            for round in 0..<size("ROUNDS", otherwise: 1) {
                let leader = try await cluster.leader()
                let client = try cluster.client(cluster.others(than: leader), token: token)
                _ = try await client.ask(.send(to: "ann", text: "before \(round)"))
                let start = SystemClock.now()
                leader.process?.signal(SIGKILL)
                _ = try await client.ask(.send(to: "ann", text: "after \(round)"))
                let length = SystemClock.now() - start
                milliseconds.append(Int(length / .milliseconds(1)))
                try await leader.crash()
                try await leader.start()
                try await cluster.settle()
            }
            milliseconds.sort()
            let median = milliseconds[milliseconds.count / 2]
            print(
                "failover: \(milliseconds.count) rounds, milliseconds from kill to the next",
                "acknowledged message: min \(milliseconds[0]), median \(median),",
                "max \(milliseconds[milliseconds.count - 1])"
            )
            if milliseconds.count > 1 { #expect(median < 1_000) }
            let texts = try await cluster.client().history(with: "ann", token: token).map(\.text)
            #expect(
                texts == milliseconds.indices.flatMap { ["before \($0)", "after \($0)"] },
                "each is there once, in order"
            )
        }
    }
}
