import ChatCore
import ChatService
import Glibc
import Replication
import Storage
import Testing

extension ClusterTests {
    @Suite struct EventStreamTests {
        @Test func `events come live, and go on after an id on any node`() async throws {
            let cluster = try await Cluster()
            let client = try cluster.client()
            let token = try await client.enter("ann")
            // The first node's stream is open before anything happens.
            let live = try await EventWire(cluster.nodes[0], token: token)
            var sent: [String] = []
            for number in 0..<5 {
                _ = try await client.ask(.send(to: "ann", text: "\(number)"), token: token)
                sent.append("\(number)")
            }
            let first = try await live.messages(until: "4")
            #expect(first.map(\.text) == sent)
            for node in cluster.nodes {
                for (place, event) in first.enumerated() {
                    let rest = Array(sent.dropFirst(place + 1))
                    guard let last = rest.last else { continue }
                    let again = try await EventWire(node, token: token, after: event.id)
                    let resumed = try await again.messages(until: last)
                    #expect(resumed.map(\.text) == rest, "\(node.id) after \(event.id)")
                    #expect(resumed.map(\.id) == first.dropFirst(place + 1).map(\.id))
                }
            }
        }

        @Test func `a stream goes on elsewhere, again and again, without gap or duplicate`()
            async throws
        {
            let cluster = try await Cluster()
            let client = try cluster.client(Array(cluster.nodes.reversed()))
            let token = try await client.enter("ann")
            let count = 60
            let connected = Lock(false)
            let reader = Task {
                var options = ServerEvents.Options()
                options.onConnection = { server in
                    if server != nil { connected.withLock { $0 = true } }
                }
                var seen: [String] = []
                for try await event in await client.events(options: options, token: token)
                where event.name == "message" {
                    seen.append(try MessageView(lineBytes: event.data).text ?? "")
                    if seen.count == count { break }
                }
                return seen
            }
            try await eventually("the stream begins") { connected.withLock { $0 } }
            var sent: [String] = []
            for number in 0..<count {
                // Whoever serves the stream dies sooner or later.
                if number % 15 == 10 {
                    let node = cluster.nodes[(number / 15 + 2) % 3]
                    try await node.crash()
                    try await node.start()
                }
                _ = try await client.ask(.send(to: "ann", text: "\(number)"), token: token)
                sent.append("\(number)")
            }
            #expect(try await reader.value == sent)
        }

        @Test func `a node that was just started does not take a session for unknown`()
            async throws
        {
            let cluster = try await Cluster()
            let token = try await cluster.client().enter("ann")
            let node = try #require(cluster.others(than: try await cluster.leader()).first)
            try await node.crash()
            try await node.start()
            let stream = try await EventWire(node, token: token)
            let stale = try Wire(to: node.client)
            let query = ChatState.Query.whoami.lineBytes
            try await stale.post("/v1/queries?consistency=stale", query, token: token)
            #expect(try await stale.answer()?.status == 200)
            #expect(try await stream.event()?.name == "mark")
            _ = try await cluster.client().ask(.send(to: "ann", text: "hi"), token: token)
            #expect(try await stream.event { $0.name != "mark" }?.name == "message")
        }

        @Test func `a stream ends with its session, and others are told`() async throws {
            let cluster = try await Cluster(1)
            let client = try cluster.client()
            let leaving = try await client.enter("ann")
            let staying = try await client.logIn("ann")
            let ended = try await EventWire(cluster.nodes[0], token: leaving)
            let other = try await EventWire(cluster.nodes[0], token: staying)
            _ = try await client.ask(.logout(.this), token: leaving)
            let end = try #require(try await ended.event { $0.name != "mark" })
            #expect(end.name == "end" && end.data.contains("session_unknown"), "\(end)")
            #expect(try await ended.event() == nil)
            #expect(try await other.event { $0.name != "mark" }?.name == "session-ended")
            _ = try await EventWire(cluster.nodes[0], token: leaving, status: 401)
        }
    }
}

/// One event stream over a bare connection.
final class EventWire {
    struct Event: Equatable {
        var id = ""
        var name = ""
        var data = ""
    }

    private let wire: Wire

    /// Opens a stream, and waits until the node has begun it, or refused it.
    init(
        _ node: TestNode,
        token: String,
        after id: String? = nil,
        status: Int = 200
    ) async throws {
        wire = try Wire(to: node.client)
        var head =
            "GET /v1/events HTTP/1.1\r\nHost: localhost\r\n"
            + "Authorization: Bearer \(token)\r\n"
        if let id { head += "Last-Event-ID: \(id)\r\n" }
        try await wire.send("\(head)\r\n")
        #expect(try await wire.head() == status)
    }

    /// The next event; nil at the end.
    func event() async throws -> Event? {
        var event = Event()
        while let line = try await wire.line() {
            if line.isEmpty, event != Event() { return event }
            if line.hasPrefix("id: ") { event.id = String(line.dropFirst(4)) }
            if line.hasPrefix("event: ") { event.name = String(line.dropFirst(7)) }
            if line.hasPrefix("data: ") { event.data = String(line.dropFirst(6)) }
        }
        return nil
    }

    /// The next event of a kind; nil at the end.
    func event(where isWanted: (Event) -> Bool) async throws -> Event? {
        while let event = try await event() {
            if isWanted(event) { return event }
        }
        return nil
    }

    /// The messages up to one with this text.
    func messages(until last: String) async throws -> [(id: String, text: String)] {
        var found: [(id: String, text: String)] = []
        while let event = try await event() {
            guard event.name == "message" else { continue }
            found.append((event.id, try member("text", of: event.data) ?? ""))
            if found.last?.text == last { break }
        }
        return found
    }
}
