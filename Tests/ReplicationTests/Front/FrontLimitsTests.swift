import Storage
import TestSupport
import Testing

@testable import Replication

/// The limits that nobody wants to wait for: a front alone, on a loop driven by hand, by a clock
/// of the test's own.
@Suite struct FrontLimitsTests {
    private final class Bench {
        let loop: EventLoop
        let front: Front
        let server: String
        var now = SystemClock.now()

        init(_ change: (inout FrontLimits) -> Void = { _ in }) throws {
            loop = try EventLoop()
            let listener = try Listener(on: Address(host: "127.0.0.1", port: 0).resolved()[0])
            server = "127.0.0.1:\(listener.port)"
            var limits = FrontLimits()
            change(&limits)
            var lastKey: UInt64 = 0
            front = Front(
                listener,
                on: loop,
                limits: limits,
                nextKey: {
                    lastKey += 1
                    return PollKey(lastKey)
                },
                at: now
            )
            front.begin()
        }

        /// Turns until `isDone`; false if that takes too long.
        func run(until isDone: () -> Bool) throws {
            let limit = SystemClock.now() + .seconds(120)
            while !isDone() {
                try #require(SystemClock.now() < limit)
                for ready in loop.poll(milliseconds: 5) { _ = front.handle(ready, at: now) }
                turn()
            }
        }

        /// What a replica does at the end of each turn.
        func turn() {
            front.timer(at: now)
            front.takeHeldRequests()
            front.flush()
        }

        /// Sweeps after so much time, twice: the first only sees what a client does.
        func wait(_ duration: Duration) {
            front.timer(at: now + .seconds(1))
            now = now + .seconds(2) + duration
            front.timer(at: now)
            front.flush()
        }
    }

    @Test @Aside func `idle connections end, and those that wait for an answer do not`() throws {
        let bench = try Bench()
        let idle = try RawClient(bench.server)
        let waiting = try RawClient(bench.server)
        try waiting.send(
            "POST /v1/queries HTTP/1.1\r\nHost: localhost\r\n"
                + "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
        )
        try bench.run { bench.front.inputs.count == 1 && bench.front.clients.count == 2 }
        bench.wait(.seconds(115))
        #expect(bench.front.clients.count == 2)
        bench.wait(.seconds(121))
        #expect(bench.front.clients.count == 1)
        #expect(try idle.readAll() == "")
        #expect(bench.front.waiting.count == 1)
    }

    @Test @Aside func `a request that does not come in whole ends its connection`() throws {
        let bench = try Bench()
        let client = try RawClient(bench.server)
        try client.send("GET / HT")
        try bench.run { bench.front.clients.values.contains { !$0.http.isIdle } }
        bench.wait(.seconds(27))
        #expect(bench.front.clients.count == 1)
        bench.wait(.seconds(31))
        let text = try client.readAll()
        #expect(text.hasPrefix("HTTP/1.1 408 Request Timeout\r\n"))
        #expect(text.contains(#"{"error":{"code":"http_request_timeout""#))
        bench.wait(.seconds(3))
        #expect(bench.front.clients.isEmpty)
    }

    @Test @Aside func `a client that does not close after the end is closed`() throws {
        let bench = try Bench()
        let client = try RawClient(bench.server)
        try client.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        try bench.run { bench.front.clients.values.contains { $0.connection.isLingering } }
        bench.wait(.seconds(3))
        #expect(bench.front.clients.isEmpty)
        #expect(try client.readAll().hasSuffix("{}"))
    }

