import ChatCore
import ChatService
import Glibc
import Replication
import TestSupport
import Testing

extension ClusterTests {
    /// Nodes that come to a cluster which runs.
    @Suite struct JoiningTests {
        /// Waits until the leader shows a node in a role, and no change is under way.
        private func becomes(
            _ role: String,
            _ node: TestNode,
            in cluster: Cluster,
            with joined: [TestNode] = [],
            afterIncarnation old: String? = nil
        ) async throws {
            try await eventually("\(node.id) is \(role): \(node.logLines.suffix(5))") {
                // It leads itself at times, and shows itself as the leader.
                guard
                    let status = try await cluster.leader(among: cluster.nodes + joined + [node])
                        .status()
                else { return false }
                let members = status.members.filter { $0.id == node.id }
                guard !status.isChanging, members.count == 1, let member = members.first else {
                    return false
                }
                let isThere = member.role == role || role == "follower" && member.role == "leader"
                return isThere && member.incarnation != old
            }
        }

        @Test func `a fourth node joins under load, and takes the place of one that dies`()
            async throws
        {
            let cluster = try await Cluster()
            let token = try await cluster.client().enter("ann")
            let sends = Sends(to: "ann")
            func newNode(_ id: String, _ more: [String] = []) throws -> TestNode {
                TestNode(
                    id,
                    in: cluster.directory,
                    ports: [try ReservedPort(), try ReservedPort()],
                    ["--join", cluster.nodes.map(\.peer).joined(separator: ",")] + more
                )
            }
            let fourth = try newNode("n4")
            let learner = try newNode("n5", ["--learner"])
            let dying = cluster.nodes[2]
            let living = [cluster.nodes[0], cluster.nodes[1], fourth]
            let count = size("SENDS", otherwise: 120)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for name in ["a", "b", "c"] {
                    let client = try cluster.client(living, token: token, timeout: .seconds(3))
                    group.addTask { try await sends.run(count, name, by: client, givesUp: false) }
                }
                try await sends.reach(count / 2)
                try await fourth.start()
                try await learner.start()
                try await becomes("follower", fourth, in: cluster)
                try await becomes("learner", learner, in: cluster)
                try await dying.crash()
                try await group.waitForAll()
            }
            // Three of the four voters are needed, so the fourth one votes.
            #expect(sends.acknowledged == 3 * count)
            let leader = try await cluster.leader(among: living)
            let last = try #require(try await leader.status()).last
            for node in living + [learner] { try await node.applies(last) }
            try await sends.check(cluster, on: living + [learner], token: token)
            #expect(try await leader.status()?.members.count { $0.isVoter } == 4)
        }

        /// Guards pitfall 55: it formed the cluster alone, and its command line says so still.
        @Test func `pitfall 55: a founder alone that lost its directory comes back as a member`()
            async throws
        {
            let cluster = try await Cluster(1, founderWaits: nil) { _ in
                ["--test-replace-after", "1000"]
            }
            let founder = cluster.nodes[0]
            let token = try await cluster.client().enter("ann")
            let sends = Sends(to: "ann")
            try await sends.run(10, "a", by: try cluster.client(token: token), givesUp: false)
            let joiners = try ["n2", "n3"].map { id in
                TestNode(
                    id,
                    in: cluster.directory,
                    ports: [try ReservedPort(), try ReservedPort()],
                    ["--join", founder.peer, "--test-replace-after", "1000"]
                )
            }
            for node in joiners {
                try await node.start()
                try await becomes("follower", node, in: cluster, with: joiners)
            }
            let before = try #require(try await founder.status())
            let old = before.members.first { $0.id == founder.id }?.incarnation
            try await founder.crash()
            Cluster.remove(founder.directory)
            try await founder.start()
            try await founder.says("forms no cluster")
            try await becomes(
                "follower",
                founder,
                in: cluster,
                with: joiners,
                afterIncarnation: old
            )
            let client = try cluster.client([founder] + joiners, token: token)
            try await sends.run(10, "b", by: client, givesUp: false)
            #expect(try await founder.status()?.cluster == before.cluster)
            #expect(sends.acknowledged == 20)
            try await sends.check(cluster, on: [founder] + joiners, token: token)
        }

        @Test func `a node whose directory was deleted comes back with the same command line`()
            async throws
        {
            let cluster = try await Cluster { _ in ["--test-replace-after", "1000"] }
            let token = try await cluster.client().enter("ann")
            let sends = Sends(to: "ann")
            let victim = cluster.nodes[0]
            let old = try #require(
                try await victim.status()?.members.first { $0.id == victim.id }
            )
            try await sends.run(20, "a", by: try cluster.client(token: token), givesUp: false)
            try await victim.crash()
            Cluster.remove(victim.directory)
            try await victim.start()
            let others = cluster.others(than: victim)
            try await sends.run(
                20,
                "b",
                by: try cluster.client(others, token: token),
                givesUp: false
            )
            try await becomes("follower", victim, in: cluster, afterIncarnation: old.incarnation)
            // It is one of the two that are left, so nothing is acknowledged without it.
            try await others[0].crash()
            let client = try cluster.client([victim, others[1]], token: token)
            try await sends.run(20, "c", by: client, givesUp: false)
            try await others[0].start()
            try await cluster.ready(others[0])
            #expect(sends.acknowledged == 60)
            try await sends.check(cluster, token: token)
        }
    }
}
