import ChatCore
import ChatService
import Replication
import Testing

extension ClusterTests {
    @Suite struct DamagedJournalTests {
        /// How the end of a journal may look after a crash.
        enum Tear: CaseIterable {
            case newlines
            case zeros
            case cut
        }

        /// What a crash never does.
        enum Damage: CaseIterable {
            case lastBatchFlipped
            case lastBatchFlippedWithItsHead
            case olderByteFlipped
        }

        @Test func `a torn end is dropped and said, and the node goes on`() async throws {
            let cluster = try await Cluster()
            let client = try cluster.client()
            let token = try await client.enter("ann")
            let victim = try #require(cluster.others(than: try await cluster.leader()).last)
            for tear in Tear.allCases {
                try await Self.write("before \(tear)", client, token, cluster)
                try await victim.crash()
                let path = try #require(victim.journalFiles.last)
                var file = try JournalFile(path)
                file.forgetIdleBatches()
                let last = try #require(file.batches.last)
                // The last third of the batch never reached the disk.
                let lost = last.body.upperBound - last.body.count / 3
                switch tear {
                case .newlines: file.fill(from: lost, with: UInt8(ascii: "\n"))
                case .zeros: file.fill(from: lost, with: 0)
                case .cut: file.cut(to: lost)
                }
                try file.write()
                let lines = victim.logLines.count
                try await victim.start()
                // The log has a thread of its own.
                try await eventually("\(victim.id) says what it dropped") {
                    victim.logLines.dropFirst(lines).contains { $0.contains("dropped") }
                }
                let said = victim.logLines.dropFirst(lines).filter { $0.contains("dropped") }
                #expect(said.count == 1 && said[0].contains(path), "\(tear): \(said)")
                try await Self.write("after \(tear)", client, token, cluster)
                try await victim.crash()
                try await victim.start()
                try await cluster.settle()
            }
            try await Self.check(cluster, token)
        }

        @Test(arguments: [Damage.lastBatchFlipped, .olderByteFlipped])
        func `a damaged journal is healed from the others, and the file is left as it is`(
            damage: Damage
        ) async throws {
            let cluster = try await Cluster()
            let client = try cluster.client()
            let token = try await client.enter("ann")
            try await Self.writeFive(client, token, cluster)
            let victim = try #require(cluster.others(than: try await cluster.leader()).last)
            let file = try await Self.strike(victim, damage).file
            try await victim.start()
            try await victim.says("damaged: \(file.path), line ")
            try await victim.says("repairing: the log ends at ")
            _ = try await client.ask(.send(to: "ann", text: "healed"), token: token)
            try await Self.check(cluster, token)
            // Healed for good: nothing is said any more.
            try await victim.crash()
            let lines = victim.logLines.count
            try await victim.start()
            try await Self.check(cluster, token)
            #expect(!victim.logLines.dropFirst(lines).contains { $0.contains("repairing") })
        }

