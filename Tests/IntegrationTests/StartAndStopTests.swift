import ChatCore
import ChatService
import Glibc
import Replication
import Storage
import TestSupport
import Testing

extension ClusterTests {
    @Suite struct StartAndStopTests {
        @Test func `three nodes form one cluster, and each serves any client`() async throws {
            let cluster = try await Cluster(options: Self.lastingLeader)
            let ann = try await cluster.client().enter("ann")
            for node in cluster.nodes {
                let client = try cluster.client([node], token: ann)
                _ = try await client.ask(.send(to: "ann", text: "through \(node.id)"))
            }
            for node in cluster.nodes {
                let messages = try await cluster.client([node]).history(with: "ann", token: ann)
                #expect(messages.map(\.text) == cluster.nodes.map { "through \($0.id)" })
            }
            let statuses = try await cluster.nodes.asyncMap { try await $0.status() }
            #expect(Set(statuses.map { $0?.cluster }).count == 1)
            #expect(statuses.count { $0?.role == "leader" } == 1)
            for node in cluster.nodes {
                #expect(node.logLines.filter { $0.contains(#""level":"warning""#) } == [])
            }
        }

        /// A pause of the machine must not look like a leader that is gone.
        private static func lastingLeader(_: Int) -> [String] { ["--election-timeout", "2s"] }

        @Test func `a node says who leads and whether it serves`() async throws {
            let cluster = try await Cluster(options: Self.lastingLeader)
            let leader = try await cluster.leader()
            for node in cluster.nodes {
                #expect(try await Self.status("/healthz", node) == 200)
                #expect(try await Self.status("/livez", node) == 200)
                #expect(try await Self.status("/leader", node) == (node === leader ? 200 : 503))
            }
            for node in cluster.others(than: leader) { try await node.crash() }
            try await eventually("a leader without a majority steps down") {
                try await Self.status("/leader", leader) == 503
            }
            #expect(try await Self.status("/readyz", leader) == 503)
            #expect(try await Self.status("/healthz", leader) == 200)
        }

        @Test func `a second process on the same directory is refused and the first goes on`()
            async throws
        {
            let cluster = try await Cluster(1)
            let node = cluster.nodes[0]
            let second = try await node.refuseToStart()
            #expect(second.ending == .code(74))
            #expect(second.complaint.contains("\(node.directory) is in use by another process"))
            #expect(try await Self.status("/readyz", node) == 200)
        }

        /// The reproduction of a loss: the lock was a file's, and the second start closed and cut
        /// the first one's journal before it found its port taken.
        @Test(arguments: [false, true])
        func `pitfall 50: a second start without the lock file harms nothing`(
            otherPorts: Bool
        ) async throws {
            let cluster = try await Cluster(1)
            let node = cluster.nodes[0]
            let client = try cluster.client()
            let ann = try await client.enter("ann")
            func send(_ texts: ClosedRange<Int>) async throws {
                for text in texts {
                    _ = try await cluster.client(token: ann).ask(.send(to: "ann", text: "\(text)"))
                }
            }
            try await send(1...3)
            let disk = DiskFileSystem()
            if try disk.exists("\(node.directory)/lock") {
                try disk.remove("\(node.directory)/lock")
            }
            let files = node.journalFiles
            let second = try await node.refuseToStart(
                otherPorts ? ["--listen", "127.0.0.1:0", "--peer-listen", "127.0.0.1:0"] : []
            )
            #expect(second.ending == .code(74))
            #expect(second.complaint.contains("\(node.directory) is in use by another process"))
            #expect(node.journalFiles == files)
            try await send(4...6)
            try await node.crash()
            try await node.start()
            try await cluster.ready(node)
            let messages = try await cluster.client().history(with: "ann", token: ann)
            #expect(messages.map(\.text) == (1...6).map { "\($0)" })
        }

