import Replication
import Storage
import TestSupport
import Testing

/// What a client was told of servers that it passed by.
private final class Told: Sendable {
    private let errors = Lock([ClusterClientError]())
    var all: [ClusterClientError] { errors.withLock { $0 } }
    var report: ClusterClient.StrangerReport {
        { [errors] error in errors.withLock { $0.append(error) } }
    }
}

/// Servers of a client's list that are of another cluster, or of another version.
@Suite(.timeLimit(.minutes(5))) struct ClientStrangersTests {
    private let body = Array(#"{"send":{}}"#.utf8)

    private func client(
        _ servers: [String],
        cluster: String? = "c1",
        timeout: Duration = .seconds(60),
        _ told: Told = Told()
    ) throws -> ClusterClient {
        try ClusterClient(
            servers: servers,
            token: "t0",
            cluster: cluster,
            timeout: timeout,
            attemptTimeout: .seconds(20),
            connectTimeout: .seconds(20),
            onStranger: told.report
        )
    }

    private func changed(_ server: FakeServer) -> ClusterClientError {
        .clusterChanged(server: server.address, expected: "c1", found: "c2")
    }

    private func mismatch(_ server: FakeServer) -> ClusterClientError {
        .versionMismatch(server: server.address, expected: "1", found: "9")
    }

    @Test func `strangers are passed by and told of once, and the others serve`() async throws {
        let other = try FakeServer(cluster: "c2") { _, _ in .ok("{}") }
        let newer = try FakeServer(version: "9") { _, _ in .ok("{}") }
        let good = try FakeServer { _, count in count == 1 ? .drop : .ok("{}") }
        let told = Told()
        let client = try client([other.address, newer.address, good.address], told)
        for _ in 0..<2 {
            #expect(try await client.request(body).server == good.address)
        }
        #expect(told.all == [changed(other), mismatch(newer)])
        #expect(other.requests.isEmpty && newer.requests.isEmpty)
        for server in [other, newer, good] { await server.kill() }
    }

    @Test func `a list of nothing but strangers ends the call at once`() async throws {
        let other = try FakeServer(cluster: "c2") { _, _ in .ok("{}") }
        let newer = try FakeServer(version: "9") { _, _ in .ok("{}") }
        let first = try client([other.address, newer.address])
        await #expect(throws: changed(other)) { _ = try await first.request(body) }
        let second = try client([newer.address, other.address])
        await #expect(throws: mismatch(newer)) { _ = try await second.request(body) }
        #expect(other.requests.isEmpty && newer.requests.isEmpty)
        await other.kill()
        await newer.kill()
    }

    @Test func `a stranger beside a server that is down is no reason to give up early`()
        async throws
    {
        let other = try FakeServer(cluster: "c2") { _, _ in .ok("{}") }
        let dead = try deadServer()
        let client = try client([other.address, dead], timeout: .seconds(1))
        let error = await #expect(throws: ClusterClientError.self) {
            _ = try await client.request(body)
        }
        guard case .unavailable(let tried) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        let reason = tried.first { $0.server == other.address }?.why
        #expect(reason == "belongs to cluster 'c2', not to 'c1'")
        #expect(Set(tried.map(\.server)) == [other.address, dead])
        await other.kill()
    }

    @Test func `a stream passes strangers by, and ends where there is nobody else`() async throws {
        let other = try FakeServer(cluster: "c2") { _, _ in .stream("", ends: false) }
        let good = try FakeServer { _, _ in
            .stream("id: 1-1.0\nevent: message\ndata: {}\n\n", ends: false)
        }
        let told = Told()
        let client = try client([other.address, good.address], told)
        var events = await client.events().makeAsyncIterator()
        #expect(try await events.next(isolation: nil)?.id == "1-1.0")
        #expect(told.all == [changed(other)])
        var lost = try await self.client([other.address]).events().makeAsyncIterator()
        await #expect(throws: changed(other)) { _ = try await lost.next(isolation: nil) }
        #expect(other.requests.isEmpty)
        await other.kill()
        await good.kill()
    }
}

