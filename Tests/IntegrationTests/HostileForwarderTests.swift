import ChatCore
import ChatService
import Glibc
import Replication
import Storage
import TestSupport
import Testing

extension ClusterTests {
    /// A member's connection over which comes what no node can apply.
    @Suite struct HostileForwarderTests {
        private static let digest = String(repeating: "0", count: 64)

        /// The reported lines, and what a newer version might forward.
        private static let proposals = [
            Proposal(by: "x", key: "k", request: "00", operation: Array("{}".utf8)),
            Proposal(by: "x", key: "k", request: digest, operation: Array("{}".utf8)),
            Proposal(
                by: "aa3",
                key: "k2",
                request: digest,
                operation: Array(#"{"send":{"session":"sa10","to":"ann","text":"hi"}}"#.utf8)
            ),
            Proposal(
                by: "aa3",
                key: "k3",
                request: digest,
                operation: Array(#"{"pin":{"session":"sa9","id":"ma8"}}"#.utf8)
            ),
        ]

        @Test func `pitfall 49: nothing that a member forwards ends the nodes`() async throws {
            let cluster = try await Cluster()
            let token = try await cluster.client().enter("ann")
            let leader = try await cluster.leader()
            let status = try #require(try await leader.status())
            let member = try #require(status.members.first { $0.id != leader.id })
            let node = try #require(cluster.nodes.first { $0.id == member.id })
            let identity = NodeIdentity(id: member.id, incarnation: member.incarnation)

            // While it is connected nobody else speaks in its name.
            try await node.crash()
            let wire = try Wire(to: leader.peer)
            let hello = Hello(
                cluster: status.cluster,
                from: identity,
                peerAddress: node.peer,
                clientAddress: node.client,
                to: nil
            )
            var bytes = PeerMessage.hello(hello).line
            for (number, proposal) in Self.proposals.enumerated() {
                bytes += PeerMessage.forward(id: UInt64(number), proposal).line
            }
            try await wire.send(bytes)
            try await leader.says("refused an operation of \(identity)")
            try await node.start()
            try await cluster.ready(node)

            // All go on, and come back.
            let sends = Sends(to: "ann")
            let client = try cluster.client(token: token)
            try await sends.run(5, "a", by: client, givesUp: false)
            for node in cluster.nodes { #expect(node.process?.isRunning == true) }
            for node in cluster.nodes { _ = try await node.stop() }
            for node in cluster.nodes { try await node.start() }
            for node in cluster.nodes { try await cluster.ready(node) }
            try await sends.run(5, "b", by: try cluster.client(token: token), givesUp: false)
            for node in cluster.nodes {
                #expect(!node.journal.contains { $0.contains(#""by":"x""#) })
            }
        }
    }
}
