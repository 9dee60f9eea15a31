import Storage
import TestSupport
import Testing

@testable import Replication

/// A node alone over HTTP, as bytes.
@Suite(.timeLimit(.minutes(5))) struct FrontTests {
    private static let health = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"

    private static func append(_ value: String) -> String {
        let body = #"{"append":"\#(value)"}"#
        return
            "POST /v1/requests HTTP/1.1\r\nHost: localhost\r\n"
            + "Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    private static func query(_ consistency: String) -> String {
        "POST /v1/queries?consistency=\(consistency) HTTP/1.1\r\nHost: localhost\r\n"
            + "Content-Type: application/json\r\nContent-Length: 2"
            + "\r\n\r\n{}"
    }

    private static func bodies(_ text: String) -> [String] {
        text.split(separator: "\r\n\r\n").map { String($0.split(separator: "HTTP/1.1")[0]) }
            .dropFirst().map(\.self)
    }

    private func withNode(
        _ body: (_ server: String, _ run: ReplicaRun<GuardedRegister>) async throws -> Void
    ) async throws {
        let directory = try ReplicaDirectory()
        let run = try ReplicaRun<GuardedRegister>(aloneConfiguration(directory), in: directory)
        try await run.lead()
        try await body(run.replica.clientAddress, run)
        try await run.stop()
    }

    @Test func `events without a session are refused, and the connection goes on`() async throws {
        try await withNode { server, _ in
            let client = try RawClient(server)
            try client.send("GET /v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n" + Self.health)
            let text = try await client.read { $0.hasSuffix("\r\n\r\n{}") }
            #expect(text.hasPrefix("HTTP/1.1 401 Unauthorized\r\n"))
            #expect(text.contains(#"{"error":{"code":"session_unknown","message":"log in"}}"#))
            #expect(text.contains("Content-Type: application/json"))
            #expect(text.contains("HTTP/1.1 200 OK\r\n"))
            #expect(!text.contains("text/event-stream"))
        }
    }

    @Test func `a stream begins before its first event`() async throws {
        try await withNode { server, run in
            let client = try RawClient(server)
            let fields =
                "Host: localhost\r\n"
                + "Authorization: Bearer good\r\nLast-Event-ID: 1-2.0\r\n\r\n"
            try client.send("GET /v1/events HTTP/1.1\r\n" + fields)
            let head = try await client.read { $0.contains("retry: 1000\n\n") }
            #expect(head.contains("text/event-stream"))
            _ = try await run.replica.request(Register.Append(value: "a"))
            _ = try await client.read { $0.hasSuffix("data: \"a\"\n\n\r\n") }
        }
    }

    @Test(arguments: [
        ("GET /v1/events", "Last-Event-ID: none\r\n", "400 Bad Request", "event_id_invalid"),
        ("GET /v1/events?last-event-id=-1", "", "400 Bad Request", "event_id_invalid"),
        ("POST /v1/queries?consistency=some", "", "400 Bad Request", "consistency_invalid"),
        ("POST /v1/requests", "Idempotency-Since: -1\r\n", "400 Bad Request", "since_invalid"),
        ("POST /v1/requests", "Idempotency-Since: +1\r\n", "400 Bad Request", "since_invalid"),
        ("POST /v1/requests", "Chat-Patience: +5\r\n", "400 Bad Request", "patience_invalid"),
        ("POST /v1/requests", "Chat-Patience: 0\r\n", "400 Bad Request", "patience_invalid"),
        ("POST /v1/requests", "", "400 Bad Request", "request_malformed"),
        ("DELETE /v1/requests", "", "405 Method Not Allowed", "method_not_allowed"),
        ("GET /v1/requests", "", "405 Method Not Allowed", "method_not_allowed"),
        ("GET /nothing", "", "404 Not Found", "path_unknown"),
    ])
    func `what is no request is answered with why`(
        line: String,
        fields: String,
        status: String,
        code: String
    ) async throws {
        try await withNode { server, _ in
            let length =
                line.hasPrefix("POST")
                ? "Content-Type: application/json\r\nContent-Length: 0\r\n" : ""
            let text = try await RawClient(server).exchange(line, fields + length)
            #expect(text.hasPrefix("HTTP/1.1 \(status)\r\n"))
            #expect(text.contains(#"{"error":{"code":"\#(code)""#))
        }
    }

    @Test func `requests sent at once take effect and are answered in order`() async throws {
        try await withNode { server, _ in
            let client = try RawClient(server)
            let requests = (1...200).map { number in
                switch number % 4 {
                case 0: Self.health
                case 1: Self.query("stale")
                default: Self.append("v\(number)")
                }
            }
            try client.send(requests.joined())
            client.finish()
            let bodies = Self.bodies(try await client.read())
            try #require(bodies.count == 200)
            let other = try RawClient(server)
            try other.send(Self.query("linearizable"))
            other.finish()
            let values = (1...200).filter { $0 % 4 > 1 }.map { "\"v\($0)\"" }
            #expect(
                try await other.read().hasSuffix(#""answer":[\#(values.joined(separator: ","))]}"#)
            )
            var place = 0
            for number in 1...200 where number % 4 > 1 {
                place += 1
                #expect(bodies[number - 1].hasSuffix(#""output":\#(place)}"#))
            }
            for number in 1...200 where number % 4 == 0 { #expect(bodies[number - 1] == "{}") }
        }
    }

    @Test func `more requests than may be in flight are all answered`() async throws {
        try await withNode { server, _ in
            let client = try RawClient(server)
            let slow = String(repeating: Self.query("linearizable"), count: 1_024)
            let fast = String(repeating: Self.health, count: 1_500)
            try client.send(slow + fast + slow)
            client.finish()
            let text = try await client.read()
            #expect(text.split(separator: "HTTP/1.1 200 OK").count == 1_024 + 1_500 + 1_024)
        }
    }

    @Test func `a connection that asks for its end gets it after the answer`() async throws {
        try await withNode { server, _ in
            let text = try await RawClient(server).exchange("GET /healthz")
            #expect(text.contains("Connection: close\r\n"))
            #expect(text.hasSuffix("\r\n\r\n{}"))
        }
    }

    @Test func `a client that has said all gets a large answer whole`() async throws {
        try await withNode { server, run in
            let value = String(repeating: "x", count: 100_000)
            for number in 0..<60 {
                _ = try await run.replica.request(Register.Append(value: "\(number)\(value)"))
            }
            let client = try RawClient(server)
            try client.send(Self.query("linearizable"))
            client.finish()
            // The node has more to send than the system takes while nobody reads.
            try await client.pause()
            let text = try await client.read()
            #expect(text.utf8.count > 6_000_000)
            #expect(text.hasSuffix("x\"]}"))
        }
    }

    @Test func `a stopping node answers what it has, and ends streams`() async throws {
        let cluster = try ReplicaCluster()
        try cluster.start(0)
        let run = cluster.running[0]
        // Those who wait below keep a thread of the pool, on which it begins.
        _ =
            try await eventually("it runs") {
                if case .running = await run.replica.phase { true } else { nil }
            } as Bool
        let waiting = try RawClient(run.replica.clientAddress)
        try waiting.send(Self.append("a"))
        let reader = try RawClient(run.replica.clientAddress)
        try reader.send("GET /v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        _ = try await reader.read { $0.contains("event: mark") }
        run.replica.beginGracefulShutdown()
        _ = try await reader.read()
        #expect(throws: (any Error).self) { _ = try RawClient(run.replica.clientAddress) }
        try await run.task.value
        // No leader takes the request: when the time is over, its answer says so.
        let answer = try await waiting.read()
        #expect(answer.hasPrefix("HTTP/1.1 503 Service Unavailable\r\n"))
        #expect(answer.contains(#"{"error":{"code":"stopping""#))
    }
}
