import ChatService
import Glibc
import Replication
import Testing

extension ClusterTests {
    @Suite struct TwoShellsTests {
        @Test
        func `two people go on writing while the leader is killed, and a tail misses nothing`()
            async throws
        {
            let cluster = try await Cluster()
            let leader = try await cluster.leader()
            let others = cluster.others(than: leader)
            let ann = Shell("ann", others, in: cluster.directory)
            let bob = Shell("bob", others.reversed(), in: cluster.directory)
            for person in [ann, bob] {
                let done = try await person.run(
                    "register",
                    person.name,
                    "--password-stdin",
                    input: ClusterClient.password
                )
                #expect(done.ending == .code(0), "\(done.complaints)")
            }
            // It follows the node that will be killed.
            let follower = Shell("bob", [leader] + others, in: cluster.directory)
            let tail = try follower.start("tail", "--json")
            try await eventually("the tail follows") {
                follower.complaints(of: "tail").contains("following on \(leader.client)")
            }
            var sent: [String] = []
            for number in 0..<12 {
                if number == 6 { leader.process?.signal(SIGKILL) }
                let (from, to) = number % 2 == 0 ? (ann, bob) : (bob, ann)
                let done = try await from.run("send", to.name, "\(from.name) \(number)")
                #expect(done.ending == .code(0), "\(done.complaints)")
                sent.append("\(from.name) \(number)")
            }
            var seen: [String] = []
            while seen.last != sent.last, let line = try await tail.line() {
                if try member("event", of: line) == "message" {
                    seen.append(try #require(try member("text", of: line)))
                }
            }
            #expect(seen == sent)
            tail.signal(SIGINT)
            #expect(try await tail.end() == .code(130))
            #expect(try await tail.line() == nil, "nothing was shown twice")
        }

        @Test func `a command that loses its answer finds out by itself`() async throws {
            let cluster = try await Cluster(1, options: { _ in ["--test-drop-answers", "2"] })
            let ann = Shell("ann", cluster.nodes, in: cluster.directory)
            let registered = try await ann.run(
                "register",
                "ann",
                "--password-stdin",
                input: ClusterClient.password
            )
            #expect(registered.ending == .code(0), "\(registered.complaints)")
            for number in 0..<4 {
                let sent = try await ann.run("send", "ann", "note \(number)")
                #expect(sent.ending == .code(0), "\(sent.complaints)")
            }
            let history = try await ann.run("history", "ann", "--json")
            let texts = try history.lines.map { try member("text", of: $0) }
            #expect(texts.sorted { $0 ?? "" < $1 ?? "" } == (0..<4).map { "note \($0)" })
        }

        @Test func `without a server a command ends with 69 and names whom it asked`() async throws
        {
            let cluster = try await Cluster(1)
            let ann = Shell("ann", cluster.nodes, in: cluster.directory)
            _ = try await ann.run(
                "register",
                "ann",
                "--password-stdin",
                input: ClusterClient.password
            )
            try await cluster.nodes[0].crash()
            let sent = try await ann.run("send", "ann", "hello", "--timeout", "200ms")
            #expect(sent.ending == .code(69))
            #expect(sent.complaints.contains(cluster.nodes[0].client))
        }
    }
}
