import ChatCore
import ChatService
import Replication
import Testing

extension ClusterTests {
    @Suite struct InstallTests {
        private static let clients = 8

        /// With the usual election timeout where it runs alone, see Tests/Campaigns/failover.sh; with
        /// a longer one here, since other tests keep the machine busy.
        @Test func `a node far behind installs a snapshot under load, without one election`()
            async throws
        {
            let timeout = "\(size("ELECTION_TIMEOUT", otherwise: 4_000))ms"
            let cluster = try await Cluster(options: { _ in
                ["--test-small-files", "--election-timeout", timeout]
            })
            let token = try await cluster.client().enter("ann")
            let leader = try await cluster.leader()
            let away = cluster.others(than: leader)[0]
            let servers = cluster.nodes.filter { $0 !== away }
            let term = try #require(try await leader.status()).term
            try await away.crash()
            let sends = Sends(to: "ann")
            let each = size("SENDS", otherwise: 960) / Self.clients
            try await withThrowingTaskGroup { group in
                for number in 0..<Self.clients {
                    let client = try cluster.client(servers, token: token)
                    group.addTask {
                        try await sends.run(each, "c\(number)", by: client, givesUp: false)
                    }
                }
                try await sends.reach(each * Self.clients * 2 / 3)
                // What it has not got is gone from the others' journals.
                try await eventually("the journals begin later") {
                    servers.allSatisfy { node in
                        !node.journalFiles.contains { $0.hasSuffix("journal-0000000001.jsonl") }
                    }
                }
                try await away.start()
                try await group.waitForAll()
            }
            try await sends.check(cluster, token: token)
            try await away.says("installed a snapshot")
            #expect(try await leader.status()?.term == term, "nobody was elected")
            #expect(sends.acknowledged == each * Self.clients)
        }
    }
}