        /// Guards pitfall 38: whoever is whole again may lead, and each has what the others lack.
        @Test func `two of three damaged at different entries heal from the third`() async throws {
            let cluster = try await Cluster()
            let client = try cluster.client()
            let token = try await client.enter("ann")
            try await Self.writeFive(client, token, cluster)
            let whole = try await cluster.leader()
            for node in cluster.nodes { try await node.crash() }
            let others = cluster.others(than: whole)
            let first = try JournalFile(try #require(others[0].journalFiles.last))
            try Self.flip(first, batch: 2)
            let second = try JournalFile(try #require(others[1].journalFiles.last))
            try Self.flip(second, batch: 4)
            for node in cluster.nodes { try await node.start() }
            for node in others {
                try await node.says("repairing: the log ends at ")
            }
            _ = try await client.ask(.send(to: "ann", text: "healed"), token: token)
            try await Self.check(cluster, token)
        }

        @Test func `one byte flipped and another node gone for good lose nothing`() async throws {
            let cluster = try await Cluster()
            let client = try cluster.client()
            let token = try await client.enter("ann")
            let gone = try await cluster.leader()
            let others = cluster.others(than: gone)
            _ = try await client.ask(.send(to: "ann", text: "0"), token: token)
            try await cluster.settle()
            try await others[1].crash()
            for number in 1..<5 {
                _ = try await client.ask(.send(to: "ann", text: "\(number)"), token: token)
            }
            try await others[0].crash()
            try await gone.crash()
            // The first message, which both of the others have.
            var file = try JournalFile(try #require(others[0].journalFiles.last))
            let line = Array("\"text\":\"0\"".utf8)
            let place = try #require(
                file.bytes.indices.first { file.bytes[$0...].starts(with: line) }
            )
            file.change(place + 8..<place + 9) { $0 ^ 0x01 }
            try file.write()
            for node in others { try await node.start() }
            try await others[0].says("repaired: the log ends at ")
            let rest = try cluster.client(others, token: token)
            _ = try await rest.ask(.send(to: "ann", text: "5"), token: token)
            let texts = try await rest.history(with: "ann", isStale: false).compactMap(\.text)
            #expect(texts.sorted() == (0...5).map { "\($0)" })
        }

        @Test func `damage without a bound is refused, and the others go on`() async throws {
            let cluster = try await Cluster()
            let client = try cluster.client()
            let token = try await client.enter("ann")
            try await Self.writeFive(client, token, cluster)
            let victim = try #require(cluster.others(than: try await cluster.leader()).last)
            let (file, good) = try await Self.strike(victim, .lastBatchFlippedWithItsHead)
            let refusal = try await victim.refuseToStart()
            #expect(refusal.ending == .code(74))
            #expect(refusal.complaint.contains("\(file.path), line "), "\(refusal.complaint)")
            #expect(refusal.complaint.contains("No good line says what the journal held there"))
            #expect(try JournalFile(file.path).bytes == file.bytes, "the file is left as it is")
            _ = try await client.ask(.send(to: "ann", text: "without it"), token: token)
            // The very file that it was, and no older one.
            try good.write()
            try await victim.start()
            try await Self.check(cluster, token)
        }

        private static func writeFive(
            _ client: ClusterClient,
            _ token: String,
            _ cluster: Cluster
        ) async throws {
            for number in 0..<5 {
                _ = try await client.ask(.send(to: "ann", text: "\(number)"), token: token)
                // A batch each, on every node.
                try await cluster.settle()
            }
        }

        /// Kills a node and damages the end of its journal.
        ///
        /// - Returns: The file as it is now, and as it was.
        private static func strike(
            _ victim: TestNode,
            _ damage: Damage
        ) async throws -> (file: JournalFile, good: JournalFile) {
            try await victim.crash()
            var file = try JournalFile(try #require(victim.journalFiles.last))
            file.forgetIdleBatches()
            let good = file
            switch damage {
            case .lastBatchFlipped:
                let last = try #require(file.batches.last)
                file.change(last.body) { $0 ^ 0x40 }
            case .lastBatchFlippedWithItsHead:
                let last = try #require(file.batches.last)
                file.change(last.offset..<last.body.upperBound) { $0 ^ 0x40 }
            case .olderByteFlipped:
                let older = try #require(file.batches.dropLast(2).last)
                file.change(older.body.lowerBound + 12..<older.body.lowerBound + 13) { $0 ^ 0x01 }
            }
            try file.write()
            return (file, good)
        }

        /// Flips a bit of a batch, counted from the end.
        private static func flip(_ file: JournalFile, batch: Int) throws {
            var file = file
            let place = try #require(file.batches.dropLast(batch).last).body.lowerBound + 12
            file.change(place..<place + 1) { $0 ^ 0x01 }
            try file.write()
        }

        private static func write(
            _ text: String,
            _ client: ClusterClient,
            _ token: String,
            _ cluster: Cluster
        ) async throws {
            _ = try await client.ask(.send(to: "ann", text: text), token: token)
            try await cluster.settle()
        }

        /// Checks that all nodes hold the same.
        private static func check(_ cluster: Cluster, _ token: String) async throws {
            try await cluster.settle()
            let histories = try await cluster.nodes.asyncMap { node in
                try await cluster.client([node], token: token).history(with: "ann", isStale: true)
            }
            #expect(Set(histories).count == 1)
            let texts = histories[0].compactMap(\.text)
            #expect(Set(texts).count == texts.count && texts.count == 6)
        }
    }
}
