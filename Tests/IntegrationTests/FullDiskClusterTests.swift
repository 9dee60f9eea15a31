import ChatCore
import ChatService
import Replication
import Storage
import Testing

extension ClusterTests {
    /// Guards pitfall 40.
    @Suite struct FullDiskClusterTests {
        @Test(.enabled(if: MountedDisk.isAllowed, MountedDisk.need))
        func `a node on a full disk steps aside, and comes back once there is room`() async throws {
            let cluster = try await Cluster()
            let client = try cluster.client()
            let token = try await client.enter("ann")
            let victim = cluster.nodes[0]
            _ = try await victim.stop()
            // Room for the reserve and what is filled ahead.
            let disk = try MountedDisk(over: victim.directory, mebibytes: 20)
            try await victim.start()
            try await cluster.ready(victim)
            try disk.fill()
            let text = String(repeating: "x", count: 8_000)
            var sent = 0
            // Its first MiB was filled ahead.
            while !victim.logLines.contains(where: { $0.contains("no space left") }), sent < 400 {
                _ = try await client.ask(.send(to: "ann", text: text), token: token)
                sent += 1
            }
            #expect(sent < 400)
            let ready = try await Wire.get("/readyz", from: victim.client)
            #expect(ready?.status == 503 && ready?.text.contains("disk_full") == true)
            let refused = try Wire(to: victim.client)
            try await refused.post("/v1/requests", Array("{}".utf8), token: token)
            #expect(try await refused.answer()?.text.contains("disk_full") == true)
            let read = try await cluster.client([victim], token: token)
                .history(with: "ann", isStale: true)
            #expect(!read.isEmpty)
            // The others take what it refuses, also from a client that asks it first.
            for number in 1...20 {
                let text = "while it is full: \(number)"
                _ = try await cluster.client(token: token).ask(.send(to: "ann", text: text))
            }
            let leader = try await cluster.leader(among: cluster.others(than: victim))
            try disk.makeRoom()
            try await victim.says("there is space on the disk again")
            try await victim.applies(try #require(try await leader.status()).last)
            try await cluster.ready(victim)
            let histories = try await cluster.nodes.asyncMap { node in
                try await cluster.client([node], token: token).history(with: "ann", isStale: true)
            }
            #expect(histories.allSatisfy { $0.count == sent + 20 } && Set(histories).count == 1)
            _ = try await victim.stop()
            _ = disk
        }
    }
}
