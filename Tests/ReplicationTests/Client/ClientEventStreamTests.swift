import Replication
import Storage
import TestSupport
import Testing

private func event(_ id: String, _ name: String = "message") -> String {
    "id: \(id)\nevent: \(name)\ndata: {\"n\":\"\(id)\"}\n\n"
}

@Suite(.timeLimit(.minutes(5))) struct ClientEventStreamTests {
    private func client(_ servers: [String]) throws -> ClusterClient {
        try ClusterClient(servers: servers, token: "t0", connectTimeout: .seconds(10))
    }

    /// The first `count` events.
    private func take(_ count: Int, _ events: ServerEvents) async throws -> [ServerEvent] {
        var taken: [ServerEvent] = []
        for try await event in events {
            taken.append(event)
            if taken.count == count { break }
        }
        return taken
    }

    @Test func `a stream goes on at another server without gap or doubles`() async throws {
        let first = try FakeServer { _, _ in
            .stream(event("1-4.0") + event("1-4.1") + "event: presence\ndata: {}\n\n", ends: true)
        }
        // This one repeats what was seen, as a careless server might.
        let second = try FakeServer { _, _ in
            .stream(event("1-4.0") + event("1-4.1") + event("1-10.0"), ends: false)
        }
        let client = try client([first.address, second.address])
        let servers = Lock<[String?]>([])
        var options = ServerEvents.Options()
        options.onConnection = { server in servers.withLock { $0.append(server) } }
        let events = try await take(4, await client.events(since: "1-3.0", options: options))
        #expect(events.map(\.id) == ["1-4.0", "1-4.1", nil, "1-10.0"])
        #expect(events.map(\.name) == ["message", "message", "presence", "message"])
        #expect(first.requests.map(\.lastID) == ["1-3.0"])
        #expect(second.requests.map(\.lastID) == ["1-4.1"])
        #expect(second.requests.map(\.token) == ["t0"])
        #expect(servers.withLock { $0 } == [first.address, nil, second.address])
        await first.kill()
        await second.kill()
    }

    @Test func `a mark moves the place to go on from, and is shown on request`() async throws {
        let script: @Sendable (HTTPRequest, Int) -> FakeServer.Reply = { _, count in
            count == 0
                ? .stream("id: 1-9.999999\nevent: mark\n\n", ends: true)
                : .stream(event("1-10.0"), ends: false)
        }
        let server = try FakeServer(script)
        let client = try client([server.address])
        #expect(try await take(1, await client.events()).map(\.id) == ["1-10.0"])
        #expect(server.requests.map(\.lastID) == [nil, "1-9.999999"])
        let other = try FakeServer(script)
        var options = ServerEvents.Options()
        options.includesMarks = true
        let events = try await take(
            2,
            try await self.client([other.address]).events(options: options)
        )
        #expect(events.map(\.name) == ["mark", "message"])
        await server.kill()
        await other.kill()
    }

    @Test func `a reset is handed over, and its place is taken`() async throws {
        let server = try FakeServer { _, _ in
            .stream(event("1-5.0", "reset") + event("1-6.0"), ends: false)
        }
        let client = try client([server.address])
        let events = try await take(2, await client.events(since: "1-700.0"))
        #expect(events.map(\.id) == ["1-5.0", "1-6.0"])
        await server.kill()
    }

    @Test func `a refused stream ends with the refusal`() async throws {
        let server = try FakeServer { _, _ in .error(.unauthorized, "session_unknown") }
        let client = try client([server.address])
        await #expect(
            throws: ClusterClientError.refused(
                status: 401,
                code: "session_unknown",
                message: "no"
            )
        ) { _ = try await take(1, await client.events()) }
        await server.kill()
    }

    @Test func `a stream whose session ends is over`() async throws {
        let end = "event: end\ndata: {\"code\":\"gone\",\"message\":\"no\"}\n\n"
        let server = try FakeServer { _, _ in .stream(event("1-1.0") + end, ends: true) }
        let client = try client([server.address])
        await #expect(
            throws: ClusterClientError.refused(status: 401, code: "gone", message: "no")
        ) { _ = try await take(2, await client.events()) }
        #expect(server.requests.count == 1)
        await server.kill()
    }

    @Test func `a server that cannot serve is left for another`() async throws {
        let first = try FakeServer { _, _ in .error(.unavailable, "overloaded") }
        let second = try FakeServer { _, _ in .stream(event("1-1.0"), ends: false) }
        let client = try client([first.address, second.address])
        #expect(try await take(1, await client.events()).count == 1)
        await first.kill()
        await second.kill()
    }

    @Test func `another cluster is passed by before it sees the token`() async throws {
        let first = try FakeServer { _, count in
            .stream(event(count == 0 ? "1-1.0" : "1-2.0"), ends: true)
        }
        let other = try FakeServer(cluster: "c2") { _, _ in .stream(event("1-2.0"), ends: false) }
        let client = try client([first.address, other.address])
        let events = try await take(2, await client.events())
        #expect(events.map(\.id) == ["1-1.0", "1-2.0"])
        #expect(other.requests.isEmpty)
        await first.kill()
        await other.kill()
    }

    @Test func `patience ends`() async throws {
        let client = try client([try deadServer()])
        var options = ServerEvents.Options()
        options.patience = .milliseconds(50)
        await #expect(throws: ClusterClientError.self) {
            _ = try await take(1, await client.events(options: options))
        }
    }

    @Test func `a cancelled consumer is let go`() async throws {
        let server = try FakeServer { _, _ in .stream(": quiet\n\n", ends: false) }
        let client = try client([server.address])
        let events = await client.events()
        let consumer = Task {
            var count = 0
            for try await _ in events { count += 1 }
            return count
        }
        while server.requests.isEmpty { await Task.yield() }
        consumer.cancel()
        #expect(try await consumer.value == 0)
        await server.kill()
    }
}

