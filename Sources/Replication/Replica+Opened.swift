import Storage

/// What a replica opens before it runs, and small conversions that need no state.
enum Opened {
    /// Opens the journal, and takes from it what the node needs.
    static func journal(
        _ configuration: ReplicaConfiguration,
        _ log: LogSink
    ) throws(ReplicationError) -> sending (Journal, RestoredNode) {
        do {
            let (journal, recovered) = try Journal.open(
                directory: configuration.dataDirectory,
                id: configuration.id,
                fileSystem: DiskFileSystem(),
                configuration: configuration.journal,
                makeIncarnation: {
                    NodeIdentity.incarnation(Entropy.randomWord())
                }
            )
            for note in recovered.notes { log.log(.warning, note) }
            let restored = try RestoredNode(recovered, journal)
            return (journal, restored)
        } catch let error as JournalError {
            throw .journal(error)
        } catch let error as LineError {
            throw .entry(error)
        } catch {
            throw .failed("\(error)")
        }
    }

    static func listener(_ address: String) throws(ReplicationError) -> Listener {
        do throws(SocketError) {
            guard let found = try Address(address)?.resolved().first else {
                throw SocketError("no such address")
            }
            return try Listener(on: found)
        } catch {
            throw .listen(address: address, reason: "\(error)")
        }
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
        case .failed(.keyReused, _):
            .refused(
                Refusal(
                    .conflict,
                    code: RequestFailure.keyReused.rawValue,
                    message: "this key was used for another request"
                )
            )
        case .failed(let failure, _): .unavailable(failure.rawValue)
        case .output, .answer: .failed("an answer of another kind")
        }
    }
}

extension ReplicaConfiguration {
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
        node.consensus.heartbeatInterval = heartbeatInterval
        node.consensus.electionTimeout = electionTimeout
        return node
    }
}
