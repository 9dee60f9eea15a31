/// Reads one stream of events on a thread of its own, and finds another server when one is lost.
actor EventStreamReader {
    nonisolated let interrupt: Interrupt
    private nonisolated let loop: EventLoop
    private let session: ClusterSession
    private let token: String?
    private let options: ServerEvents.Options
    private var connection: ServerConnection?
    private var parser = EventStreamParser()
    /// Read and not asked for yet; at most what one read brought.
    private var waiting: [EventStreamParser.Event] = []
    private var lastID: String?
    private var backoff = Backoff()
    /// Servers that turned out to be of another cluster since the last stream began.
    private var strangers = Strangers()

    nonisolated var unownedExecutor: UnownedSerialExecutor {
        unsafe loop.asUnownedSerialExecutor()
    }

    init(_ events: ServerEvents) throws(ClusterClientError) {
        do {
            loop = try EventLoop()
            interrupt = try Interrupt()
        } catch {
            throw .unavailable(
                tried: [.init(server: events.servers.first ?? "", why: error.description)])
        }
        session = ClusterSession(
            servers: ServerList(events.servers),
            cluster: events.cluster,
            connectTimeout: events.connectTimeout,
            dialler: Dialler(interrupt: interrupt, lookUps: events.lookUps),
            onStranger: events.onStranger
        )
        token = events.token
        options = events.options
        lastID = events.since
        loop.start { _ in nil }
    }

    deinit { loop.close() }

    /// The next event; nil once the task is cancelled.
    func next() -> Result<ServerEvent?, ClusterClientError> {
        var lostAt: Instant?
        while !Task.isCancelled {
            if let event = takeWaiting() {
                if let error = refusal(event) { return .failure(error) }
                return .success(event)
            }
            do throws(ClusterSession.Failure) {
                let connection = try connected()
                lostAt = nil
                try read(from: connection)
            } catch {
                let start = lostAt ?? SystemClock.now()
                lostAt = start
                if let error = lose(error, since: start) { return .failure(error) }
            }
        }
        return .success(nil)
    }

    /// The next event that the caller wants to see and has not seen.
    private func takeWaiting() -> ServerEvent? {
        while !waiting.isEmpty {
            let event = waiting.removeFirst()
            if let id = event.id {
                guard event.name == "reset" || isNew(id) else { continue }
                lastID = id
            }
            if event.name == "mark" && !options.includesMarks { continue }
            return ServerEvent(id: event.id, name: event.name, data: event.data)
        }
        return nil
    }

    /// Whether an event comes after the last one; a stream taken up again may repeat some.
    private func isNew(_ id: String) -> Bool {
        guard let last = lastID.flatMap(EventID.init), let id = EventID(id) else {
            return id != lastID
        }
        return id > last
    }

    private func read(from connection: ServerConnection) throws(ClusterSession.Failure) {
        let limit = SystemClock.now() + options.silence
        let bytes: [UInt8]?
        do {
            bytes = try connection.readBody(until: limit)
        } catch {
            throw .attempt(error)
        }
        guard let bytes else { throw .attempt(.noAnswer("the stream ended")) }
        do {
            try parser.receive(bytes) { event in
                if event.name == "servers" { session.refresh(event.data) }
                waiting.append(event)
            }
        } catch {
            throw .attempt(.noAnswer("an event is too large"))
        }
        backoff.reset()
    }

    private func connected() throws(ClusterSession.Failure) -> ServerConnection {
        if let connection { return connection }
        let limit = SystemClock.now() + options.silence
        let fresh = try session.connected(until: limit)
        var call = HTTPCall(method: .get, path: "/v1/events", token: token)
        call.fields.append(("Accept", "text/event-stream"))
        if let lastID { call.fields.append(("Last-Event-ID", lastID)) }
        let (status, fields) = try begin(call, on: fresh, until: limit)
        try session.check(fields, of: fresh.server)
        guard status == 200 else {
            throw refusal(status, try body(of: fresh, until: limit))
        }
        parser = EventStreamParser()
        connection = fresh
        strangers = Strangers()
        options.onConnection?(fresh.server)
        return fresh
    }

    private func begin(
        _ call: HTTPCall,
        on fresh: ServerConnection,
        until limit: Instant
    ) throws(ClusterSession.Failure) -> (Int, HTTPFields) {
        do throws(ServerConnection.Failure) {
            try fresh.send(call.bytes(host: fresh.server), until: limit)
            return try fresh.readHead(until: limit)
        } catch {
            throw .attempt(error)
        }
    }

    private func body(
        of fresh: ServerConnection,
        until limit: Instant
    ) throws(ClusterSession.Failure) -> [UInt8] {
        do throws(ServerConnection.Failure) {
            var body: [UInt8] = []
            while body.count < 1 << 16, let piece = try fresh.readBody(until: limit) {
                body += piece
            }
            return body
        } catch {
            throw .attempt(error)
        }
    }

    private func refusal(_ status: Int, _ body: [UInt8]) -> ClusterSession.Failure {
        let error = ErrorBody(body)
        let code = error?.code ?? "http_\(status)"
        guard (400..<500).contains(status) else { return .attempt(.notSent(code)) }
        let message = error?.message ?? "the server answered with status \(status)"
        return .fatal(.refused(status: status, code: code, message: message))
    }

    /// The refusal that ends a stream which had begun: the session is over.
    private func refusal(_ event: ServerEvent) -> ClusterClientError? {
        guard event.name == "end", event.id == nil, let end = ErrorBody(ofStreamEnd: event.data)
        else { return nil }
        return .refused(status: 401, code: end.code, message: end.message)
    }

    /// Goes on to the next server, after a pause if need be; the error that ends the stream, if it
    /// is one.
    private func lose(
        _ failure: ClusterSession.Failure,
        since start: Instant
    ) -> ClusterClientError? {
        let why: String
        let server = session.servers.current
        switch failure {
        case .fatal(let error): return error
        case .attempt(.cancelled): return nil
        case .stranger(let error):
            strangers.note(server, error)
            if let verdict = strangers.verdict(on: session.servers.servers) { return verdict }
            why = error.reason
        case .attempt(.notSent(let reason)), .attempt(.noAnswer(let reason)),
            .attempt(.lost(let reason)):
            strangers.clear(server)
            why = reason
        }
        if connection != nil { options.onConnection?(nil) }
        connection = nil
        session.advance()
        if let patience = options.patience, SystemClock.now() - start >= patience {
            return .unavailable(tried: [.init(server: server, why: why)])
        }
        if let length = backoff.pause(afterFailureOfOneOf: session.servers.servers.count) {
            pause(until: SystemClock.now() + length)
        }
        return nil
    }

    /// Waits, unless the consumer's task is cancelled.
    private func pause(until end: Instant) {
        while interrupt.wait(for: .read, on: nil, until: end) == .interrupted, !Task.isCancelled {}
    }
}
