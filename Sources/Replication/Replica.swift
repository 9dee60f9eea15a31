public import Storage

/// A node of a cluster, running: the shell that carries out what its ``Node`` says.
///
/// It decides nothing. One thread runs an event loop that is also the actor's executor, so core,
/// sockets and actor share a thread and need no lock; a second thread owns the journal; a third
/// hashes passwords. ``run()`` holds everything: when it returns, all of it has ended.
public actor Replica<Machine: Service> {
    private let loop: EventLoop
    private let journal: JournalThread
    /// Its queue is as long as a client waits: 32 password hashes take 5 s.
    private let worker = Worker(limit: 32)
    /// What other threads have for the node.
    private let mailbox = Lock([LoopInput]())
    private let logSink: LogSink
    private let shutdownGrace = Duration.seconds(2)

    private var node: Node<Machine>
    private let front: Front
    private let links: PeerLinks
    private var callers: [Ticket: CheckedContinuation<Reply, Never>] = [:]
    private var ended: CheckedContinuation<Void, any Error>?
    private var phase = Phase.ready
    private var failure: ReplicationError?

    /// Where clients reach this node, with the port that the system chose.
    public nonisolated let clientAddress: String
    /// Where other nodes reach this node.
    public nonisolated let peerAddress: String
    /// The node's id and the incarnation of its data directory.
    public nonisolated let identity: NodeIdentity

    private enum Phase {
        case ready
        case running
        /// Answers what it has until then, and takes nothing new.
        case stopping(until: Instant)
        case ended
    }

    /// The event loop.
    public nonisolated var unownedExecutor: UnownedSerialExecutor {
        unsafe loop.asUnownedSerialExecutor()
    }

    /// Opens the journal and the listeners; blocks while it reads the journal.
    ///
    /// Nothing is answered before ``run()``.
    ///
    /// - Throws: ``ReplicationError`` if the configuration, the data directory or an address cannot
    ///   be used; nothing is left open then.
    public init(
        _ configuration: ReplicaConfiguration,
        log: LogSink = .silent
    ) throws(ReplicationError) {
        try configuration.validate()
        let (opened, restored) = try Opened.journal(configuration, log)
        try configuration.validate(with: restored)
        do throws(SocketError) { loop = try EventLoop() } catch {
            throw .failed("cannot make an event loop: \(error)")
        }
        logSink = log
        let mailbox = mailbox
        let loop = loop
        let worker = worker
        let post: @Sendable (LoopInput) -> Void = { input in
            mailbox.withLock { $0.append(input) }
            loop.wake()
        }
        journal = JournalThread(
            opened,
            onDurable: { post(.node(.persisted(PersistToken($0)))) },
            onFailure: { post(.failed(.journal($0))) }
        )
        let now = SystemClock.now()
        let moment = Moment(instant: now, wall: SystemClock.wallTime())
        var lastKey: UInt64 = 0
        let nextKey: () -> PollKey = {
            lastKey += 1
            return PollKey(lastKey)
        }
        let clientListener = try Opened.listener(configuration.clientAddress)
        let peerListener = try Opened.listener(configuration.peerAddress)
        clientAddress = Opened.address(configuration.clientAddress, port: clientListener.port)
        peerAddress = Opened.address(configuration.peerAddress, port: peerListener.port)
        identity = restored.identity
        var limits = FrontLimits()
        limits.maximumConnections = configuration.maximumConnections
        limits.dropAnswersEvery = configuration.dropAnswersEvery
        front = Front(clientListener, on: loop, limits: limits, nextKey: nextKey, at: now)
        links = PeerLinks(
            peerListener,
            on: loop,
            nextKey: nextKey,
            resolve: { address in
                let isTaken = worker.run { post(.resolved(address, Opened.resolve(address))) }
                if !isTaken { post(.resolved(address, [])) }
            }
        )
        node = Node(
            restored: restored,
            configuration: configuration.ofNode(client: clientAddress, peer: peerAddress),
            now: moment
        )
    }

    /// Serves until it is stopped, cancelled, or cannot go on.
    ///
    /// - Throws: ``ReplicationError`` if it cannot go on: the disk failed, or the log holds what
    ///   this version does not know.
    public nonisolated func run() async throws {
        // The loop is this actor's executor: nothing of the actor runs before it does.
        loop.start { [self] ready in assumeIsolated { $0.turn(ready) } }
        try await withTaskCancellationHandler {
            try await serve()
        } onCancel: {
            beginGracefulShutdown()
        }
    }

    private func serve() async throws {
        guard case .ready = phase else { throw ReplicationError.stopped }
        phase = .running
        try await withCheckedThrowingContinuation { continuation in
            ended = continuation
            begin()
        }
    }

    /// Ends ``run()`` in good order: takes nothing new, answers what it has, makes it durable.
    public nonisolated func beginGracefulShutdown() {
        mailbox.withLock { $0.append(.stop) }
        loop.wake()
    }

    /// Carries out a request in this process, as a client would over the network.
    ///
    /// - Parameters:
    ///   - request: The request.
    ///   - caller: Who calls.
    ///   - key: The idempotency key; a retry of a request whose outcome is unknown must have the
    ///     same one.
    /// - Returns: The output, and the index of the entry that it took effect with.
    /// - Throws: ``ReplicationError``.
    public func request(
        _ request: Machine.Request,
        from caller: Caller = Caller(),
        key: String? = nil
    ) async throws(ReplicationError) -> (output: Machine.Output, index: LogIndex) {
        let ticket = front.newTicket()
        let reply = await reply(
            to: .request(
                ClientRequest(
                    ticket: ticket,
                    lane: ticket.value | 1 << 63,
                    body: request.lineBytes,
                    caller: caller,
                    key: key,
                    entropy: .system()
                )
            ),
            ticket
        )
        guard case .output(let index, let bytes, _, _) = reply else { throw Opened.error(reply) }
        do throws(LineError) { return (try Machine.Output(lineBytes: bytes), index) } catch {
            throw .entry(error)
        }
    }

    /// Answers a query in this process.
    ///
    /// - Throws: ``ReplicationError``.
    public func query(
        _ query: Machine.Query,
        from caller: Caller = Caller(),
        consistency: Consistency = .linearizable
    ) async throws(ReplicationError) -> Machine.Answer {
        let ticket = front.newTicket()
        let reply = await reply(
            to: .query(ticket, body: query.lineBytes, caller: caller, consistency),
            ticket
        )
        guard case .answer(_, let bytes) = reply else { throw Opened.error(reply) }
        do throws(LineError) { return try Machine.Answer(lineBytes: bytes) } catch {
            throw .entry(error)
        }
    }

    /// What this node knows of its cluster.
    public var status: ClusterStatus { node.status }

    private func reply(to input: NodeInput, _ ticket: Ticket) async -> Reply {
        switch phase {
        // A call may come before the loop's first turn; it is answered after it.
        case .ready, .running: break
        case .stopping, .ended: return .failed(.stopping, key: nil)
        }
        return await withCheckedContinuation { continuation in
            callers[ticket] = continuation
            step(input, at: now())
            // The loop ends the turn: it is this actor's thread, and looks for work after each job.
            loop.wake()
        }
    }

    private func begin() {
        front.inform = { [unowned self] route in assumeIsolated { $0.answer(route) } }
        perform(node.start(), at: SystemClock.now())
        loop.wake()
    }

    private func now() -> Moment {
        Moment(instant: SystemClock.now(), wall: SystemClock.wallTime())
    }

    /// One turn of the loop: everything that is ready, then what follows from it, then one send
    /// for each connection.
    private func turn(_ ready: [Readiness]) -> Instant? {
        switch phase {
        case .ready, .ended: return nil
        case .running, .stopping: break
        }
        let now = now()
        for ready in ready where !front.handle(ready, at: now.instant) {
            _ = links.handle(ready, at: now.instant)
        }
        for input in takeMail() { take(input, at: now) }
        takeInputs(at: now)
        if node.nextDeadline <= now.instant { step(.timer, at: now) }
        step(.turnEnded, at: now)
        let nextFront = front.timer(at: now.instant)
        let nextLinks = links.timer(at: now.instant)
        takeInputs(at: now)
        front.commonFields = ProtocolFields.fields(cluster: node.cluster)
        front.flush()
        links.flush(at: now.instant)
        report()
        if isOver(at: now.instant) { end() }
        let hasMore = !front.inputs.isEmpty || !links.inputs.isEmpty
        var next = min(nextFront, node.nextDeadline)
        if let nextLinks { next = min(next, nextLinks) }
        return hasMore ? now.instant : next
    }

    private func takeMail() -> [LoopInput] {
        mailbox.withLock { mail in
            defer { mail.removeAll(keepingCapacity: true) }
            return mail
        }
    }

    private func takeInputs(at now: Moment) {
        while !front.inputs.isEmpty || !links.inputs.isEmpty {
            let inputs = links.inputs + front.inputs
            links.inputs.removeAll(keepingCapacity: true)
            front.inputs.removeAll(keepingCapacity: true)
            for input in inputs { step(input, at: now) }
        }
    }

    private func take(_ input: LoopInput, at now: Moment) {
        switch input {
        case .node(let input): step(input, at: now)
        case .resolved(let address, let found): links.resolved(address, found, at: now.instant)
        case .failed(let error): fail(error)
        case .stop:
            guard case .running = phase else { return }
            phase = .stopping(until: now.instant + shutdownGrace)
            front.stopAccepting()
            front.endStreams()
            step(.stop, at: now)
        }
    }

    private func step(_ input: NodeInput, at now: Moment) {
        perform(node.step(input, now: now), at: now.instant)
    }

    private func perform(_ effects: [NodeEffect], at now: Instant) {
        for effect in effects {
            switch effect {
            case .persist(let records, let token): journal.submit(records, token: token.value)
            case .adopt(let cluster): adopt(cluster)
            case .load(let after, let through, let maximumBytes):
                load(after, through, maximumBytes)
            case .send(let address, let line, let entries): links.send(line, entries, to: address)
            case .dial(let dials): links.dial(dials, at: now)
            case .redial: links.endOutgoing()
            case .welcome(let link, let hello):
                links.answer(link, .welcome(hello), thenEnd: false)
            case .refuse(let link, let refusal):
                links.answer(link, .refused(refusal), thenEnd: true)
            case .reply(let ticket, let reply): answer(ticket, reply)
            case .compute(let ticket, let body): compute(ticket, body)
            case .stream(let ticket, let items): front.stream(ticket, items)
            case .endStream(let ticket, let refusal): front.endStream(ticket, refusal)
            case .halt(let reason): fail(.failed(reason))
            case .log(let level, let message): logSink.log(level, message)
            }
        }
    }

    private func answer(_ ticket: Ticket, _ reply: Reply) {
        if front.reply(ticket, reply) { return }
        callers.removeValue(forKey: ticket)?.resume(returning: reply)
    }

    private func post(_ input: LoopInput) {
        mailbox.withLock { $0.append(input) }
        loop.wake()
    }

    private func adopt(_ cluster: String) {
        let (mailbox, loop) = (mailbox, loop)
        journal.adopt(cluster: cluster) { result in
            mailbox.withLock { mail in
                switch result {
                case .success: mail.append(.node(.adopted))
                case .failure(let error): mail.append(.failed(.journal(error)))
                }
            }
            loop.wake()
        }
    }

    private func load(_ after: LogIndex, _ through: LogIndex, _ maximumBytes: Int) {
        let (mailbox, loop) = (mailbox, loop)
        journal.load(after: after, through: through, maximumBytes: maximumBytes) { result in
            mailbox.withLock { mail in
                switch result {
                case .success(let entries): mail.append(.node(.loaded(entries.map(\.line))))
                case .failure(let error): mail.append(.failed(.journal(error)))
                }
            }
            loop.wake()
        }
    }

    private func compute(_ ticket: Ticket, _ body: @escaping @Sendable () -> Computed) {
        let (mailbox, loop) = (mailbox, loop)
        let isTaken = worker.run {
            let computed = body()
            mailbox.withLock { $0.append(.node(.computed(ticket, computed))) }
            loop.wake()
        }
        if !isTaken { post(.node(.computed(ticket, .overloaded))) }
    }

    private func answer(_ route: Route) -> HTTPResponse { Answers.response(to: route, node.status) }

    private func report() {
        for (level, message) in links.messages { logSink.log(level, message) }
        links.messages.removeAll(keepingCapacity: true)
    }

    private func fail(_ error: ReplicationError) {
        guard failure == nil else { return }
        failure = error
        logSink.log(.critical, "\(error)")
    }

    private func isOver(at now: Instant) -> Bool {
        if failure != nil { return true }
        if case .stopping(let until) = phase {
            return until <= now || !front.isWaiting && callers.isEmpty
        }
        return false
    }

    /// Ends the loop, then the threads, on a thread that may wait for them.
    private func end() {
        phase = .ended
        front.stop()
        links.stop()
        for caller in callers.values { caller.resume(returning: .failed(.stopping, key: nil)) }
        callers.removeAll()
        loop.close()
        let (journal, worker, failure, ended) = (journal, worker, failure, ended)
        self.ended = nil
        _ = spawnThread {
            worker.stop()
            journal.stop()
            if let failure { ended?.resume(throwing: failure) } else { ended?.resume() }
        }
    }
}

/// What other threads have for the loop.
enum LoopInput: Sendable {
    /// For the node.
    case node(NodeInput)
    /// A name was looked up.
    case resolved(String, [SocketAddress])
    /// The replica cannot go on.
    case failed(ReplicationError)
    /// Stop in good order.
    case stop
}
