import ChatCore
import ChatService
import Replication
import Testing

extension ClusterTests {
    @Suite struct CrashTests {
        private static let clients = 16

        @Test func `nothing is lost or doubled while leaders are killed and answers lost`()
            async throws
        {
            let cluster = try await Cluster(options: { _ in ["--test-drop-answers", "4"] })
            let token = try await cluster.client().enter("ann")
            let sends = Sends(to: "ann")
            let each = (size("SENDS", otherwise: 640) + Self.clients - 1) / Self.clients
            try await withThrowingTaskGroup { group in
                for number in 0..<Self.clients {
                    let client = try cluster.client(Self.rotated(cluster, number), token: token)
                    group.addTask {
                        try await sends.run(each, "c\(number)", by: client, givesUp: false)
                    }
                }
                for quarter in 1...3 {
                    try await sends.reach(each * Self.clients * quarter / 4)
                    let leader = try await cluster.leader()
                    try await leader.crash()
                    try await leader.start()
                }
                try await group.waitForAll()
            }
            #expect(sends.acknowledged == each * Self.clients)
            // Each killed leader may have lost the answers that its clients waited for; the rest
            // was lost by the switch.
            print("repeated answers: \(sends.repeated) of \(sends.acknowledged)")
            #expect(sends.repeated - 3 * Self.clients >= 50, "answers lost after their commit")
            try await sends.check(cluster, token: token)
        }

        @Test(arguments: [true, false])
        func `all nodes killed at once under load come back with all that was acknowledged`(
            givesUp: Bool
        ) async throws {
            let cluster = try await Cluster()
            let token = try await cluster.client().enter("ann")
            let sends = Sends(to: "ann")
            let each = (size("SENDS", otherwise: 480) + Self.clients - 1) / Self.clients
            try await withThrowingTaskGroup { group in
                for number in 0..<Self.clients {
                    let client = try cluster.client(
                        Self.rotated(cluster, number),
                        token: token,
                        timeout: givesUp ? .milliseconds(200) : .seconds(5)
                    )
                    group.addTask {
                        try await sends.run(each, "c\(number)", by: client, givesUp: givesUp)
                    }
                }
                try await sends.reach(each * Self.clients / 3)
                for node in cluster.nodes { node.process?.signal(9) }
                for node in cluster.nodes { try await node.crash() }
                for node in cluster.nodes { try await node.start() }
                try await group.waitForAll()
            }
            print("acknowledged: \(sends.acknowledged) of \(each * Self.clients)")
            if !givesUp { #expect(sends.acknowledged == each * Self.clients) }
            try await sends.check(cluster, token: token)
        }

        @Test func `nodes killed again and again under load lose nothing`() async throws {
            let cluster = try await Cluster(options: { _ in ["--test-small-files"] })
            let token = try await cluster.client().enter("ann")
            let sends = Sends(to: "ann")
            let kills = size("KILLS", otherwise: 4)
            let clients = try (0..<Self.clients).map { number in
                try cluster.client(Self.rotated(cluster, number), token: token)
            }
            for kill in 0..<kills {
                let node = cluster.nodes[kill % cluster.nodes.count]
                let before = sends.acknowledged
                try await withThrowingTaskGroup { group in
                    for (number, client) in clients.enumerated() {
                        group.addTask {
                            try await sends.run(3, "c\(number).\(kill)", by: client, givesUp: false)
                        }
                    }
                    try await sends.reach(before + Int.random(in: 0...Self.clients))
                    try await node.crash()
                    try await node.start()
                    try await group.waitForAll()
                }
                // Without a majority nothing more would be acknowledged, and nothing be shown.
                try await cluster.ready(node)
            }
            print("acknowledged: \(sends.acknowledged), \(kills) kills")
            try await sends.check(cluster, token: token)
        }

        /// The nodes in another order for each client, so that all three are used.
        private static func rotated(_ cluster: Cluster, _ number: Int) -> [TestNode] {
            let first = number % cluster.nodes.count
            return Array(cluster.nodes[first...] + cluster.nodes[..<first])
        }
    }
}
