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
                let said = victim.logLines.dropFirst(lines).filter { $0.contains("dropped") }
                #expect(said.count == 1 && said[0].contains(path), "\(tear): \(said)")
                try await Self.write("after \(tear)", client, token, cluster)
                try await victim.crash()
                try await victim.start()
                try await cluster.settle()
            }
            try await Self.check(cluster, token)
        }

        @Test(arguments: Damage.allCases)
        func `damage is refused with file and line, and the others go on`(
            damage: Damage
        ) async throws {
            let cluster = try await Cluster()
            let client = try cluster.client()
            let token = try await client.enter("ann")
            for number in 0..<5 {
                _ = try await client.ask(.send(to: "ann", text: "\(number)"), token: token)
            }
            try await cluster.settle()
            let victim = try #require(cluster.others(than: try await cluster.leader()).last)
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
            let refusal = try await victim.refuseToStart()
            #expect(refusal.ending == .code(74))
            #expect(refusal.complaint.contains("\(file.path), line "), "\(refusal.complaint)")
            #expect(refusal.complaint.contains("damaged"))
            #expect(try JournalFile(file.path).bytes == file.bytes, "the file is left as it is")
            _ = try await client.ask(.send(to: "ann", text: "without it"), token: token)
            // As the message advises: a good copy of the file in its place.
            try good.write()
            try await victim.start()
            try await Self.check(cluster, token)
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
