import ChatCore
import ChatService
import Replication
import Storage
import TestSupport
import Testing

extension ClusterTests {
    /// The lead that moves from one process to another while several clients write.
    ///
    /// How long nothing is acknowledged is a figure of time, so only Tests/Campaigns/transfer.sh runs
    /// more than one round and judges it.
    @Suite struct TransferTests {
        private static let writers = 6

        /// Runs `body` while clients write through all nodes; then checks what became of it all.
        private static func underLoad(
            _ cluster: Cluster,
            _ body: (Sends) async throws -> Void
        ) async throws {
            let token = try await cluster.client().enter("ann")
            let sends = Sends(to: "ann")
            let isOver = Lock(false)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<writers {
                    let order = cluster.nodes.indices.map { cluster.nodes[($0 + number) % 3] }
                    let client = try cluster.client(order, token: token)
                    group.addTask {
                        try await sends.run(.max, "c\(number)", by: client, givesUp: false) {
                            isOver.withLock { $0 }
                        }
                    }
                }
                try await sends.reach(50)
                try await body(sends)
                isOver.withLock { $0 = true }
                try await group.waitForAll()
            }
            try await sends.check(cluster, token: token)
        }

        @Test func `SIGTERM to the leader moves the lead without an election by timeout`()
            async throws
        {
            let timeout = size("ELECTION_TIMEOUT", otherwise: 3_000)
            let cluster = try await Cluster(options: { _ in ["--election-timeout", "\(timeout)ms"] }
            )
            var pauses: [Int] = []
            try await Self.underLoad(cluster) { sends in
                for _ in 0..<size("ROUNDS", otherwise: 1) {
                    let leader = try await cluster.leader()
                    let term = try #require(try await leader.status()).term
                    let pause = try await sends.longestPause {
                        #expect(try await leader.stop() == .code(0))
                        let next = try await cluster.leader(
                            among: cluster.others(than: leader),
                            afterTerm: term
                        )
                        #expect(try await next.status()?.term == term + 1)
                        try await leader.says("handing the lead over to \(next.id)")
                        try await sends.reach(sends.acknowledged + 50)
                    }
                    pauses.append(Int(pause / .milliseconds(1)))
                    try await leader.start()
                    try await cluster.settle()
                }
            }
            pauses.sort()
            print(
                "transfer: \(pauses.count) rounds, milliseconds without an acknowledged message",
                "around SIGTERM to the leader: min \(pauses[0]),",
                "median \(pauses[pauses.count / 2]), max \(pauses[pauses.count - 1]);",
                "election timeout \(timeout)"
            )
            if pauses.count > 1 { #expect(pauses.allSatisfy { $0 < timeout }) }
        }

        @Test func `the preferred node gets the lead back by itself after it was killed`()
            async throws
        {
            let cluster = try await Cluster(options: { _ in
                [
                    "--election", "priority:n1,n2,n3", "--election-timeout", "2s",
                    "--test-failback-after", "500ms",
                ]
            })
            let first = cluster.nodes[0]
            try await Self.underLoad(cluster) { sends in
                try await first.leads()
                try await first.crash()
                let others = cluster.others(than: first)
                _ = try await cluster.leader(among: others)
                try await sends.reach(sends.acknowledged + 50)
                try await first.start()
                try await first.leads()
                try await sends.reach(sends.acknowledged + 50)
            }
            let told = "handing the lead over to n1"
            #expect(
                cluster.nodes.contains { node in
                    node.logLines.contains { $0.contains(told) && $0.contains("prefers") }
                }
            )
        }

        @Test(arguments: [
            ("fastest", "Please provide one of 'randomized', 'lowest-id'"),
            ("priority:n1,,n2", "'' in '--election priority:n1,,n2' is no node's id"),
            ("priority:n1,n2,n1", "names 'n1' twice"),
        ])
        func `a policy that is none is refused with what to do`(text: String, reason: String)
            async throws
        {
            let directory = try await Cluster(1)
            let node = TestNode(
                "n9",
                in: directory.directory,
                ports: [try ReservedPort(), try ReservedPort()],
                ["--bootstrap-expect", "1", "--election", text]
            )
            let refusal = try await node.refuseToStart()
            #expect(refusal.ending == .code(64))
            #expect(refusal.complaint.contains(reason), "\(refusal.complaint)")
        }
    }
}

extension TestNode {
    fileprivate func leads() async throws {
        try await eventually("\(id) leads") {
            try await status()?.role == "leader"
        }
    }
}