        /// Guards pitfall 51: the directory is free, and the port is not.
        @Test func `pitfall 51: a start whose port is taken writes nothing`() async throws {
            let cluster = try await Cluster(1)
            let node = cluster.nodes[0]
            try await node.crash()
            let before = node.journalFiles.map { text(ofFile: $0) }
            let taken = try Listener(on: try #require(Address(node.peer)).resolved()[0])
            let refusal = try await node.refuseToStart()
            #expect(refusal.ending == .code(69) && taken.port != 0)
            #expect(node.journalFiles.map { text(ofFile: $0) } == before)
        }

        /// Guards pitfall 50, and says what a stop looks like in the log: one line, JSON as all others.
        @Test func `pitfall 50: a node whose directory is moved stops, and says why once`()
            async throws
        {
            let cluster = try await Cluster(1)
            let node = cluster.nodes[0]
            let ann = try await cluster.client().enter("ann")
            try DiskFileSystem().rename(node.directory, to: node.directory + ".moved")
            let client = try cluster.client(token: ann, timeout: .seconds(5))
            await #expect(throws: (any Error).self) {
                _ = try await client.ask(.send(to: "ann", text: "lost"))
            }
            #expect(try await node.process?.end() == .code(74))
            let causes = node.logLines.filter { $0.contains("moved, removed or replaced") }
            #expect(causes.count == 1 && causes.first?.hasPrefix("{\"time\":") == true)
            #expect(node.logLines.allSatisfy { $0.hasPrefix("{") })
            #expect(try !DiskFileSystem().exists(node.directory))
        }

        @Test func `a port that is taken is refused by name`() async throws {
            let cluster = try await Cluster(1)
            let node = cluster.nodes[0]
            let other = TestNode(
                "n2",
                in: cluster.directory,
                ports: [try ReservedPort(), try ReservedPort()],
                ["--listen", node.client, "--bootstrap-expect", "1"]
            )
            let refusal = try await other.refuseToStart()
            #expect(refusal.ending == .code(69))
            #expect(refusal.complaint.contains("cannot listen on \(node.client)"))
        }

        @Test func `SIGTERM ends a node with 0 at once, streams and requests or not`() async throws
        {
            let cluster = try await Cluster()
            let client = try cluster.client()
            let token = try await client.enter("ann")
            let leader = try await cluster.leader()
            let stream = try await EventWire(leader, token: token)
            let sends = Sends(to: "ann")
            try await withThrowingTaskGroup { group in
                for number in 0..<4 {
                    let client = try cluster.client([leader] + cluster.nodes, token: token)
                    group.addTask {
                        try await sends.run(20, "c\(number)", by: client, givesUp: false)
                    }
                }
                try await sends.reach(20)
                #expect(try await leader.stop() == .code(0))
                try await group.waitForAll()
            }
            while try await stream.event() != nil {}
            for node in cluster.others(than: leader) {
                #expect(try await node.stop() == .code(0))
            }
            for node in cluster.nodes { try await node.start() }
            try await sends.check(cluster, token: token)
        }

        @Test func `a node whose input ends stops too`() async throws {
            let cluster = try await Cluster(1)
            cluster.nodes[0].process?.endInput()
            #expect(try await cluster.nodes[0].process?.end() == .code(0))
        }

        @Test func `port 0 is chosen by the system and said`() async throws {
            let cluster = try await Cluster(1)
            let directory = cluster.directory
            let program = try Program(
                "chat-node",
                [
                    "run", "--id", "free", "--data-dir", "\(directory)/free", "--listen",
                    "127.0.0.1:0", "--peer-listen", "127.0.0.1:0", "--bootstrap-expect", "1",
                    "--test-founder-waits", "1ms",
                ],
                errorsTo: "\(directory)/free.log"
            )
            let line = try #require(try await program.line())
            let address = try #require(try member("listen", of: line))
            #expect(!address.hasSuffix(":0"))
            try await eventually("it serves at \(address)") {
                try await Wire.get("/readyz", from: address)?.status == 200
            }
        }

        @Test func `a node of another cluster is refused, and both sides say why`() async throws {
            let cluster = try await Cluster()
            let gone = cluster.nodes[2]
            try await gone.crash()
            // Somebody starts a new cluster of one at the address of a member.
            let stranger = TestNode(
                "n9",
                in: cluster.directory,
                ports: [try ReservedPort(), try ReservedPort()],
                ["--peer-listen", gone.peer, "--bootstrap-expect", "1"]
            )
            try await stranger.start()
            try await cluster.ready(stranger)
            try await stranger.says("belongs to cluster")
            try await cluster.nodes[0].says("belongs to another cluster")
            #expect(try await stranger.status()?.cluster != cluster.nodes[0].status()?.cluster)
            let token = try await cluster.client(Array(cluster.nodes.prefix(2))).enter("ann")
            #expect(!token.isEmpty)
        }

        private static func status(_ path: String, _ node: TestNode) async throws -> Int? {
            try await Wire.get(path, from: node.client)?.status
        }
    }
}

extension Sequence {
    /// Maps one element after the other.
    func asyncMap<Result>(
        _ transform: (Element) async throws -> Result
    ) async rethrows -> [Result] {
        var results: [Result] = []
        for element in self { results.append(try await transform(element)) }
        return results
    }
}