    @Test @Aside func `a client beyond the limit is told so, and those far beyond are closed`()
        throws
    {
        let bench = try Bench {
            $0.maximumConnections = 2
            $0.maximumRefusals = 1
        }
        let first = [try RawClient(bench.server), try RawClient(bench.server)]
        try bench.run { bench.front.clients.count == 2 }
        let third = try RawClient(bench.server)
        try bench.run { bench.front.clients.count == 3 }
        let fourth = try RawClient(bench.server)
        try bench.run { fourth.hasEnded }
        #expect(bench.front.clients.count == 3)
        let text = try third.readAll()
        #expect(text.hasPrefix("HTTP/1.1 503 Service Unavailable\r\n"))
        #expect(text.contains(#"{"error":{"code":"overloaded""#))
        third.finish()
        try first[0].send("GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        first[0].finish()
        try bench.run { bench.front.clients.count == 1 }
        #expect(try first[0].readAll().hasSuffix("{}"))
    }

    @Test @Aside func `a reader of events that takes nothing is written nothing, and goes on`()
        throws
    {
        let bench = try Bench()
        let slow = try RawClient(bench.server)
        try slow.send("GET /v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        try bench.run { !bench.front.inputs.isEmpty }
        guard case .openStream(let ticket, _, _) = bench.front.inputs.removeFirst() else {
            Issue.record("no stream was asked for")
            return
        }
        bench.front.grantStream(ticket)
        let text = RenderedEvent(name: "e", data: [UInt8](repeating: 0x78, count: 1 << 13))
        var index: UInt64 = 0
        var sent = 0
        try bench.run {
            guard bench.front.inputs.isEmpty else { return true }
            index += 1
            sent += 1
            bench.front.stream(ticket, [.event(EventID(index: LogIndex(index), number: 0), text)])
            return false
        }
        guard case .pauseStream(ticket) = bench.front.inputs.removeFirst() else {
            Issue.record("the stream was not paused")
            return
        }
        let client = try #require(bench.front.clients.values.first)
        #expect(client.connection.output.capacity <= 3 << 13, "no more waits than one turn wrote")
        var read = 0
        try bench.run {
            read += (try? slow.received()) ?? 0
            return !bench.front.inputs.isEmpty
        }
        guard case .resumeStream(ticket) = bench.front.inputs.removeFirst() else {
            Issue.record("the stream does not go on")
            return
        }
        #expect(read > 1 << 13 && sent > 1)
    }

    private static let query =
        "POST /v1/queries?consistency=stale HTTP/1.1\r\nHost: localhost\r\n"
        + "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"

    /// Answers what the front has asked for since; gives how many answers that were.
    private func answer(_ bench: Bench, bytes: Int) -> Int {
        let inputs = bench.front.inputs
        bench.front.inputs = []
        for case .keptQuery(let ticket, _, _, _) in inputs {
            let body = [UInt8](repeating: UInt8(ascii: "1"), count: bytes)
            _ = bench.front.reply(ticket, .answer(.zero, body))
        }
        return inputs.count
    }

    @Test @Aside
    func `pitfall 57: no answer is made for a client that does not read`()
        throws
    {
        let bench = try Bench()
        let attacker = try RawClient(bench.server)
        try attacker.send(String(repeating: Self.query, count: 1_000))
        var (answers, idle) = (0, 0)
        try bench.run {
            let new = answer(bench, bytes: 100_000)
            answers += new
            idle = new == 0 ? idle + 1 : 0
            return idle == 100
        }
        let client = try #require(bench.front.clients.values.first)
        #expect(answers > 10 && answers < 200)
        #expect(client.connection.pendingBytes <= 1 << 20 + 100_200)
        #expect(client.http.inFlight <= 1_000 && client.http.heldBytes == 0)
        bench.wait(.seconds(31))
        #expect(bench.front.clients.isEmpty && bench.front.waiting.isEmpty)
        #expect(bench.front.line.isEmpty && bench.front.answerRoom.waitingBytes == 0)
    }

    @Test @Aside func `a client that reads gets all that it asked for`() throws {
        let bench = try Bench()
        let client = try RawClient(bench.server)
        try client.send(String(repeating: Self.query, count: 300))
        var (answers, bytes) = (0, 0)
        try bench.run {
            answers += answer(bench, bytes: 100_000)
            bytes += (try? client.received()) ?? 0
            return bytes >= 300 * 100_000 && answers == 300
        }
        #expect(bench.front.clients.count == 1)
    }

    @Test @Aside func `a turn makes few large answers, and one of each connection`() throws {
        let bench = try Bench { $0.turnTime = .seconds(100) }
        let clients = try (0..<20).map { _ in try RawClient(bench.server) }
        for client in clients { try client.send(Self.query + Self.query) }
        try bench.run { bench.front.waiting.count == 40 }
        _ = answer(bench, bytes: 10)
        bench.front.flush()
        let left = bench.front.waiting.count
        bench.front.giveQueries()
        while !bench.front.inputs.isEmpty {
            let connections = bench.front.inputs.compactMap { input -> PollKey? in
                guard case .keptQuery(let ticket, _, _, _) = input else { return nil }
                return bench.front.waiting[ticket]?.client
            }
            #expect(connections.count <= 4 && Set(connections).count == connections.count)
            _ = answer(bench, bytes: 50_000)
            bench.front.giveQueries()
        }
        let made = left - bench.front.waiting.count
        #expect(made >= 6 && made <= 8)
        bench.front.flush()
        #expect(bench.front.hasQueriesToGive)
        #expect(bench.front.nextDeadline <= bench.now)
    }

    @Test @Aside func `an answer is made when its turn has come on the connection`() throws {
        let bench = try Bench()
        let client = try RawClient(bench.server)
        try client.send(
            "POST /v1/requests HTTP/1.1\r\nHost: localhost\r\n"
                + "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}" + Self.query
        )
        try bench.run { bench.front.waiting.count == 2 }
        guard case .request(let request) = bench.front.inputs.first, bench.front.inputs.count == 1
        else {
            Issue.record("\(bench.front.inputs)")
            return
        }
        bench.front.inputs = []
        _ = bench.front.reply(
            request.ticket,
            .output(.zero, [0x31], secret: nil, isRepeated: false)
        )
        bench.turn()
        #expect(bench.front.inputs.count == 1)
        #expect(answer(bench, bytes: 10) == 1)
    }

    @Test @Aside func `large requests that are not whole share one room, and small ones need none`()
        throws
    {
        let bench = try Bench {
            $0.requestRoomBytes = 1 << 20
            $0.request = .seconds(100)
        }
        let head =
            "POST /v1/requests HTTP/1.1\r\nHost: localhost\r\n"
            + "Content-Type: application/json\r\nContent-Length: 500000\r\n\r\n"
        let part = String(repeating: " ", count: 100_000)
        let clients = try (0..<5).map { _ in try RawClient(bench.server) }
        for client in clients { try client.send(head + part) }
        func held() -> [Int] { bench.front.clients.values.map(\.http.receivedBytes).sorted() }
        try bench.run { held().filter { $0 == 100_000 }.count == 2 }
        for _ in 0..<50 {
            for ready in bench.loop.poll(milliseconds: 1) {
                _ = bench.front.handle(ready, at: bench.now)
            }
            bench.turn()
        }
        #expect(held().count == 5 && held()[..<3].allSatisfy { $0 <= 1 << 16 })
        let small = try RawClient(bench.server)
        try small.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        small.finish()
        try bench.run { bench.front.clients.count == 5 }
        // Those that have the room do not send on while others wait: they make room.
        bench.wait(.seconds(11))
        // They are told why, and closed if they do not close.
        bench.wait(.seconds(2))
        try bench.run { held().filter { $0 == 100_000 }.count == 2 && held().count == 3 }
    }

    @Test @Aside func `a reader of events that has gone is noticed while nothing happens`() throws {
        let bench = try Bench()
        let reader = try RawClient(bench.server)
        try reader.send("GET /v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        try bench.run { !bench.front.inputs.isEmpty }
        guard case .openStream(let ticket, _, _) = bench.front.inputs[0] else { return }
        bench.front.grantStream(ticket)
        try bench.run { bench.front.clients.values.allSatisfy { $0.connection.pendingBytes == 0 } }
        reader.finish()
        try bench.run {
            bench.now = bench.now + .seconds(1)
            return bench.front.clients.isEmpty
        }
        #expect(bench.front.waiting.isEmpty)
    }
}
