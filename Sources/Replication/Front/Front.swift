import Storage

/// The connections of clients, on the loop's thread: HTTP in, inputs of the node out, and back.
final class Front {
    /// One client's connection.
    private final class Client {
        let connection: Connection
        var http: HTTPConnection
        /// What it waits for.
        var tickets: Set<Ticket> = []
        var streams: Set<Ticket> = []
        var isDirty = false

        init(_ connection: Connection, _ http: HTTPConnection) {
            self.connection = connection
            self.http = http
        }
    }

    private struct Waiting {
        var client: PollKey
        var request: HTTPRequestID
    }

    /// What happened, for the node.
    var inputs: [NodeInput] = []
    /// Answers `GET /v1/cluster`, `/readyz` and `/leader`.
    var inform: (Route) -> HTTPResponse = { _ in HTTPResponse(.notFound) }
    /// Goes onto every answer.
    var commonFields: [UInt8] = []

    private let loop: EventLoop
    private let limits: FrontLimits
    private let acceptor: Acceptor
    private let nextKey: () -> PollKey
    private var clients: [PollKey: Client] = [:]
    private var waiting: [Ticket: Waiting] = [:]
    private var lastTicket: UInt64 = 0
    private var dirty: [Client] = []
    private var scratch = [UInt8](repeating: 0, count: 64 << 10)
    private var nextSweep: Instant
    private var outputs = 0

    init(
        _ listener: consuming Listener,
        on loop: EventLoop,
        limits: FrontLimits,
        nextKey: @escaping () -> PollKey,
        at now: Instant
    ) {
        self.loop = loop
        self.limits = limits
        self.nextKey = nextKey
        nextSweep = now + .seconds(1)
        acceptor = Acceptor(listener, key: nextKey(), on: loop)
    }

    /// Number of connections, for metrics.
    var connectionCount: Int { clients.count }
    /// Whether somebody waits for an answer.
    var isWaiting: Bool { !waiting.isEmpty }

    /// A ticket that no client of this front has.
    func newTicket() -> Ticket {
        lastTicket += 1
        return Ticket(lastTicket)
    }

    /// Carries on with a socket that is ready; false if it is none of these.
    func handle(_ ready: Readiness, at now: Instant) -> Bool {
        if ready.key == acceptor.key {
            acceptor.accept(at: now) { socket in take(socket, at: now) }
            return true
        }
        guard let client = clients[ready.key] else { return false }
        if ready.interest.contains(.write) { markDirty(client) }
        if ready.interest.contains(.read) { receive(client, at: now) }
        return true
    }

    /// Answers a request, unless its client has gone; false if the ticket is not of this front.
    func reply(_ ticket: Ticket, _ reply: Reply) -> Bool {
        guard let place = waiting.removeValue(forKey: ticket) else { return false }
        guard let client = clients[place.client] else { return true }
        client.tickets.remove(ticket)
        if case .output = reply, isDropped() {
            end(client)
            return true
        }
        respond(client, place.request, Answers.response(to: reply))
        return true
    }

    func stream(_ ticket: Ticket, _ items: [StreamItem]) {
        guard let place = waiting[ticket], let client = clients[place.client] else { return }
        client.http.writeStream(place.request, into: &client.connection.output) { output in
            for item in items { item.write(to: &output) }
        }
        markDirty(client)
    }

    func endStream(_ ticket: Ticket, _ refusal: Refusal?) {
        guard let place = waiting.removeValue(forKey: ticket), let client = clients[place.client]
        else { return }
        client.streams.remove(ticket)
        if let refusal {
            client.http.writeStream(place.request, into: &client.connection.output) { output in
                var writer = JSONWriter()
                writer.beginObject()
                writer.member("code", refusal.code)
                writer.member("message", refusal.message)
                writer.endObject()
                EventStreamWriter.write(id: nil, name: "end", data: writer.bytes, to: &output)
            }
        }
        client.http.endStream(place.request, into: &client.connection.output)
        markDirty(client)
    }

    /// Sends what gathered in this turn, with one call for each connection.
    func flush() {
        // A client that is answered may go on with requests that were held back meanwhile.
        for client in dirty where !client.connection.isClosed {
            client.isDirty = false
            if case .failed = client.connection.flush() {
                end(client)
            } else if client.connection.pendingBytes > limits.maximumPendingBytes {
                end(client)
            } else if client.http.isDone, !client.connection.isFinishing {
                client.connection.finish()
            }
        }
        dirty.removeAll(keepingCapacity: true)
    }

    /// Looks after idle connections and silent streams; gives when it wants to be called next.
    func timer(at now: Instant) -> Instant {
        acceptor.resume(at: now)
        if nextSweep <= now {
            nextSweep = now + .seconds(1)
            sweep(at: now)
        }
        return min(nextSweep, acceptor.resumesAt ?? nextSweep)
    }

    /// Takes no more connections.
    func stopAccepting() { acceptor.stop() }

    /// Ends all event streams; their readers go on elsewhere by their last id.
    func endStreams() {
        for ticket in clients.values.flatMap(\.streams).sorted() {
            endStream(ticket, nil)
            inputs.append(.abandon(ticket))
        }
    }

    func stop() {
        for client in clients.values { client.connection.close() }
        clients.removeAll()
    }

