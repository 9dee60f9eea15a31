import Glibc
import Replication
import Storage
import Testing

/// A server that does what the test says: the replica's shell in small, on a real loop with real
/// sockets.
actor FakeServer {
    /// What it does with a request.
    enum Reply: Sendable {
        case answer(HTTPResponse)
        /// Ends the connection without an answer.
        case drop
        /// Answers after so much time.
        case late(Duration, String)
        /// Never answers.
        case hang
        /// Begins a stream, sends this, and ends it or leaves it open.
        case stream(String, ends: Bool)

        static func ok(_ body: String) -> Reply { .answer(HTTPResponse(body: Array(body.utf8))) }
        static func error(_ status: HTTPStatus, _ code: String) -> Reply {
            .answer(.error(status, code: code, message: "no"))
        }
    }

    /// What was asked of it.
    struct Seen: Equatable, Sendable {
        var path: String
        var key: String?
        var token: String?
        var lastID: String?
        var since: String?
        /// For how many milliseconds the client waits; the same request may say another one.
        var patience: Int64?

        /// Whether it is the same request, however long its client waits.
        static func == (left: Seen, right: Seen) -> Bool {
            left.path == right.path && left.key == right.key && left.token == right.token
                && left.lastID == right.lastID && left.since == right.since
        }
    }

    /// An answer that is not due yet.
    private struct Late {
        let due: Instant
        let connection: PollKey
        let request: HTTPRequestID
        let body: String
    }

    nonisolated let loop: EventLoop
    nonisolated let address: String
    private nonisolated let seen = Lock<[Seen]>([])
    private let script: @Sendable (HTTPRequest, _ count: Int) -> Reply
    private let fields: [UInt8]
    private var view: String
    private var acceptor: Acceptor?
    private var connections: [PollKey: (Connection, HTTPConnection)] = [:]
    private var late: [Late] = []
    private var nextKey: UInt64 = 2
    private var count = 0
    private var buffer = [UInt8](repeating: 0, count: 1 << 14)

    nonisolated var unownedExecutor: UnownedSerialExecutor {
        unsafe loop.asUnownedSerialExecutor()
    }

    /// `script` gets each request but those for `/v1/cluster`, and how many there were before it.
    init(
        cluster: String = "c1",
        version: String? = nil,
        port: UInt16 = 0,
        _ script: @escaping @Sendable (HTTPRequest, _ count: Int) -> Reply
    ) throws {
        loop = try EventLoop()
        let listener = try Listener(on: Address(host: "127.0.0.1", port: port).resolved()[0])
        address = "127.0.0.1:\(listener.port)"
        acceptor = Acceptor(listener, key: PollKey(1), on: loop)
        acceptor?.begin()
        self.script = script
        var fields = ProtocolFields.fields(cluster: cluster)
        if let version {
            fields = []
            fields.appendField(ProtocolFields.versionName, version)
            fields.appendField(ProtocolFields.clusterName, cluster)
        }
        self.fields = fields
        view = #"{"cluster":"\#(cluster)","members":[],"leader":null}"#
        loop.start { [self] ready in assumeIsolated { $0.turn(ready) } }
    }

    /// All requests so far, but those for `/v1/cluster`.
    nonisolated var requests: [Seen] { seen.withLock { $0 } }

    /// Sets what `/v1/cluster` names as members.
    func setMembers(_ clients: [String]) {
        let members = clients.map { #"{"id":"n","new":[1],"client":"\#($0)"}"# }
        view =
            #"{"cluster":"c1","members":[\#(members.joined(separator: ","))],"leader":"n2"}"#
    }

    /// Ends as a killed process does: all sockets close.
    func kill() {
        for (connection, _) in connections.values { connection.close() }
        connections = [:]
        acceptor?.stop()
        acceptor = nil
        loop.close()
    }

    private func turn(_ ready: [Readiness]) -> Instant? {
        let now = SystemClock.now()
        for each in ready {
            if each.key == acceptor?.key {
                acceptor?.accept(at: now) { socket in add(socket, at: now) }
            } else if let (connection, before) = connections[each.key] {
                var http = before
                serve(connection, &http, at: now)
                if connection.isClosed {
                    connections[each.key] = nil
                } else {
                    connections[each.key] = (connection, http)
                }
            }
        }
        answerLate(at: now)
        return late.map(\.due).min()
    }

    private func answerLate(at now: Instant) {
        for each in late where each.due <= now {
            guard let (connection, before) = connections[each.connection] else { continue }
            var http = before
            let response = HTTPResponse(body: Array(each.body.utf8))
            http.respond(to: each.request, response, into: &connection.output)
            connection.flush()
            connections[each.connection] = (connection, http)
        }
        late.removeAll { $0.due <= now }
    }

    private func add(_ socket: consuming Socket, at now: Instant) {
        let key = PollKey(nextKey)
        nextKey += 1
        let connection = Connection(socket, key: key, on: loop, at: now)
        connections[key] = (connection, HTTPConnection(fields: fields))
    }

    private func serve(_ connection: Connection, _ http: inout HTTPConnection, at now: Instant) {
        let result = connection.receive(into: &buffer, at: now) { http.receive($0) }
        if result != .open { return connection.close() }
        while let request = http.nextRequest(into: &connection.output) {
            switch reply(to: request) {
            case .answer(let response):
                http.respond(to: request.id, response, into: &connection.output)
            case .drop: return connection.close()
            case .late(let delay, let body):
                late.append(
                    Late(
                        due: now + delay,
                        connection: connection.key,
                        request: request.id,
                        body: body
                    )
                )
            case .hang: break
            case .stream(let text, let ends):
                http.beginStream(
                    request.id,
                    EventStreamWriter.response,
                    into: &connection.output
                )
                http.writeStream(request.id, into: &connection.output) { output in
                    output.append(contentsOf: text.utf8)
                }
                if ends { http.endStream(request.id, into: &connection.output) }
            }
        }
        if http.isDone { connection.finish() } else { connection.flush() }
    }

    private func reply(to request: HTTPRequest) -> Reply {
        let one = Seen(
            path: request.path,
            key: request.field("idempotency-key"),
            token: request.bearerToken,
            lastID: request.field("last-event-id"),
            since: request.field("idempotency-since"),
            patience: request.field("chat-patience").flatMap(Int64.init)
        )
        if request.path == "/v1/cluster" {
            // Before a server has said who it is, it must not see anything of the client's.
            return one.token == nil && one.key == nil ? .ok(view) : .drop
        }
        seen.withLock { $0.append(one) }
        count += 1
        return script(request, count - 1)
    }
}

/// The address of a port that nobody listens on, and nobody will.
///
/// The socket stays bound for as long as the process lives: a port that is given back is handed to
/// the next listener, of another test perhaps, which is then asked in place of nobody.
func deadServer() throws -> String {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    try #require(descriptor >= 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = in_addr_t(INADDR_LOOPBACK).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let code = unsafe withUnsafeMutablePointer(to: &address) { pointer in
        unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            unsafe bind(descriptor, $0, length) | getsockname(descriptor, $0, &length)
        }
    }
    try #require(code == 0)
    return "127.0.0.1:\(UInt16(bigEndian: address.sin_port))"
}
