import Replication
import Storage
import TestSupport
import Testing

/// A replica on a real directory that writes snapshots while it serves.
@Suite(.timeLimit(.minutes(5))) struct ReplicaSnapshotTests {
    private static func configuration(_ directory: ReplicaDirectory) -> ReplicaConfiguration {
        var configuration = aloneConfiguration(directory)
        configuration.journal = JournalConfiguration(segmentBytes: 1 << 14, fillBytes: 1 << 12)
        configuration.snapshots.entries = 40
        configuration.snapshots.trailingEntries = 10
        configuration.snapshots.trailingBytes = 0
        return configuration
    }

    private static func files(_ configuration: ReplicaConfiguration) throws -> [String] {
        try DiskFileSystem().list(configuration.dataDirectory).sorted()
    }

    @Test func `a node starts from its snapshot and the log behind it`() async throws {
        let directory = try ReplicaDirectory()
        var configuration = Self.configuration(directory)
        configuration.peerAddress = try directory.address()
        let first = try ReplicaRun<Register>(configuration)
        try await first.lead()
        for number in 0..<200 { try await first.append("value \(number)") }
        _ = try await eventually("the log is compacted") {
            let files = try Self.files(configuration)
            return !files.contains("journal-0000000001.jsonl")
                && files.contains { $0.hasPrefix("snapshot-") } ? true : nil
        }
        let before = try await first.values()
        try await first.stop()
        #expect(first.log.contains("snapshot of entry"))

        let second = try ReplicaRun<Register>(configuration)
        try await second.lead()
        #expect(try await second.values() == before)
        // The table of answered requests came back: the same key, the same answer, no effect.
        let again = try await second.replica.request(
            Register.Append(value: "value 0"),
            key: "value-0"
        )
        #expect(again.output == 1)
        try await second.append("one more")
        #expect(try await second.values() == before + ["one more"])
        try await second.stop()
    }

    @Test func `a node that was away gets a snapshot under load, and nobody is elected`()
        async throws
    {
        let cluster = try ReplicaCluster { configuration in
            configuration.journal = JournalConfiguration(
                segmentBytes: 1 << 14,
                fillBytes: 1 << 12,
                reserveBytes: 1 << 12
            )
            configuration.snapshots.entries = 40
            configuration.snapshots.trailingEntries = 10
            configuration.snapshots.trailingBytes = 0
            // A stalled sync of a busy machine must not end a leadership here.
            configuration.electionTimeout = .seconds(4)
        }
        try cluster.startAll()
        let leader = try await cluster.leader()
        let away = (leader + 1) % 3
        let writer = try #require(cluster.runs[leader])
        try await writer.append("first")
        let term = await writer.replica.status.term
        try await cluster.stop(away)
        // Long values, so that the snapshot is more than one piece.
        let filler = String(repeating: "x", count: 4_000)
        for number in 0..<90 { try await writer.append("\(number) \(filler)") }
        _ = try await eventually("the leader's log is compacted") {
            let files = try Self.files(cluster.configurations[leader])
            return files.contains("journal-0000000001.jsonl") ? nil : true
        }
        try cluster.start(away)
        let back = try #require(cluster.runs[away])
        var number = 90
        _ = try await eventually("the node has caught up, under load") {
            try await writer.append("\(number)")
            number += 1
            let status = await writer.replica.status
            return await back.replica.status.applied >= status.applied ? true : nil
        }
        #expect(back.log.contains("installed a snapshot"))
        #expect(try await back.values() == writer.values())
        #expect(await writer.replica.status.term == term)
        // It starts from what it was sent.
        try await cluster.stop(away)
        try cluster.start(away)
        let again = try #require(cluster.runs[away])
        _ = try await cluster.leader()
        #expect(try await again.values().count == number + 1)
        try await cluster.stopAll()
    }

    @Test func `a snapshot of a later version is refused`() async throws {
        let directory = try ReplicaDirectory()
        let configuration = Self.configuration(directory)
        let first = try ReplicaRun<GuardedRegister>(configuration)
        try await first.lead()
        for number in 0..<60 {
            let append = Register.Append(value: "\(number)")
            _ = try await first.replica.request(append, key: "\(number)")
        }
        _ = try await eventually("a snapshot is there") {
            first.log.contains("snapshot of entry") ? true : nil
        }
        try await first.stop()
        let error = try #require(throws: ReplicationError.self) {
            _ = try Replica<Register>(configuration)
        }
        #expect(error.description.contains("schema 2, this version knows 1"), "\(error)")
        // The directory is free again, and as it was.
        let second = try ReplicaRun<GuardedRegister>(configuration)
        try await second.lead()
        #expect(try await second.replica.query(Register.Read()).count == 60)
        try await second.stop()
    }
}