    private func take(_ socket: consuming Socket, at now: Instant) {
        let key = nextKey()
        let connection = Connection(socket, key: key, on: loop, at: now)
        let client = Client(
            connection,
            HTTPConnection(limits: limits.http, fields: commonFields)
        )
        clients[key] = client
        if clients.count > limits.maximumConnections {
            connection.output.append(
                contentsOf:
                    "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
                    .utf8
            )
            connection.finish()
        }
    }

    private func receive(_ client: Client, at now: Instant) {
        switch client.connection.receive(
            into: &scratch,
            at: now,
            { client.http.receive($0) }
        )
        {
        case .open: takeRequests(client)
        case .ended:
            client.http.receiveEnd()
            takeRequests(client)
            // One that reads a stream has gone; one that waits for answers still gets them.
            if client.connection.isFinishing || !client.streams.isEmpty || client.http.isDone {
                end(client)
            }
        case .failed: end(client)
        }
    }

    private func takeRequests(_ client: Client) {
        while let request = client.http.nextRequest(into: &client.connection.output) {
            take(request, from: client)
        }
        client.connection.isPaused = client.http.isPaused
        markDirty(client)
    }

    private func take(_ request: HTTPRequest, from client: Client) {
        let caller = Caller(token: request.bearerToken)
        let route = Route(request)
        switch route {
        case .request(let key, let since):
            let ticket = wait(client, request.id)
            inputs.append(
                .request(
                    ClientRequest(
                        ticket: ticket,
                        lane: client.connection.key.value,
                        body: request.body,
                        caller: caller,
                        key: key,
                        since: since,
                        entropy: .system()
                    )
                )
            )
        case .query(let consistency):
            let ticket = wait(client, request.id)
            inputs.append(.query(ticket, body: request.body, caller: caller, consistency))
        case .events(let after): openStream(client, request, caller, after)
        case .health: respond(client, request.id, HTTPResponse(body: Array("{}".utf8)))
        case .unknown(let response): respond(client, request.id, response)
        case .cluster, .readiness, .leader: respond(client, request.id, inform(route))
        }
    }

    private func wait(_ client: Client, _ request: HTTPRequestID) -> Ticket {
        let ticket = newTicket()
        waiting[ticket] = Waiting(client: client.connection.key, request: request)
        client.tickets.insert(ticket)
        return ticket
    }

    private func openStream(
        _ client: Client,
        _ request: HTTPRequest,
        _ caller: Caller,
        _ after: EventID?
    ) {
        let ticket = newTicket()
        waiting[ticket] = Waiting(client: client.connection.key, request: request.id)
        client.streams.insert(ticket)
        client.http.beginStream(
            request.id,
            EventStreamWriter.response,
            into: &client.connection.output
        )
        client.connection.isWriteOnly = true
        inputs.append(.openStream(ticket, caller: caller, after: after))
    }

    private func respond(_ client: Client, _ request: HTTPRequestID, _ response: HTTPResponse) {
        client.http.fields = commonFields
        client.http.respond(to: request, response, into: &client.connection.output)
        if client.connection.isPaused, !client.http.isPaused { takeRequests(client) }
        markDirty(client)
    }

    private func markDirty(_ client: Client) {
        guard !client.isDirty else { return }
        client.isDirty = true
        dirty.append(client)
    }

    private func end(_ client: Client) {
        clients[client.connection.key] = nil
        client.connection.close()
        for ticket in client.tickets.union(client.streams).sorted() {
            waiting[ticket] = nil
            inputs.append(.abandon(ticket))
        }
        client.tickets = []
        client.streams = []
    }

    private func sweep(at now: Instant) {
        for client in clients.values {
            if client.connection.isWriteOnly {
                if client.connection.hasEnded() { end(client) }
            } else if client.tickets.isEmpty,
                now - client.connection.lastHeard > limits.idleTimeout
            {
                end(client)
            }
        }
    }

    /// Whether this answer is one that a test wants lost.
    private func isDropped() -> Bool {
        guard let every = limits.dropAnswersEvery else { return false }
        outputs += 1
        return outputs % every == 0
    }
}

/// What a client may take of a node.
struct FrontLimits: Sendable {
    var http = HTTPLimits()
    var maximumConnections = 10_000
    /// A client that reads slower than this much behind is cut off, and resumes by its event id.
    var maximumPendingBytes = 4 << 20
    var idleTimeout = Duration.seconds(120)
    /// For tests: every so many answers to requests are lost, after their commit.
    var dropAnswersEvery: Int?
}

extension StreamItem {
    /// Appends the item as a server-sent event.
    func write(to output: inout [UInt8]) {
        switch self {
        case .event(let id, let event):
            EventStreamWriter.write(
                id: id.description,
                name: event.name,
                data: event.data,
                to: &output
            )
        case .mark(let id):
            EventStreamWriter.write(
                id: id.description,
                name: "mark",
                data: Array("{}".utf8),
                to: &output
            )
        case .reset(let id):
            var writer = JSONWriter()
            writer.object(index: id.index)
            EventStreamWriter.write(
                id: id.description,
                name: "reset",
                data: writer.bytes,
                to: &output
            )
        }
    }
}

extension JSONWriter {
    fileprivate mutating func object(index: LogIndex) {
        beginObject()
        member("index", index.value)
        endObject()
    }
}
