import Replication
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(20))) struct ClusterClientTests {
    private let body = Array(#"{"send":{}}"#.utf8)

    private func client(
        _ servers: [String],
        cluster: String? = nil,
        timeout: Duration = .seconds(20),
        attempt: Duration = .seconds(10)
    ) throws -> ClusterClient {
        try ClusterClient(
            servers: servers,
            token: "t0",
            cluster: cluster,
            timeout: timeout,
            attemptTimeout: attempt,
            connectTimeout: .seconds(10)
        )
    }

    private func text(_ response: ClusterClient.Response) -> String {
        String(decoding: response.body, as: UTF8.self)
    }

    /// What was tried, if the error says that nothing was done.
    private func tried(_ error: ClusterClientError) -> [ClusterClientError.Attempt]? {
        if case .unavailable(let tried) = error { tried } else { nil }
    }

    @Test func `a request is answered over one connection that is kept`() async throws {
        let server = try FakeServer { _, count in .ok("\(count)") }
        let client = try client([server.address])
        for count in 0..<5 {
            #expect(text(try await client.request(body)) == "\(count)")
        }
        #expect(Set(server.requests.map(\.key)).count == 5)
        #expect(server.requests.allSatisfy { $0.token == "t0" && $0.key?.count == 32 })
        #expect(server.requests.allSatisfy { $0.path == "/v1/requests" && $0.since == nil })
        _ = try await client.request(body, key: "k", since: 7)
        #expect(server.requests.last?.since == "7")
        #expect(await client.cluster == "c1")
        await server.kill()
    }

    @Test func `queries carry their consistency and no key`() async throws {
        let server = try FakeServer { request, _ in .ok(request.query ?? "none") }
        let client = try client([server.address])
        #expect(text(try await client.query(body)) == "none")
        #expect(text(try await client.query(body, isStale: true)) == "consistency=stale")
        #expect(text(try await client.get("/livez", token: "t9")) == "none")
        #expect(server.requests.allSatisfy { $0.key == nil })
        #expect(server.requests.map(\.token) == ["t0", "t0", "t9"])
        await server.kill()
    }

    @Test func `the next server is used when one is down`() async throws {
        let server = try FakeServer { _, _ in .ok("2") }
        let client = try client([try deadServer(), server.address])
        #expect(try await client.request(body).server == server.address)
        await server.kill()
    }

    @Test(arguments: [
        FakeServer.Reply.drop, .error(.unavailable, "no_leader"),
        .error(.unavailable, "overloaded"), .error(.timedOut, "outcome_unknown"),
        .error(.internalError, "oops"),
    ]) func `a retry on the next server has the same key`(reply: FakeServer.Reply) async throws {
        let first = try FakeServer { _, _ in reply }
        let second = try FakeServer { _, _ in .ok("{}") }
        let client = try client([first.address, second.address])
        #expect(try await client.request(body).server == second.address)
        #expect(first.requests.count == 1)
        #expect(first.requests == second.requests)
        #expect(first.requests.first?.key != nil)
        // It stays with the server that answered.
        _ = try await client.request(body)
        #expect(first.requests.count == 1)
        await first.kill()
        await second.kill()
    }

    @Test func `a server that hangs is left for the next`() async throws {
        let first = try FakeServer { _, _ in .hang }
        let second = try FakeServer { _, _ in .ok("{}") }
        let client = try client(
            [first.address, second.address],
            attempt: .milliseconds(100)
        )
        #expect(try await client.request(body).server == second.address)
        await first.kill()
        await second.kill()
    }

    @Test func `a request that takes long by itself is waited for beyond the client's own time`()
        async throws
    {
        let first = try FakeServer { _, _ in .late(.milliseconds(400), "{}") }
        let second = try FakeServer { _, _ in .ok("{}") }
        let client = try client(
            [first.address, second.address],
            attempt: .milliseconds(100)
        )
        let response = try await client.request(body, attemptTimeout: .seconds(15))
        #expect(response.server == first.address)
        #expect(second.requests == [])
        await first.kill()
        await second.kill()
    }

    @Test func `a leader that is found later is waited for`() async throws {
        let server = try FakeServer { _, count in
            count < 3 ? .error(.unavailable, "no_leader") : .ok("{}")
        }
        let client = try client([server.address])
        _ = try await client.request(body, key: "k")
        #expect(server.requests.map(\.key) == ["k", "k", "k", "k"])
        await server.kill()
    }

    @Test func `a connection that was kept and is dead is replaced`() async throws {
        let first = try FakeServer { _, _ in .ok("1") }
        let client = try client([first.address])
        #expect(text(try await client.request(body)) == "1")
        let port = try #require(Address(first.address)).port
        await first.kill()
        let second = try FakeServer(port: port) { _, _ in .ok("2") }
        #expect(text(try await client.request(body)) == "2")
        await second.kill()
    }

    @Test func `a connection that dies in use is tried again under the same key`() async throws {
        let server = try FakeServer { _, count in count == 1 ? .drop : .ok("\(count)") }
        let client = try client([server.address])
        _ = try await client.request(body)
        #expect(text(try await client.request(body, key: "k2")) == "2")
        #expect(server.requests.dropFirst().map(\.key) == ["k2", "k2"])
        await server.kill()
    }

    @Test func `a refusal is final and is handed over`() async throws {
        let server = try FakeServer { _, _ in .error(.notFound, "user_unknown") }
        let client = try client([server.address])
        await #expect(
            throws: ClusterClientError.refused(
                status: 404,
                code: "user_unknown",
                message: "no"
            )
        ) { _ = try await client.request(body) }
        #expect(server.requests.count == 1)
        await server.kill()
    }

    @Test func `an expired key means an unknown outcome`() async throws {
        let server = try FakeServer { _, _ in .error(.conflict, "key_expired") }
        let client = try client([server.address])
        await #expect(throws: ClusterClientError.outcomeUnknown(key: "k")) {
            _ = try await client.request(body, key: "k")
        }
        await server.kill()
    }

    @Test func `nothing can have been done: unavailable, with what was tried`() async throws {
        let server = try FakeServer { _, _ in .error(.unavailable, "no_leader") }
        let dead = try deadServer()
        let client = try client([dead, server.address], timeout: .seconds(3))
        let error = await #expect(throws: ClusterClientError.self) {
            _ = try await client.request(body)
        }
        let tried = try #require(error.flatMap(self.tried))
        #expect(Set(tried.map(\.server)) == [dead, server.address])
        #expect(tried.contains { $0.why.contains("connect") })
        await server.kill()
    }

    @Test(arguments: [FakeServer.Reply.drop, .hang, .error(.timedOut, "outcome_unknown")])
    func `something may have been done: unknown, even if a later try was in vain`(
        reply: FakeServer.Reply
    ) async throws {
        let server = try FakeServer { _, count in
            count == 0 ? reply : .error(.unavailable, "no_leader")
        }
        let client = try client(
            [server.address],
            timeout: .seconds(4),
            attempt: .seconds(1)
        )
        await #expect(throws: ClusterClientError.outcomeUnknown(key: "k")) {
            _ = try await client.request(body, key: "k")
        }
        #expect(server.requests.count > 1)
        await server.kill()
    }

    @Test func `a query has no unknown outcome`() async throws {
        let server = try FakeServer { _, _ in .drop }
        let client = try client([server.address], timeout: .seconds(2))
        let error = await #expect(throws: ClusterClientError.self) {
            _ = try await client.query(body)
        }
        #expect(error.flatMap(tried)?.map(\.server) == [server.address])
        await server.kill()
    }

    @Test func `another cluster gets to see nothing`() async throws {
        let first = try FakeServer { _, count in count == 1 ? .drop : .ok("\(count)") }
        let other = try FakeServer(cluster: "c2") { _, _ in .ok("{}") }
        let client = try client([first.address, other.address])
        _ = try await client.request(body)
        #expect(text(try await client.request(body)) == "2")
        #expect(other.requests.isEmpty)
        await first.kill()
        await other.kill()
    }

    @Test func `a cluster known from before is checked at once`() async throws {
        let other = try FakeServer(cluster: "c2") { _, _ in .ok("{}") }
        let client = try client([other.address], cluster: "c1")
        await #expect(
            throws: ClusterClientError.clusterChanged(
                server: other.address,
                expected: "c1",
                found: "c2"
            )
        ) { _ = try await client.request(body) }
        #expect(other.requests.isEmpty)
        await other.kill()
    }

    @Test func `another version is a clear error`() async throws {
        let server = try FakeServer(version: "9") { _, _ in .ok("{}") }
        let client = try client([server.address])
        await #expect(
            throws: ClusterClientError.versionMismatch(
                server: server.address,
                expected: "1",
                found: "9"
            )
        ) { _ = try await client.request(body) }
        #expect(server.requests.isEmpty)
        await server.kill()
    }

    @Test func `servers that the cluster names are learned, and used`() async throws {
        let first = try FakeServer { _, count in count == 0 ? .ok("1") : .drop }
        let second = try FakeServer { _, _ in .ok("2") }
        await first.setMembers([first.address, second.address, "nonsense"])
        let client = try client([first.address])
        #expect(text(try await client.request(body)) == "1")
        #expect(await client.servers == [first.address, second.address])
        #expect(text(try await client.request(body)) == "2")
        await first.kill()
        await second.kill()
    }

    @Test func `a cancelled call does not sit out its deadline`() async throws {
        let server = try FakeServer { _, _ in .hang }
        let client = try client(
            [server.address],
            timeout: .seconds(3_000),
            attempt: .seconds(3_000)
        )
        let call = Task { try await client.request(body, key: "k") }
        while server.requests.isEmpty { await Task.yield() }
        call.cancel()
        await #expect(throws: ClusterClientError.outcomeUnknown(key: "k")) {
            _ = try await call.value
        }
        await server.kill()
    }

    @Test(arguments: [[], ["host"], ["ok:1", "http://x:1"]])
    @Aside func `what is no address is refused`(servers: [String]) {
        #expect(throws: ClusterClientError.self) { _ = try ClusterClient(servers: servers) }
    }
}
