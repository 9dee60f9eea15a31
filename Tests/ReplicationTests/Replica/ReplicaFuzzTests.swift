import Replication
import Storage
import TestSupport
import Testing

/// A live node takes anything and goes on.
@Suite(.timeLimit(.minutes(5)), .serialized) struct ReplicaFuzzTests {
    private static let requests = [
        "GET /v1/cluster HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "GET /v1/events HTTP/1.1\r\nHost: localhost\r\nLast-Event-ID: 1-1.0\r\n\r\n",
        "POST /v1/requests HTTP/1.1\r\nHost: localhost\r\n"
            + "Content-Type: application/json\r\nContent-Length: 14\r\n\r\n{\"append\":\"x\"}",
        "POST /v1/queries?consistency=stale HTTP/1.1\r\nHost: localhost\r\n"
            + "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}",
        "POST /v1/queries HTTP/1.1\r\nHost: localhost\r\n"
            + "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
            + "2;a\r\n{}\r\n0\r\n\r\n",
        "POST /v1/requests HTTP/1.1\r\nHost: localhost\r\n"
            + "Content-Type: application/json\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n[]",
    ].map { Array($0.utf8) }

    /// Says it, reads what is there, and leaves.
    private static func say(_ bytes: [UInt8], to server: String, waits: Bool) async throws {
        do {
            let client = try RawClient(server)
            try client.send(bytes)
            if waits { try await client.pause() }
        } catch is SocketError {
            // Cut off in the middle of what is no request, the rest cannot be sent.
        }
    }

    @Test(arguments: 1...2)
    func `a client's port takes anything, and serves`(seed: UInt64) async throws {
        let directory = try ReplicaDirectory()
        let run = try await runAlone(directory)
        var fuzz = ReplicaFuzz(seed: seed)
        for number in 0..<120 {
            let bytes = fuzz.bytes(from: Self.requests)
            try await Self.say(bytes, to: run.replica.clientAddress, waits: number % 8 == 0)
        }
        try await run.append("after")
        #expect(try await run.values().contains("after"))
        #expect(
            try await RawClient(run.replica.clientAddress).exchange("GET /healthz").hasSuffix("{}")
        )
        try await run.stop()
    }

    /// What a node says that dials the one at `address`.
    private static func hello(
        _ status: ClusterStatus,
        from identity: NodeIdentity,
        at address: String
    ) -> [UInt8] {
        let hello = Hello(
            cluster: status.cluster,
            from: identity,
            peerAddress: address,
            clientAddress: address,
            to: status.node
        )
        return PeerMessage.hello(hello).line
    }

    @Test(arguments: 1...3)
    func `a peer's port takes anything from strangers, and serves`(seed: UInt64) async throws {
        let directory = try ReplicaDirectory()
        let run = try await runAlone(directory)
        let status = await run.replica.status
        let stranger = NodeIdentity(id: "stranger", incarnation: "0123456789abcdef")
        let hello = Self.hello(status, from: stranger, at: "127.0.0.1:1")
        var fuzz = ReplicaFuzz(seed: seed)
        for number in 0..<80 {
            var bytes = hello
            for _ in 0..<fuzz.number(1...8) {
                let message = fuzz.message()
                bytes += message.line + fuzz.lines(after: message)
            }
            if number % 2 == 1 { bytes = fuzz.bytes(from: [bytes, hello]) }
            try await Self.say(bytes, to: run.replica.peerAddress, waits: number % 4 == 0)
        }
        try await run.append("after")
        #expect(try await run.values() == ["after"])
        try await run.stop()
    }

    /// Members are trusted not to lie, but a lie must not be the end of a process.
    @Test(arguments: 1...6)
    func `a node outlives a member that says anything`(seed: UInt64) async throws {
        let cluster = try ReplicaCluster()
        try cluster.startAll()
        _ = try await cluster.leader()
        let liar = try #require(cluster.runs[2]?.replica.identity)
        try await cluster.stop(2)
        var fuzz = ReplicaFuzz(seed: seed)
        for _ in 0..<40 {
            let run = cluster.running[fuzz.number(0...1)]
            let status = await run.replica.status
            var bytes = Self.hello(status, from: liar, at: cluster.configurations[2].peerAddress)
            for _ in 0..<fuzz.number(1...8) {
                let message = fuzz.message()
                bytes += message.line + fuzz.lines(after: message)
            }
            try await Self.say(bytes, to: run.replica.peerAddress, waits: true)
        }
        for run in cluster.running {
            _ = await run.replica.status
            run.replica.beginGracefulShutdown()
            // It may have been made to stop, with a reason; it must not have died.
            _ = await run.task.result
        }
    }
}
