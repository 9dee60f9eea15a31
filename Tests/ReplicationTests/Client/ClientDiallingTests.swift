import Replication
import Storage
import TestSupport
import Testing

/// A resolver that answers when the test lets it.
private final class HeldResolver: Sendable {
    private let gate = Mailbox<Void>()
    private let asked = Lock(0)

    var count: Int { asked.withLock { $0 } }

    /// Look-ups that block until ``release()``, and are then answered so.
    func lookUps(_ answer: NameLookUps.Answer, limit: Int = 16) -> NameLookUps {
        NameLookUps(limit: limit) { [self] _ in
            asked.withLock { $0 += 1 }
            while gate.takeAll() != nil {}
            return answer
        }
    }

    func release() { gate.close() }
    deinit { gate.close() }
}

/// A listener whose queue is full: the system drops what would connect, as a path does that swallows
/// all packets.
private final class SilentAddress {
    let address: SocketAddress
    private let listener: Listener
    private let first: Socket

    init() throws {
        let any = try Address(host: "127.0.0.1", port: 0).resolved()[0]
        let listener = try Listener(on: any, backlog: 0)
        let address = try Address(host: "127.0.0.1", port: listener.port).resolved()[0]
        first = try Socket.connecting(to: address)
        self.address = address
        self.listener = listener
    }
}

@Suite(.timeLimit(.minutes(5))) struct ClientDiallingTests {
    private let body = Array(#"{"send":{}}"#.utf8)
    private let noName = NameLookUps.Answer.failure(SocketError("no such name"))

    private func client(
        _ servers: [String],
        timeout: Duration = .seconds(60),
        connect: Duration = .seconds(20),
        _ lookUps: NameLookUps
    ) throws -> ClusterClient {
        try ClusterClient(
            servers: servers,
            timeout: timeout,
            attemptTimeout: .seconds(20),
            connectTimeout: connect,
            lookUps: lookUps
        )
    }

    @Test func `a look-up that hangs costs its share, and the next server answers`() async throws {
        let server = try FakeServer { _, _ in .ok("{}") }
        let resolver = HeldResolver()
        let client = try client(
            ["n1.example:7400", server.address],
            connect: .milliseconds(50),
            resolver.lookUps(noName)
        )
        #expect(try await client.request(body).server == server.address)
        #expect(resolver.count == 1)
        await server.kill()
    }

    @Test func `the time of a call bounds its look-ups, which share one thread`() async throws {
        let resolver = HeldResolver()
        let client = try client(
            ["n1.example:7400"],
            timeout: .milliseconds(400),
            connect: .milliseconds(50),
            resolver.lookUps(noName)
        )
        let error = await #expect(throws: ClusterClientError.self) {
            _ = try await client.request(body)
        }
        guard case .unavailable(let tried) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(tried.map(\.why) == ["the name was not looked up in time"])
        #expect(resolver.count == 1)
    }

    @Test func `a call that is cancelled does not wait for a look-up`() async throws {
        let resolver = HeldResolver()
        let client = try client(["n1.example:7400"], resolver.lookUps(noName))
        let call = Task { try await client.request(body) }
        while resolver.count == 0 { await Task.yield() }
        call.cancel()
        await #expect(throws: ClusterClientError.self) { _ = try await call.value }
    }

    @Test func `an address that drops packets costs its share, and the next one answers`()
        async throws
    {
        let server = try FakeServer { _, _ in .ok("{}") }
        let good = try #require(try Address(server.address)?.resolved().first)
        let silent = try SilentAddress()
        let addresses = [silent.address, good]
        // Both addresses have to be tried within the one attempt that there is time for.
        let client = try client(
            ["n1.example:7400"],
            timeout: .seconds(20),
            NameLookUps { _ in .success(addresses) }
        )
        #expect(try await client.request(body).server == "n1.example:7400")
        #expect(server.requests.count == 1)
        await server.kill()
        withExtendedLifetime(silent) {}
    }

    @Test func `addresses where nobody listens are passed by, and said if there is no other`()
        async throws
    {
        let server = try FakeServer { _, _ in .ok("{}") }
        let good = try #require(try Address(server.address)?.resolved().first)
        let dead = try #require(try Address(try deadServer())?.resolved().first)
        let first = try client(["n1.example:1"], NameLookUps { _ in .success([dead, dead, good]) })
        #expect(try await first.request(body).status == 200)
        let second = try client(
            ["n1.example:1"],
            timeout: .milliseconds(200),
            NameLookUps { _ in .success([dead, dead]) }
        )
        let error = await #expect(throws: ClusterClientError.self) {
            _ = try await second.request(body)
        }
        guard case .unavailable(let tried) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(tried.map(\.why) == ["connect: Connection refused"])
        await server.kill()
    }

    @Test func `a stop of a node does not wait for a look-up`() async throws {
        let resolver = HeldResolver()
        let directory = try ReplicaDirectory()
        var configuration = ReplicaConfiguration(
            id: "n1",
            dataDirectory: directory.path + "/n1",
            clientAddress: "127.0.0.1:0",
            peerAddress: try directory.address()
        )
        configuration.join = ["n2.example:7410"]
        configuration.lookUps = resolver.lookUps(noName)
        let run = try ReplicaRun<Counter>(configuration, in: directory)
        while resolver.count == 0 { await Task.yield() }
        try await run.stop()
    }
}

@Suite struct NameLookUpsTests {
    private let address = Address(host: "n1.example", port: 1)

    @Test func `an answer that came too late is there for the next one that asks`() async throws {
        let resolver = HeldResolver()
        let found = try Address(host: "127.0.0.1", port: 1).resolved()
        let lookUps = resolver.lookUps(.success(found))
        let answers = Mailbox<[SocketAddress]>()
        for _ in 0..<2 { lookUps.find(address) { answers.push((try? $0.get()) ?? []) } }
        resolver.release()
        var got: [[SocketAddress]] = []
        while got.count < 2 { got += answers.takeAll() ?? [] }
        lookUps.find(address) { answers.push((try? $0.get()) ?? []) }
        // At once, so on this thread.
        got += answers.takeAll(waiting: .zero) ?? []
        #expect(got == [found, found, found])
        #expect(resolver.count == 1)
    }

    @Test func `too many at a time are refused, and a numeric host asks nobody`() throws {
        let resolver = HeldResolver()
        let lookUps = resolver.lookUps(.success([]), limit: 1)
        let refused = Lock(0)
        let take: @Sendable (NameLookUps.Answer) -> Void = { answer in
            if case .failure = answer { refused.withLock { $0 += 1 } }
        }
        for number in 1...3 { lookUps.find(Address(host: "n\(number).example", port: 1), take) }
        #expect(refused.withLock { $0 } == 2)
        let found = Lock(0)
        lookUps.find(Address(host: "127.0.0.1", port: 1)) { answer in
            found.withLock { $0 = (try? answer.get().count) ?? 0 }
        }
        #expect(found.withLock { $0 } == 1)
    }
}
