import ChatCore
import ChatService
import Replication
import TestSupport
import Testing

extension ClusterTests {
    /// A directory that is put back to an old copy of itself, which is forbidden and done once by
    /// everybody.
    @Suite struct OldCopyTests {
        @Test func `pitfall 58: an old copy makes an alarm, and loses nothing in silence`()
            async throws
        {
            let cluster = try await Cluster()
            let (old, truth, away) = (cluster.nodes[0], cluster.nodes[1], cluster.nodes[2])
            let client = try cluster.client()
            let token = try await client.enter("ann")
            try await cluster.settle()
            _ = try await away.stop()
            _ = try await old.stop()
            try await Self.copy(old.directory, to: "\(cluster.directory)/copy", cluster)
            try await old.start()
            try await cluster.ready(old)
            for number in 0..<20 {
                _ = try await client.ask(.send(to: "ann", text: "\(number)"), token: token)
            }
            let last = try #require(await truth.status()).last
            try await eventually("\(truth.id) notes what is committed") {
                truth.journal.last { $0.contains("\"batch\":") }?.contains("\"commit\":\(last)")
                    ?? false
            }
            let kept = truth.journal.filter { $0.hasPrefix("{\"index\":") }
            _ = try await old.stop()
            try await truth.crash()
            Cluster.remove(old.directory)
            try await Self.copy("\(cluster.directory)/copy", to: old.directory, cluster)
            try await old.start()
            try await away.start()
            for node in [old, away] { try await cluster.ready(node) }
            let others = try cluster.client([old, away])
            _ = try await others.ask(.send(to: "ann", text: "another history"), token: token)

            for start in 1...2 {
                try await truth.start()
                #expect(try await truth.process?.end() == .code(79), "start \(start)")
            }
            #expect(truth.logLines.contains { $0.contains("two histories") })
            // Nothing is thrown away, the others go on and say what happened.
            #expect(kept.allSatisfy { truth.journal.contains($0) })
            let asked = try await cluster.leader(among: [old, away])
            let shown = try #require(try await Wire.get("/v1/cluster", from: asked.client))
            let text = String(decoding: shown.body, as: UTF8.self)
            #expect(
                text.contains("\"contradicted\":[\"n2/") && text.contains("old copy"),
                "\(text)"
            )
            _ = try await others.ask(.send(to: "ann", text: "on"), token: token)
        }

        private static func copy(
            _ directory: String,
            to other: String,
            _ cluster: Cluster
        ) async throws {
            let process = try Program(
                "/bin/cp",
                ["-a", directory, other],
                errorsTo: "\(cluster.directory)/cp.log"
            )
            #expect(try await process.end() == .code(0))
        }
    }
}
