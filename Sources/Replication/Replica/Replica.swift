public import Storage

/// A node of a cluster, running: the shell that carries out what its ``Node`` says.
///
/// It decides nothing. One thread runs an event loop that is also the actor's executor, so core,
/// sockets and actor share a thread and need no lock; a second thread owns the journal, a third
/// hashes passwords, a fourth writes and reads snapshots, a fifth reads closed files again. ``run()``
/// holds everything: when it returns, all of it has ended, but for threads that still look a name up,
/// which the system alone can end, and which hold nothing of the node.
public actor Replica<Machine: Service> {
    /// Where clients reach this node, as others are told, with the port that the system chose.
    public nonisolated let clientAddress: String
    /// Where other nodes reach this node.
    public nonisolated let peerAddress: String
    /// The node's id and the incarnation of its data directory.
    public nonisolated let identity: NodeIdentity

    let loop: EventLoop
    let mail: LoopMail
    let journal: JournalThread
    /// Hashes passwords, as many in a queue as a client waits for: 32 take 5 s.
    let worker: Worker
    /// For whom something waits to be computed by ``worker``.
    let computing = Lock(Set<Ticket>())
    /// Writes and receives snapshots, in order, and reads them beside that.
    ///
    /// It releases the copies of the state that it wrote. Of each kind the node orders one at a time.
    let snapshotThreads = SnapshotThreads()
    let snapshots: SnapshotStore
    /// Those that are being sent.
    var pins: [SnapshotPin] = []
    let scrubber: Scrubber
    let logThread: LogThread
    var logSink: LogSink { logThread.sink }
    let front: Front
    let links: PeerLinks
    var node: Node
    /// What came from other threads and callers, for the node's next turn.
    var inputs: [NodeInput] = []
    /// The clock of the last turn.
    var lastClock: Instant
    /// Callers in this process that no longer wait.
    var cancelled: [Ticket] = []
    /// Who waits in this process.
    var callers: [Ticket: CheckedContinuation<Reply, Never>] = [:]
    var phase = Phase.ready
    var failure: ReplicationError?
    private var ended: CheckedContinuation<Void, any Error>?
    private let shutdownGrace = Duration.seconds(2)
    /// For the last answers to go out.
    private let farewell = Duration.milliseconds(500)
    private var hasSaidLast = false

    enum Phase {
        case ready
        /// Somebody called ``run()``.
        case claimed
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
    /// Nothing is answered before ``run()``; calls wait for it.
    ///
    /// - Throws: ``ReplicationError`` if the configuration, the data directory or an address cannot
    ///   be used; nothing is left open then.
    public init(
        _ configuration: ReplicaConfiguration,
        log: LogSink = .silent
    ) throws(ReplicationError) {
        try self.init(configuration, fileSystem: DiskFileSystem(), log: log)
    }

    /// Opens the journal on another file system, for tests.
    package init(
        _ configuration: ReplicaConfiguration,
        fileSystem: any FileSystem,
        log: LogSink = .silent
    ) throws(ReplicationError) {
        let logThread = LogThread(log)
        let log = logThread.sink
        let opened = try Opened(
            configuration,
            fileSystem,
            log,
            kind: ReplicatedState<Machine>.self
        )
        let (restored, snapshots) = (opened.restored, opened.snapshots)
        let sockets = opened.sockets
        let mail = LoopMail(sockets.loop)
        let lookUps = configuration.lookUps
        loop = sockets.loop
        self.mail = mail
        worker = Worker(limit: 32)
        self.logThread = logThread
        self.snapshots = snapshots
        identity = restored.node.identity
        journal = JournalThread(
            opened.journal,
            onDurable: { mail.post(.node(.persisted(PersistToken($0)))) },
            onFailure: { mail.post(.failed(.journal($0))) },
            onSpace: { mail.post(.node(.disk($0))) }
        )
        scrubber = Scrubber(journal: journal, snapshots: snapshots, pace: configuration.scrubbing) {
            finding in
            log.log(.error, "damaged: \(finding.damage)")
            mail.post(.node(.damaged(through: finding.last)))
        }
        clientAddress = Opening.address(
            configuration.advertisedClientAddress ?? configuration.clientAddress,
            port: sockets.clients.port
        )
        peerAddress = Opening.address(configuration.calledAddress, port: sockets.peers.port)
        let now = SystemClock.now()
        lastClock = now
        var lastKey: UInt64 = 0
        let nextKey: () -> PollKey = {
            lastKey += 1
            return PollKey(lastKey)
        }
        front = Front(
            sockets.clients,
            on: loop,
            limits: configuration.ofFront(.current),
            webGuard: WebGuard(
                listener: configuration.clientAddress,
                names: configuration.hostNames
                    + [configuration.advertisedClientAddress].compactMap {
                        $0.flatMap { Address($0)?.host }
                    }
            ),
            nextKey: nextKey,
            at: now
        )
        links = PeerLinks(
            sockets.peers,
            on: loop,
            limits: configuration.ofPeers(.current),
            nextKey: nextKey,
            resolve: { address in
                Opening.find(address, lookUps) { mail.post(.resolved(address, $0)) }
            }
        )
        node = Node(
            restored: restored.node,
            state: restored.state,
            configuration: configuration.ofNode(client: clientAddress, peer: peerAddress),
            now: SystemClock.moment()
        )
    }

    /// A replica that was never run gives its directory back.
    deinit {
        worker.stop()
        scrubber.stop()
        snapshotThreads.stop()
        journal.stop()
    }

    /// Serves until it is stopped, cancelled, or cannot go on.
    ///
    /// - Throws: ``ReplicationError`` if it cannot go on: the disk failed, or the log holds what
    ///   this version does not know. ``ReplicationError/stopped`` if it ran before.
    public nonisolated func run() async throws {
        // The loop is this actor's executor: nothing of the actor runs before it does.
        loop.start { [self] ready in assumeIsolated { $0.turn(ready) } }
        try await claim()
        try await withTaskCancellationHandler {
            try await serve()
        } onCancel: {
            beginGracefulShutdown()
        }
    }

    /// Ends ``run()`` in good order: takes nothing new, hands the lead over, answers what it has,
    /// makes it durable.
    public nonisolated func beginGracefulShutdown() { mail.post(.stop) }

    /// Before the cancellation handler: a second call that is cancelled must not stop the first.
    private func claim() throws(ReplicationError) {
        switch phase {
        case .ready: phase = .claimed
        case .claimed, .running: throw .failed("the replica runs already")
        case .stopping, .ended: throw .stopped
        }
    }

    private func serve() async throws {
        try await withCheckedThrowingContinuation { continuation in
            ended = continuation
            phase = .running
            front.inform = { [unowned self] route in
                assumeIsolated { Answers.response(to: route, $0.node.status) }
            }
            front.begin()
            links.begin()
            perform(node.start(), at: SystemClock.now())
            loop.wake()
        }
    }

    /// Ends the loop, then the threads, on a thread that may wait for them.
    func end() {
        phase = .ended
        front.stop()
        links.stop()
        for ticket in callers.keys.sorted() { giveUp(ticket, orElse: .stopping) }
        loop.close()
        let (journal, worker, snapshotThreads) = (journal, worker, snapshotThreads)
        let (scrubber, logThread) = (scrubber, logThread)
        let (failure, ended) = (failure, ended)
        self.ended = nil
        runOnThread {
            worker.stop()
            scrubber.stop()
            // Before the journal gives the directory back: nobody else may write there meanwhile.
            snapshotThreads.stop()
            journal.stop()
            // Last: all of them may have had something to say.
            logThread.stop()
            if let failure { ended?.resume(throwing: failure) } else { ended?.resume() }
        }
    }

    /// Whether the loop may end: all is answered, or there is no more time.
    func isOver(at now: Instant) -> Bool {
        if failure != nil { return true }
        guard case .stopping(let until) = phase else { return false }
        if !front.isBusy, callers.isEmpty, !node.isHandingOver { return true }
        guard until <= now else { return false }
        return hasSaidLast || sayLast(at: now)
    }

    /// Answers what is left with what can be said of it; whether nothing waits to be sent then.
    private func sayLast(at now: Instant) -> Bool {
        hasSaidLast = true
        phase = .stopping(until: now + farewell)
        let moment = SystemClock.moment()
        front.answerRest { node.giveUp($0, orElse: .stopping, now: moment).last }
        front.flush()
        return !front.isBusy
    }

    func stop(at now: Instant) {
        guard case .running = phase else { return }
        phase = .stopping(until: now + shutdownGrace)
        front.beginStop()
        inputs.append(.stop)
    }

    func fail(_ error: ReplicationError) {
        guard failure == nil else { return }
        failure = error
        logSink.log(.critical, "\(error)")
    }
}