@Suite struct EventStreamParserTests {
    private func parse(_ text: String, by count: Int = 1_000) throws -> [EventStreamParser.Event] {
        var parser = EventStreamParser()
        var events: [EventStreamParser.Event] = []
        let bytes = Array(text.utf8)
        for start in stride(from: 0, to: bytes.count, by: count) {
            try parser.receive(Array(bytes[start...].prefix(count))) { events.append($0) }
        }
        return events
    }

    @Test(arguments: [1, 2, 3, 1_000]) @Aside func `the fields are read, however cut`(count: Int)
        throws
    {
        let events = try parse(
            "\u{FEFF}: comment\r\nid: 1-2.0\r\nevent: a\r\ndata: x\r\n\r\n"
                + "data\ndata:y\ndata:  z\nretry: 5\nid: bad\u{0}\n\n"
                + "event: mark\rid:7\r\r: only\n\n\n\ndata: unfinished",
            by: count
        )
        #expect(
            events == [
                .init(id: "1-2.0", name: "a", data: Array("x".utf8)),
                .init(id: nil, name: "message", data: Array("\ny\n z".utf8)),
                .init(id: "7", name: "mark", data: []),
            ]
        )
    }

    @Test @Aside func `what is written is read`() throws {
        var bytes: [UInt8] = []
        let data = Array("{\n}".utf8)
        EventStreamWriter.write(id: "1-2.0", name: "m", data: data, to: &bytes)
        EventStreamWriter.writeComment("x", to: &bytes)
        EventStreamWriter.write(id: nil, name: "p", data: [], to: &bytes)
        let events = try parse(String(decoding: bytes, as: UTF8.self))
        #expect(
            events == [
                .init(id: "1-2.0", name: "m", data: data), .init(id: nil, name: "p", data: []),
            ]
        )
    }

    @Test @Aside func `an endless line is refused`() {
        var parser = EventStreamParser(maximumBytes: 100)
        #expect(throws: EventStreamParser.TooLarge.self) {
            try parser.receive([UInt8](repeating: 0x61, count: 101)) { _ in }
        }
    }
}
