import Storage

/// The connections of clients, on the loop's thread: HTTP in, inputs of the node out, and back.
///
/// In each turn: ``handle(_:at:)``, ``timer(at:)``, then answers, ``takeHeldRequests()``, and last
/// ``flush()``.
final class Front {
    /// Who waits under a ticket.
    struct Waiting {
        var client: PollKey
        var request: HTTPRequestID
        /// Of its body.
        var bytes = 0
        /// When its caller wants an answer, if it has said so.
        var due: CallerPatience.Due?
    }

    /// What happened, for the node.
    var inputs: [NodeInput] = []
    /// Answers `GET /v1/cluster`, `/readyz` and `/leader`.
    var inform: (Route) -> HTTPResponse = { _ in HTTPResponse(.notFound) }
    /// Goes onto every answer.
    var answerFields = AnswerFields()
    var commonFields: [UInt8] { answerFields.bytes }
    /// Refuses what pages of other origins may have sent.
    var webGuard: WebGuard

    let limits: FrontLimits
    var clients: [PollKey: FrontClient] = [:]
    var waiting: [Ticket: Waiting] = [:]
    /// Streams that were asked for and are neither granted nor refused.
    var askedStreams: Set<Ticket> = []
    /// Whether each answer is the last of its connection.
    private(set) var isStopping = false
    /// Requests that took effect, for ``FrontLimits/dropAnswersEvery``.
    var outputs = 0
    /// Connections on which the next answer is one to a query that may be answered.
    var line = Rotation<PollKey>()
    var answerRoom: AnswerRoom
    var requestRoom: RequestRoom
    var patience = CallerPatience()
    /// Those that may be read again.
    private var resumed: [FrontClient] = []
    private let loop: EventLoop
    private let acceptor: Acceptor
    private let nextKey: () -> PollKey
    private var lastTicket: UInt64 = 0
    private var dirty: [FrontClient] = []
    private var scratch = [UInt8](repeating: 0, count: 64 << 10)
    /// For reading while requests wait for room: what is read is kept.
    private var smallScratch = [UInt8](repeating: 0, count: 8 << 10)
    private var nextSweep: Instant

    init(
        _ listener: consuming Listener,
        on loop: EventLoop,
        limits: FrontLimits,
        webGuard: WebGuard = WebGuard(listener: "127.0.0.1:0"),
        nextKey: @escaping () -> PollKey,
        at now: Instant
    ) {
        self.loop = loop
        self.limits = limits
        self.webGuard = webGuard
        answerRoom = AnswerRoom(limits)
        requestRoom = RequestRoom(bytes: limits.requestRoomBytes)
        self.nextKey = nextKey
        nextSweep = now + limits.sweep
        acceptor = Acceptor(listener, key: nextKey(), on: loop)
    }

    /// Whether somebody waits for an answer, or has not taken it whole.
    var isBusy: Bool {
        !waiting.isEmpty || clients.values.contains { $0.connection.pendingBytes > 0 }
    }

    /// When ``timer(at:)`` wants to be called next.
    var nextDeadline: Instant {
        if hasQueriesToGive || !resumed.isEmpty { return Instant(nanoseconds: 0) }
        return min(nextSweep, acceptor.resumesAt ?? nextSweep, patience.next ?? nextSweep)
    }

    /// A ticket that nobody else has.
    func newTicket() -> Ticket {
        lastTicket += 1
        return Ticket(lastTicket)
    }

    /// Takes connections from now on.
    func begin() { acceptor.begin() }

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

    /// Goes on with requests that were held back, and with queries whose answers have room now.
    func takeHeldRequests() {
        let resumed = resumed
        self.resumed = []
        for client in resumed + dirty where client.connection.isPaused {
            if !client.connection.isClosed, !client.mustPause(limits, answerRoom) {
                takeRequests(client)
            }
        }
        giveQueries()
    }

    /// Sends what gathered in this turn, with one call for each connection.
    func flush() {
        for client in dirty {
            client.isDirty = false
            if !client.connection.isClosed { flush(client) }
        }
        dirty.removeAll(keepingCapacity: true)
        answerRoom.endTurn()
    }

    private func flush(_ client: FrontClient) {
        if client.http.isDone { client.connection.finish() }
        if case .failed = client.connection.flush() { return end(client) }
        if client.connection.isOver { return end(client) }
        count(client)
        paceStream(client)
        // Whether all connections together have room is looked at when its turn comes.
        if !client.queries.isEmpty, client.connection.pendingBytes <= limits.waitingBytes {
            lineUp(client)
        }
        if client.connection.isPaused, client.streams.isEmpty,
            !client.mustPause(limits, answerRoom),
            !requestRoom.isWanted(by: client.connection.key)
        {
            resumed.append(client)
        }
    }

