import ChatCore
import ChatService
import Glibc
import Replication
import Storage
import Testing

extension ClusterTests {
    @Suite struct StoppedLeaderTests {
        @Test func `a leader that slept through an election takes no write and tells nothing old`()
            async throws
        {
            let cluster = try await Cluster()
            let token = try await cluster.client().enter("ann")
            let sleeper = try await cluster.leader()
            let term = try #require(try await sleeper.status()).term
            let wires: [Wire] = try await (0..<10).asyncMap { _ in
                try await Self.open(sleeper)
            }
            sleeper.process?.signal(SIGSTOP)
            let others = cluster.others(than: sleeper)
            _ = try await cluster.leader(among: others, afterTerm: term)
            let awake = try cluster.client(others, token: token)
            var acknowledged: Set<String> = []
            for number in 0..<20 {
                _ = try await awake.ask(.send(to: "ann", text: "awake \(number)"))
                acknowledged.insert("awake \(number)")
            }
            // Five writes and five reads wait in each of the sleeper's sockets.
            for (number, wire) in wires.enumerated() {
                for turn in 0..<5 {
                    let text = "asleep-\(number)-\(turn)"
                    let send = ChatState.Request.send(to: "ann", text: text)
                    try await wire.post("/v1/requests", send.lineBytes, token: token, key: text)
                    let all = ChatState.Query.history(with: "ann", HistoryRange(limit: 200))
                    try await wire.post("/v1/queries", all.lineBytes, token: token)
                }
            }
            sleeper.process?.signal(SIGCONT)
            var (taken, refused, reads): ([String: MessageID], [Int: Int], Int) = ([:], [:], 0)
            for (number, wire) in wires.enumerated() {
                for turn in 0..<5 {
                    let write = try #require(try await wire.answer())
                    if write.status == 200 {
                        let output = try Answered(lineBytes: write.body).output
                        guard case .sent(let sent) = output else { throw Unexpected(write.text) }
                        taken["asleep-\(number)-\(turn)"] = sent.id
                    } else {
                        #expect([503, 504].contains(write.status), "\(write.text)")
                        refused[write.status, default: 0] += 1
                    }
                    let read = try #require(try await wire.answer())
                    guard read.status == 200 else { continue }
                    reads += 1
                    let answer = try Found(lineBytes: read.body).answer
                    guard case .history(let page, _) = answer else { throw Unexpected(read.text) }
                    #expect(acknowledged.isSubset(of: page.compactMap(\.text)), "an old state")
                }
            }
            print("writes taken: \(taken.count), refused: \(refused), reads answered: \(reads)")
            try await Self.check(cluster, token, taken, acknowledged)
            // What its old leadership had taken would stand in its journal under the old term.
            for node in cluster.nodes {
                let entries = node.journal.filter { $0.contains("asleep-") }
                #expect(!entries.contains { $0.contains("\"term\":\(term),") }, "\(node.id)")
            }
        }

        /// A connection that the node has taken.
        private static func open(_ node: TestNode) async throws -> Wire {
            let wire = try Wire(to: node.client)
            try await wire.send("GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
            #expect(try await wire.answer()?.status == 200)
            return wire
        }

        private static func check(
            _ cluster: Cluster,
            _ token: String,
            _ taken: [String: MessageID],
            _ acknowledged: Set<String>
        ) async throws {
            try await cluster.settle()
            for node in cluster.nodes {
                let client = try cluster.client([node], token: token)
                let history = try await client.history(with: "ann", isStale: true)
                let texts = history.compactMap(\.text)
                #expect(Set(texts).count == texts.count, "each is there once")
                #expect(acknowledged.isSubset(of: texts))
                for message in history {
                    guard let id = message.text.flatMap({ taken[$0] }) else { continue }
                    #expect(id == message.id)
                }
                #expect(Set(taken.keys).isSubset(of: texts), "acknowledged and lost")
            }
        }
    }
}
