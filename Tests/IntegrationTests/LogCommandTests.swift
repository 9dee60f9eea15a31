import ChatCore
import ChatService
import Glibc
import Replication
import Storage
import Testing

extension ClusterTests {
    /// `chat-node log` beside stopped, running and damaged nodes.
    @Suite struct LogCommandTests {
        /// What a run of the tool gave.
        struct Outcome {
            var ending: Program.Ending
            var lines: [String]
            var complaint: String
        }

        static func log(_ words: String..., of directory: String) async throws -> Outcome {
            let errors = "\(directory).log-command"
            let before = text(ofFile: errors).utf8.count
            let program = try Program(
                "chat-node",
                ["log"] + words + ["--data-dir", directory],
                errorsTo: errors
            )
            let lines = try await program.rest()
            let ending = try await program.end()
            return Outcome(
                ending: ending,
                lines: lines,
                complaint: String(text(ofFile: errors).utf8.dropFirst(before)) ?? ""
            )
        }

        /// All files of a directory, with their bytes.
        static func bytes(_ node: TestNode) throws -> [String: [UInt8]] {
            let disk = DiskFileSystem()
            var found: [String: [UInt8]] = [:]
            for name in try disk.list(node.directory) {
                let file = try disk.open("\(node.directory)/\(name)")
                found[name] = try file.read(at: 0, count: try file.size())
            }
            return found
        }

        /// The indices of entries' lines, each of which is checked.
        static func indices(_ lines: [String]) throws -> [UInt64] {
            try lines.map { line in
                _ = try Line.check(Array(line.utf8), in: 0..<line.utf8.count)
                return try LogEntry(line: Array(line.utf8) + [10]).position.index.value
            }
        }

        static func filled(_ count: Int) async throws -> (cluster: Cluster, client: ClusterClient) {
            let cluster = try await Cluster(1)
            let client = try cluster.client()
            let token = try await client.enter("ann")
            for number in 0..<count {
                _ = try await client.ask(.send(to: "ann", text: "text \(number)"), token: token)
            }
            return (cluster, client)
        }

        @Test func `a stopped node's directory is shown, checked and counted, and left as it is`()
            async throws
        {
            let (cluster, _) = try await Self.filled(6)
            let node = cluster.nodes[0]
            #expect(try await node.stop() == .code(0))
            let before = try Self.bytes(node)
            let all = try await Self.log("show", of: node.directory)
            let indices = try Self.indices(all.lines)
            #expect(all.ending == .code(0) && all.complaint == "")
            #expect(indices.count > 8 && indices == Array(1...UInt64(indices.count)))
            #expect(all.lines.count { $0.contains("\"text\":\"text ") } == 6)
            let some = try await Self.log("show", "--from", "3", "--to", "5", of: node.directory)
            #expect(some.ending == .code(0) && some.lines == Array(all.lines[2..<5]))
            let none = try await Self.log("show", "--from", "999", of: node.directory)
            #expect(none.ending == .code(0) && none.lines == [])
            let good = try await Self.log("verify", of: node.directory)
            #expect(good.ending == .code(0) && good.lines.last == "every line is good")
            let stat = try await Self.log("stat", of: node.directory)
            #expect(stat.ending == .code(0) && stat.lines.count == 1)
            var entries: Int?
            var reader = JSONReader(Array(stat.lines[0].utf8))
            try reader.members { (name, reader) throws(LineError) in
                if name == "entries" { entries = try reader.count() } else { _ = try reader.skip() }
            }
            try reader.finish()
            #expect(entries == indices.count)
            #expect(try Self.bytes(node) == before)
        }

