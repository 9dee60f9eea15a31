import Storage

/// What a replica opens before it runs, and small conversions that need no state.
///
/// Nothing in the data directory is changed before all that may refuse to start has been asked: the
/// configuration, the directory and what it holds, the ports (pitfall 51).
struct Opened: ~Copyable {
    let journal: Journal
    let snapshots: SnapshotStore
    let restored: RestoredDisk
    let sockets: OpenedSockets

    /// Opens everything.
    ///
    /// On any failure all is closed again, and the directory free for the next attempt.
    init(
        _ configuration: ReplicaConfiguration,
        _ fileSystem: any FileSystem,
        _ log: LogSink,
        kind: any HostedState.Type
    ) throws(ReplicationError) {
        try configuration.validate()
        let examined = try Opening.examined(configuration, fileSystem)
        var isRefused = true
        defer { if isRefused { examined.release() } }
        for damage in examined.recovered.damages { log.log(.error, "damaged: \(damage)") }
        let restored = try Opening.restored(examined, configuration, fileSystem, kind)
        try configuration.validate(with: restored.node)
        let sockets = try Opening.sockets(configuration)
        // From here on nothing refuses, and things are written.
        isRefused = false
        let (journal, notes) = try Opening.resumed(examined)
        Opening.report(examined.recovered, notes, log)
        snapshots = SnapshotStore(
            directory: configuration.dataDirectory,
            fileSystem: fileSystem,
            lock: journal.lock
        )
        self.journal = journal
        self.restored = restored
        self.sockets = sockets
    }
}

/// The steps of opening, and small conversions that need no state.
enum Opening {
    fileprivate static func restored(
        _ examined: ExaminedJournal,
        _ configuration: ReplicaConfiguration,
        _ fileSystem: any FileSystem,
        _ kind: any HostedState.Type
    ) throws(ReplicationError) -> RestoredDisk {
        do {
            return try RestoredDisk(
                examined,
                snapshots: SnapshotStore(
                    directory: configuration.dataDirectory,
                    fileSystem: fileSystem
                ),
                configuration: configuration.ofNode(
                    client: configuration.advertisedClientAddress ?? configuration.clientAddress,
                    peer: configuration.calledAddress
                ),
                kind: kind
            )
        } catch {
            switch error {
            case let error as JournalError: throw .journal(error)
            case let error as LineError: throw .entry(error)
            case let error as SnapshotError: throw .snapshot(error)
            default: throw .failed("\(error)")
            }
        }
    }

    fileprivate static func report(
        _ recovered: RecoveredJournal,
        _ notes: [String],
        _ log: LogSink
    ) {
        for note in recovered.notes + notes { log.log(.warning, note) }
        if let lost = recovered.lost {
            log.log(
                .warning,
                "repairing: the log ends at \(recovered.terms.last), and what followed up to \(lost)"
                    + " must come from the other nodes; until then this one does not campaign"
            )
        }
    }

    fileprivate static func examined(
        _ configuration: ReplicaConfiguration,
        _ fileSystem: any FileSystem
    ) throws(ReplicationError) -> ExaminedJournal {
        do throws(JournalError) {
            return try Journal.examine(
                directory: configuration.dataDirectory,
                id: configuration.id,
                fileSystem: fileSystem,
                configuration: configuration.journal,
                makeIncarnation: { NodeIdentity.incarnation(Entropy.randomWord()) }
            )
        } catch { throw .journal(error) }
    }

    fileprivate static func resumed(
        _ examined: ExaminedJournal
    ) throws(ReplicationError) -> sending (Journal, [String]) {
        do throws(JournalError) { return try examined.resume() } catch { throw .journal(error) }
    }

    static func sockets(
        _ configuration: ReplicaConfiguration
    ) throws(ReplicationError) -> OpenedSockets {
        let loop: EventLoop
        do throws(SocketError) { loop = try EventLoop() } catch {
            throw .failed("cannot make an event loop: \(error)")
        }
        return OpenedSockets(
            loop: loop,
            clients: try listener(configuration.clientAddress),
            peers: try listener(configuration.peerAddress)
        )
    }

    /// Listens on all the address's numeric addresses that this machine has.
    private static func listener(_ address: String) throws(ReplicationError) -> Listener {
        do throws(SocketError) {
            let found = try Address(address)?.resolved() ?? []
            return try Listener(onAll: found)
        } catch {
            throw .listen(address: address, reason: "\(error)")
        }
    }

    /// An address with the port that the system chose, if none is said.
    static func address(_ text: String, port: UInt16) -> String {
        guard var address = Address(text), address.port == 0 else { return text }
        address.port = port
        return address.description
    }

    /// Looks an address up on another thread; none is found if the name is not known.
    static func find(
        _ address: String,
        _ lookUps: NameLookUps,
        _ take: @escaping @Sendable ([SocketAddress]) -> Void
    ) {
        guard let parsed = Address(address) else { return take([]) }
        lookUps.find(parsed) { answer in
            do throws(SocketError) { take(try answer.get()) } catch { take([]) }
        }
    }

    /// What a reply that is no success means to a caller in this process.
    static func error(_ reply: Reply) -> ReplicationError {
        switch reply {
        case .refused(let refusal): .refused(refusal)
        case .malformed(let error): .entry(error)
        case .failed(.outcomeUnknown, let key), .failed(.keyExpired, let key):
            .outcomeUnknown(key: key ?? "")
        case .failed(.stopping, _): .stopped
        case .failed(.operationInvalid, _): .operationInvalid
        case .failed(.tooLarge, _): .tooLarge
        case .failed(.keyReused, _):
            .refused(
                Refusal(
                    .conflict,
                    code: RequestFailure.keyReused.rawValue,
                    message: "this key was used for another request"
                )
            )
        case .failed(let failure, _): .unavailable(failure.rawValue)
        case .output, .answer, .ready, .ordered: .failed("an answer of another kind")
        }
    }
}

extension ReplicaConfiguration {
    /// What other nodes may take of this replica.
    func ofPeers(_ descriptors: DescriptorLimit) -> PeerLimits {
        var limits = PeerLimits()
        limits.incoming = descriptors.peers
        limits.bulkBytes = snapshots.window.bytes
        return limits
    }

    /// What clients may take of this replica.
    func ofFront(_ descriptors: DescriptorLimit) -> FrontLimits {
        var limits = FrontLimits()
        limits.maximumConnections = min(maximumConnections, descriptors.clients)
        limits.maximumRefusals = descriptors.refusals
        limits.dropAnswersEvery = dropAnswersEvery
        return limits
    }

    /// What the node of this replica is told.
    func ofNode(client: String, peer: String) -> NodeConfiguration {
        let seed = Entropy.randomWord()
        var node = NodeConfiguration(
            peerAddress: peer,
            clientAddress: client,
            plan: FormationPlan(
                addresses: join.isEmpty ? [peer] : join,
                expect: bootstrapExpect
            ),
            seed: seed
        )
        node.requestTimeout = requestTimeout
        node.snapshots = snapshots
        node.joinsAsLearner = joinsAsLearner
        node.replacementSilence = replacementSilence
        node.formationPatience = formationPatience
        node.consensus.heartbeatInterval = heartbeatInterval
        node.consensus.electionTimeout = electionTimeout
        node.policy = policy
        if let failbackStableTime { node.consensus.failbackStableTime = failbackStableTime }
        return node
    }
}
