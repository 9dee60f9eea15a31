import Storage

/// What a replica opens before it runs, and small conversions that need no state.
enum Opened {
    /// Opens the journal, and takes from it and from the snapshot what the node needs.
    ///
    /// On any failure the journal is closed again, and its directory free for the next attempt.
    static func disk<Machine: Service>(
        _ configuration: ReplicaConfiguration,
        _ snapshots: SnapshotStore,
        _ fileSystem: any FileSystem,
        _ log: LogSink
    ) throws(ReplicationError) -> sending (Journal, RestoredDisk<Machine>) {
        let (journal, recovered) = try openedJournal(configuration, fileSystem)
        do {
            report(recovered, log)
            let restored = try RestoredDisk<Machine>(
                recovered,
                journal,
                snapshots: snapshots,
                configuration: configuration.ofNode(
                    client: configuration.clientAddress,
                    peer: configuration.peerAddress
                )
            )
            try configuration.validate(with: restored.node)
            return (journal, restored)
        } catch {
            journal.close()
            switch error {
            case let error as JournalError: throw .journal(error)
            case let error as LineError: throw .entry(error)
            case let error as SnapshotError: throw .snapshot(error)
            case let error as ReplicationError: throw error
            default: throw .failed("\(error)")
            }
        }
    }

    private static func report(_ recovered: RecoveredJournal, _ log: LogSink) {
        for damage in recovered.damages { log.log(.error, "damaged: \(damage)") }
        for note in recovered.notes { log.log(.warning, note) }
        if let lost = recovered.lost {
            log.log(
                .warning,
                "repairing: the log ends at \(recovered.terms.last), and what followed up to \(lost)"
                    + " must come from the other nodes; until then this one does not campaign"
            )
        }
    }

    private static func openedJournal(
        _ configuration: ReplicaConfiguration,
        _ fileSystem: any FileSystem
    ) throws(ReplicationError) -> sending (Journal, RecoveredJournal) {
        do throws(JournalError) {
            return try Journal.open(
                directory: configuration.dataDirectory,
                id: configuration.id,
                fileSystem: fileSystem,
                configuration: configuration.journal,
                makeIncarnation: { NodeIdentity.incarnation(Entropy.randomWord()) }
            )
        } catch { throw .journal(error) }
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

    /// Listens on the first of the address's numeric addresses that this machine has.
    private static func listener(_ address: String) throws(ReplicationError) -> Listener {
        var reason = "no such address"
        do throws(SocketError) {
            for found in try Address(address)?.resolved() ?? [] {
                do throws(SocketError) { return try Listener(on: found) } catch {
                    reason = "\(error)"
                }
            }
        } catch {
            reason = "\(error)"
        }
        throw .listen(address: address, reason: reason)
    }

    /// An address with the port that the system chose.
    static func address(_ text: String, port: UInt16) -> String {
        guard var address = Address(text) else { return text }
        address.port = port
        return address.description
    }

    static func resolve(_ address: String) -> [SocketAddress] {
        do throws(SocketError) { return try Address(address)?.resolved() ?? [] } catch {
            return []
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
        case .output, .answer, .ordered: .failed("an answer of another kind")
        }
    }
}

extension ReplicaConfiguration {
    /// What other nodes may take of this replica.
    func ofPeers(_ descriptors: DescriptorLimit) -> PeerLimits {
        var limits = PeerLimits()
        limits.incoming = descriptors.peers
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
            plan: Formation.Plan(
                addresses: join.isEmpty ? [peer] : join,
                expect: bootstrapExpect
            ),
            seed: seed
        )
        node.requestTimeout = requestTimeout
        node.snapshots = snapshots
        node.joinsAsLearner = joinsAsLearner
        node.replacementSilence = replacementSilence
        node.consensus.heartbeatInterval = heartbeatInterval
        node.consensus.electionTimeout = electionTimeout
        node.policy = policy
        if let failbackStableTime { node.consensus.failbackStableTime = failbackStableTime }
        return node
    }
}
