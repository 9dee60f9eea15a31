import Replication
import Storage
import TestSupport
import Testing

/// Guards pitfall 40: a node on a full disk.
@Suite(.timeLimit(.minutes(5))) struct ReplicaDiskTests {
    @Test func `pitfall 40: a full disk refuses requests, goes on reading, and heals by itself`()
        async throws
    {
        let disk = MemoryFileSystem()
        var configuration = aloneConfiguration(try ReplicaDirectory())
        configuration.dataDirectory = "/data"
        configuration.journal.reserveBytes = 1 << 16
        configuration.requestTimeout = .seconds(10)
        let run = try ReplicaRun<Register>(configuration, fileSystem: disk)
        try await run.lead()
        let server = run.replica.clientAddress
        disk.setCapacity(disk.usedBytes)
        var acknowledged: [String] = []
        // What is filled ahead is used first.
        while acknowledged.count < 1_000 {
            let value = String(repeating: "x", count: 1_000) + "\(acknowledged.count)"
            do {
                try await run.append(value)
                acknowledged.append(value)
            } catch ReplicationError.unavailable("disk_full") { break } catch ReplicationError
                .outcomeUnknown
            {
                // It was under way when the disk became full, and may have gone into the reserve.
                break
            }
        }
        #expect(acknowledged.count > 5 && acknowledged.count < 1_000)
        await #expect(throws: ReplicationError.unavailable("disk_full")) {
            try await run.append("refused")
        }
        #expect(await run.replica.status.isDiskFull)
        let ready = try await RawClient(server).exchange("GET /readyz")
        #expect(ready.contains("503") && ready.contains("disk_full"))
        #expect(
            try await RawClient(server).exchange("GET /v1/cluster").contains(#""disk_full":true"#)
        )
        #expect(run.log.contains("error: ", "no space left on the disk"))
        let held = try await run.replica.query(Register.Read(), consistency: .stale)
        #expect(held.starts(with: acknowledged))
        disk.setCapacity(nil)
        try await Self.isFull(false, run)
        try await run.lead()
        #expect(run.log.contains("there is space on the disk again"))
        try await run.append("after")
        let values = try await run.values()
        #expect(values.starts(with: acknowledged) && values.last == "after")
        #expect(values.count - acknowledged.count <= 2)
        #expect(try await RawClient(server).exchange("GET /readyz").contains("200"))
        try await run.stop()
    }

    @Test func `a node that is started on a full disk says so, and serves once there is room`()
        async throws
    {
        let disk = MemoryFileSystem()
        var configuration = aloneConfiguration(try ReplicaDirectory())
        configuration.dataDirectory = "/data"
        configuration.journal.reserveBytes = 1 << 21
        disk.setCapacity(1 << 20)
        let run = try ReplicaRun<Register>(configuration, fileSystem: disk)
        try await Self.isFull(true, run)
        await #expect(throws: ReplicationError.unavailable("disk_full")) {
            try await run.append("a")
        }
        disk.setCapacity(nil)
        try await Self.isFull(false, run)
        try await run.lead()
        try await run.append("b")
        #expect(try await run.values() == ["b"])
        try await run.stop()
    }

    private static func isFull(_ isFull: Bool, _ run: ReplicaRun<Register>) async throws {
        _ = try await eventually("the disk is \(isFull ? "full" : "free")") {
            await run.replica.status.isDiskFull == isFull ? true : nil
        }
    }
}