        @Test func `a running node is looked at, and followed until Ctrl-C`() async throws {
            let (cluster, _) = try await Self.filled(3)
            let node = cluster.nodes[0]
            let shown = try await Self.log("show", of: node.directory)
            let indices = try Self.indices(shown.lines)
            #expect(shown.ending == .code(0) && indices == Array(1...UInt64(indices.count)))
            #expect(try await Self.log("verify", of: node.directory).ending == .code(0))
            #expect(try await Self.log("stat", of: node.directory).ending == .code(0))
            let follower = try Program(
                "chat-node",
                [
                    "log", "show", "--data-dir", node.directory, "--follow", "--from",
                    "\(indices.count)",
                ],
                errorsTo: "\(node.directory).follow"
            )
            // The last that was there shows that it follows from here on.
            #expect(try await follower.line() == shown.lines.last)
            let token = try await cluster.client().enter("bob")
            _ = try await cluster.client().ask(
                .send(to: "bob", text: "while it follows"),
                token: token
            )
            var seen: [String] = []
            while seen.last?.contains("while it follows") != true {
                seen.append(try #require(try await follower.line()))
            }
            #expect(try Self.indices(seen).first == UInt64(indices.count) + 1)
            // A restart begins a new file, in which the last entries stand again.
            try await node.crash()
            try await node.start()
            let client = try cluster.client()
            _ = try await client.ask(.send(to: "bob", text: "after a restart"), token: token)
            while seen.last?.contains("after a restart") != true {
                seen.append(try #require(try await follower.line()))
            }
            let first = UInt64(indices.count) + 1
            #expect(try Self.indices(seen) == Array(first..<first + UInt64(seen.count)))
            follower.signal(SIGINT)
            #expect(try await follower.end() == .code(0))
            #expect(text(ofFile: "\(node.directory).follow") == "")
        }

        @Test func `damage is told by its place, with exit code 2, and 74 if nothing can start`()
            async throws
        {
            let (cluster, _) = try await Self.filled(6)
            let node = cluster.nodes[0]
            try await node.crash()
            let path = try #require(node.journalFiles.last)
            let good = try JournalFile(path)
            var file = good
            let older = try #require(file.batches.dropLast(4).last { $0.body.count > 50 })
            file.change(older.body.lowerBound + 30..<older.body.lowerBound + 31) { $0 ^ 1 }
            try file.write()
            let before = try Self.bytes(node)
            let verified = try await Self.log("verify", of: node.directory)
            #expect(verified.ending == .code(2) && verified.lines.last == "damaged")
            #expect(verified.lines.contains { $0.hasPrefix("damaged: \(path), line ") })
            #expect(verified.lines.contains { $0.hasPrefix("the node is repairing") })
            let shown = try await Self.log("show", of: node.directory)
            #expect(shown.ending == .code(2) && shown.complaint.contains("\(path), line "))
            #expect(try Self.indices(shown.lines).count > 1)
            #expect(try Self.bytes(node) == before)
            // The head of the file, which is the only one that counts.
            file = good
            file.change(20..<21) { $0 ^ 1 }
            try file.write()
            for other in node.journalFiles.dropLast() { unsafe unlink(other) }
            let refused = try await Self.log("verify", of: node.directory)
            #expect(refused.ending == .code(74) && refused.complaint.contains("\(path), line 1"))
        }

        @Test func `a damaged file that counts for nothing is listed, with exit code 2`()
            async throws
        {
            let directory = try CommandDirectory()
            let (journal, _) = try Journal.open(
                directory: "\(directory.path)/n1",
                id: "n1",
                fileSystem: DiskFileSystem(),
                makeIncarnation: { "8f3a91c04be7d215" }
            )
            // The head of a second file repeats all that the first one says.
            try journal.adopt(cluster: "c1")
            journal.close()
            let path = "\(directory.path)/n1/journal-0000000001.jsonl"
            var file = try JournalFile(path)
            file.change(20..<21) { $0 ^ 1 }
            try file.write()
            let verified = try await Self.log("verify", of: "\(directory.path)/n1")
            #expect(verified.ending == .code(2) && verified.lines.last == "damaged")
            #expect(verified.lines.contains { $0.hasPrefix("superseded: \(path): ") })
            #expect(
                verified.lines.contains {
                    $0.hasPrefix("damaged: \(path), line 1 ") && $0.hasSuffix("; it costs nothing")
                }
            )
        }

        @Test func `a directory that holds no node is refused`() async throws {
            let cluster = try await Cluster(1)
            let missing = "\(cluster.directory)/nobody"
            for word in ["show", "verify", "stat"] {
                let outcome = try await Self.log(word, of: missing)
                #expect(outcome.ending == .code(74) && outcome.lines == [])
                #expect(outcome.complaint.contains("\(missing): no such file or directory"))
            }
            let empty = try await Self.log("show", of: cluster.directory)
            #expect(empty.ending == .code(74))
            #expect(empty.complaint.contains("holds no journal-*.jsonl"))
        }
    }
}
