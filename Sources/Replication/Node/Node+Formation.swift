import Storage

/// A cluster that this node is about to create: its first entry is on the way to the disk.
struct Creation: Sendable {
    var cluster: String
    var membership: Membership
    var entry: LogEntry
    var token: PersistToken
}

/// A cluster that this node is about to join: its id is on the way to the disk.
struct Adoption: Sendable {
    var cluster: String
    /// Who is told welcome once it is durable.
    var waiting: [(LinkID, Hello)]
}

/// From blank to member.
extension Node {
    /// Says what a node does when it starts; called once, before any input.
    package mutating func start() -> [NodeEffect] {
        dialPeers()
        if state.applied > .zero, state.limits != configuration.limits {
            log(
                .notice,
                "the cluster's limits of keys and events are in force, not this node's own"
            )
        }
        // A creator that crashed before this knows its cluster from the first entry alone; the next
        // membership names none.
        if let cluster { effects.append(.adopt(cluster: cluster)) }
        if let formation, formation.isAlone {
            log(
                .notice,
                "blank and alone: in \(configuration.formationPatience.inWords) \(identity) forms a"
                    + " new cluster, unless a member of an older one calls it. If there is one, stop"
                    + " this process and put the data directory back, or start it with --join and the"
                    + " addresses of the members instead of --bootstrap-expect"
            )
        }
        defer { effects.removeAll(keepingCapacity: true) }
        return effects
    }

    /// Begins a round, in which all nodes of the list must say that they are blank.
    mutating func form() {
        nextFormationRound = now.instant + configuration.formationInterval
        guard creation == nil, adoption == nil else { return }
        tellWhyBlank()
        guard var formation, formation.isAsking, formation.mayCreate(at: now.instant),
            !knowsOfCluster
        else { return }
        formation.beginRound()
        self.formation = formation
        for address in formation.plan.addresses where routes.hello(at: address) != nil {
            effects.append(
                .send(
                    address: address,
                    line: PeerMessage.formationRound(formation.round).line,
                    entries: []
                )
            )
        }
        createIfAllAnswered()
    }

    /// Logs what stands in the way at once, and for what this node waits after some time.
    private mutating func tellWhyBlank() {
        guard var formation, formation.isAsking, !formation.isAlone else { return }
        let conflicts = formation.conflicts(own: ownHello())
        for conflict in formation.told.untold(conflicts) {
            log(.warning, "no cluster is formed: \(conflict)")
        }
        let why = whyBlank.text
        if formation.told.mayTell(why, at: now.instant) { log(.notice, why) }
        self.formation = formation
    }

    /// Whether somebody who knows a cluster has called this blank node, or answered it.
    ///
    /// One node that knows a cluster ends formation: this node was in it, or somebody looks for that
    /// cluster here.
    var knowsOfCluster: Bool {
        !callers.isEmpty || links.values.contains { $0.cluster != nil }
            || routes.all.contains { $0.hello.cluster != nil }
    }

    /// Creates the cluster if all have answered in this round.
    ///
    /// The first entry names the cluster and its members. Until it is durable here nobody is told
    /// of it, so a crash before leaves all nodes blank.
    mutating func createIfAllAnswered() {
        guard creation == nil, !knowsOfCluster, let formation,
            formation.mayCreate(at: now.instant),
            let membership = formation.members(own: ownHello())
        else { return }
        let cluster = newClusterID()
        var entry = LogEntry(
            position: LogPosition(index: LogIndex(1), term: Term(1)),
            // One clock alone is nobody's to trust: the time begins with the first leader's entry.
            time: membership.incoming.count > 1 ? Timestamp(milliseconds: 0) : now.wall,
            payload: .members(membership, cluster: cluster)
        )
        if configuration.limits != .standard { entry.limits = configuration.limits }
        let token = PersistToken(.max)
        creation = Creation(
            cluster: cluster,
            membership: membership,
            entry: entry,
            token: token
        )
        log(.notice, "creating cluster \(cluster) of \(membership.incoming.count) nodes")
        effects.append(
            .persist(
                [.vote(Vote(term: Term(1))), .entry(entry.position, line: entry.line)],
                token
            )
        )
    }

    /// 16 hex digits of the start's randomness and the incarnation's.
    private func newClusterID() -> String {
        let text = "\(identity) \(configuration.seed) \(now.wall.milliseconds)"
        return String(SHA256.hexDigest(Array(text.utf8)).prefix(16))
    }

    /// The first entry is durable: from here on it is ordinary Raft.
    mutating func created(_ creation: Creation) {
        self.creation = nil
        formation = nil
        cluster = creation.cluster
        streams.joined(creation.cluster)
        var log = LogTerms()
        log.append(term: Term(1))
        core = Consensus(
            Consensus.Restored(
                identity: identity,
                vote: Vote(term: Term(1)),
                log: log,
                membership: creation.membership,
                membershipIndex: LogIndex(1)
            ),
            configuration: configuration.consensus,
            policy: configuration.policy,
            seed: configuration.seed,
            now: now.instant
        )
        cache = EntryCache(after: .zero, maximumBytes: configuration.cacheBytes)
        cache.append(creation.entry.line)
        lastTime = creation.entry.time
        effects.append(.adopt(cluster: creation.cluster))
        reconnect()
    }

    /// Makes another node's cluster this one's own, durably, before it is told welcome.
    mutating func adopt(_ cluster: String, _ hello: Hello, on link: LinkID) {
        if adoption == nil {
            adoption = Adoption(cluster: cluster, waiting: [(link, hello)])
            log(.notice, "joining cluster \(cluster), called by \(hello.from)")
            effects.append(.adopt(cluster: cluster))
        } else {
            adoption?.waiting.append((link, hello))
        }
    }

    mutating func adopted() {
        guard let adoption else { return }
        self.adoption = nil
        formation = nil
        cluster = adoption.cluster
        streams.joined(adoption.cluster)
        for (link, hello) in adoption.waiting { accept(hello, on: link) }
        reconnect()
    }

    /// The hello of this node has changed: shake hands anew.
    private mutating func reconnect() {
        routes.removeAll()
        dialled.removeAll()
        effects.append(.redial)
        dialPeers()
    }
}