    /// Counts what waits in a connection.
    func count(_ client: FrontClient) {
        let pending = client.pendingBytes
        answerRoom.replace(client.countedBytes, by: pending)
        client.countedBytes = pending
    }

    /// Looks after idle connections and silent streams.
    func timer(at now: Instant) {
        acceptor.resume(at: now)
        guard nextSweep <= now else { return }
        nextSweep = now + limits.sweep
        let gone = clients.values.filter { client in
            if requestRoom.isWanted(by: client.connection.key) { return false }
            if client.isLate(at: now, limits, isShort: answerRoom.isShort) { return true }
            return client.connection.isWriteOnly && client.connection.hasEnded()
        }
        for client in gone.sorted(by: { $0.connection.key.value < $1.connection.key.value }) {
            endLate(client)
        }
        for key in requestRoom.late(at: now, after: limits.requestRoomTime) {
            if let client = clients[key] { endLate(client) }
        }
        giveRoom(at: now)
    }

    /// Ends a connection; one that has begun a request is told why first.
    private func endLate(_ client: FrontClient) {
        guard client.isInsideRequest else { return end(client) }
        client.http.fields = commonFields
        client.http.refuse(.requestTimeout, into: &client.connection.output)
        requestRoom.giveBack(client.connection.key)
        markDirty(client)
    }

    /// Reads again from connections for whose requests there is room now.
    private func giveRoom(at now: Instant) {
        while let key = requestRoom.next(at: now) {
            if let client = clients[key] { resumed.append(client) }
        }
    }

    /// Takes no more connections, ends event streams, whose readers go on elsewhere by their last
    /// id, and ends each connection with its next answer.
    func beginStop() {
        isStopping = true
        acceptor.stop()
        for ticket in clients.values.flatMap(\.streams).sorted() {
            endStream(ticket, nil)
            inputs.append(.abandon(ticket))
        }
    }

    /// Closes everything.
    func stop() {
        acceptor.stop()
        for client in clients.values { client.connection.close() }
        clients.removeAll()
        waiting.removeAll()
        dirty.removeAll()
    }

    func markDirty(_ client: FrontClient) {
        guard !client.isDirty else { return }
        client.isDirty = true
        dirty.append(client)
    }

    func end(_ client: FrontClient) {
        clients[client.connection.key] = nil
        client.connection.close()
        answerRoom.replace(client.countedBytes, by: 0)
        client.countedBytes = 0
        line.remove(client.connection.key)
        requestRoom.giveBack(client.connection.key)
        for ticket in client.tickets.union(client.streams).sorted() {
            patience.remove(waiting.removeValue(forKey: ticket)?.due)
            askedStreams.remove(ticket)
            inputs.append(.abandon(ticket))
        }
        client.tickets = []
        client.streams = []
    }

    private func take(_ socket: consuming Socket, at now: Instant) {
        // Beyond the limits the socket is closed as it goes out of scope.
        guard clients.count < limits.maximumConnections + limits.maximumRefusals else { return }
        let isTooMany = clients.count >= limits.maximumConnections
        let connection = Connection(socket, key: nextKey(), on: loop, at: now)
        let http = HTTPConnection(limits: limits.http, fields: commonFields)
        let client = FrontClient(connection, http, at: now)
        clients[connection.key] = client
        if isTooMany { refuse(client) }
    }

    private func refuse(_ client: FrontClient) {
        let response = HTTPResponse.error(
            .unavailable,
            code: RequestFailure.overloaded.rawValue,
            message: "too many connections; nothing was done: try another node, or later"
        )
        response.write(
            to: &client.connection.output,
            common: commonFields,
            isHead: false,
            .closes
        )
        client.connection.finish()
    }

    private func receive(_ client: FrontClient, at now: Instant) {
        let received =
            if requestRoom.isWanted {
                client.connection.receive(into: &smallScratch, at: now) { client.http.receive($0) }
            } else {
                client.connection.receive(into: &scratch, at: now) { client.http.receive($0) }
            }
        switch received {
        case .open:
            takeRequests(client)
            if requestRoom.isWanted { giveRoom(at: now) }
        case .ended:
            client.http.receiveEnd()
            takeRequests(client)
            // One that reads a stream has gone; one that waits for answers still gets them.
            if !client.streams.isEmpty { end(client) }
        case .failed: end(client)
        }
    }
}