/// What a call says when nobody can do what it asks for, and what it must not do then.
@Suite(.timeLimit(.minutes(5))) struct ClientRefusalTests {
    private let body = Array(#"{"send":{}}"#.utf8)

    @Test(arguments: [Duration.seconds(1), .seconds(3)])
    func `every try was refused for want of a leader: nothing was done, and it is said`(
        timeout: Duration
    ) async throws {
        let servers = try (0..<3).map { _ in
            try FakeServer { _, _ in .error(.unavailable, "no_leader") }
        }
        let client = try ClusterClient(servers: servers.map(\.address), timeout: timeout)
        let error = await #expect(throws: ClusterClientError.self) {
            _ = try await client.request(body, key: "k")
        }
        #expect(error?.isWithoutLeader == true)
        guard case .unavailable(let tried) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(tried.map(\.code) == ["no_leader", "no_leader", "no_leader"])
        for server in servers {
            #expect(server.requests.allSatisfy { ($0.patience ?? .max) < timeout.milliseconds })
            await server.kill()
        }
    }

    @Test func `each server has its share of a short time`() async throws {
        let hanging = try FakeServer { _, _ in .hang }
        let good = try FakeServer { _, _ in .ok("{}") }
        let client = try ClusterClient(
            servers: [hanging.address, good.address],
            timeout: .seconds(6),
            attemptTimeout: .seconds(600)
        )
        #expect(try await client.request(body).server == good.address)
        await hanging.kill()
        await good.kill()
    }

    @Test func `pitfall 60: a request that two servers went away with is carried to no third`()
        async throws
    {
        let deadly = try (0..<2).map { _ in try FakeServer { _, _ in .drop } }
        let last = try FakeServer { _, _ in .ok("{}") }
        let client = try ClusterClient(servers: deadly.map(\.address) + [last.address])
        await #expect(throws: ClusterClientError.outcomeUnknown(key: "k")) {
            _ = try await client.request(body, key: "k")
        }
        #expect(deadly.map(\.requests.count) == [1, 1])
        #expect(last.requests.isEmpty)
        for server in deadly + [last] { await server.kill() }
    }

    @Test func `pitfall 60: what a server refuses for its cost is carried to no other`()
        async throws
    {
        let first = try FakeServer { _, _ in .error(.tooManyRequests, "overloaded") }
        let second = try FakeServer { _, _ in .ok("{}") }
        let client = try ClusterClient(servers: [first.address, second.address])
        await #expect(
            throws: ClusterClientError.refused(status: 429, code: "overloaded", message: "no")
        ) { _ = try await client.request(body, key: "k") }
        #expect(second.requests.isEmpty)
        await first.kill()
        await second.kill()
    }

    /// The node's own time is thirty seconds: its answers come within the caller's.
    @Test func `a node without a quorum says so within its caller's time`() async throws {
        let cluster = try ReplicaCluster(of: 2)
        try cluster.startAll()
        let leader = try await cluster.leader()
        let client = try ClusterClient(
            servers: [try #require(cluster.runs[1 - leader]).replica.clientAddress],
            timeout: .seconds(2)
        )
        let append = Register.Append(value: "x").lineBytes
        _ = try await eventually("an append") { try? await client.request(append, key: "k0") }
        try await cluster.stop(leader)
        let left = try #require(cluster.runs[1 - leader]).replica
        _ = try await eventually("no leader") { await left.status.leader == nil ? true : nil }
        let codes = await code { _ = try await client.request(append, key: "k1") }
        #expect(codes == ["no_leader"])
        let read = await code { _ = try await client.query(Register.Read().lineBytes) }
        #expect(read == ["no_leader"])
        let place = Consistency.atLeast(LogIndex(1_000_000))
        let behind = await code {
            _ = try await client.query(Register.Read().lineBytes, consistency: place)
        }
        #expect(behind == ["behind"])
        try await cluster.stopAll()
    }

    /// What servers answered, if the call ended with nothing done.
    private func code(_ call: () async throws -> Void) async -> [String]? {
        do {
            try await call()
        } catch ClusterClientError.unavailable(let tried) {
            return tried.compactMap(\.code)
        } catch {
            Issue.record("\(error)")
        }
        return nil
    }
}
