public import Storage

/// What a replica is told when it starts.
public struct ReplicaConfiguration: Sendable {
    /// The node's id, such as `n1`; an id names one node for ever.
    public var id: String
    /// Where the journal lives; made with mode 0700 if it is not there.
    public var dataDirectory: String
    /// Where clients are listened for, `host:port`; port 0 lets the system choose.
    public var clientAddress: String
    /// Names, without ports, that clients may call the node by if ``clientAddress`` is one of this
    /// machine alone, such as that of a proxy before it; addresses, `localhost` and the host of
    /// ``clientAddress`` need none.
    ///
    /// A request with another `Host` is refused there: a web page may have pointed its own name to
    /// this machine.
    public var hostNames: [String] = []
    /// Where other nodes are listened for, `host:port`.
    public var peerAddress: String
    /// How clients reach this node, `host:port`, if not by ``clientAddress``; its port 0 is the one
    /// that is listened on.
    ///
    /// Needed where that is all addresses of the machine (`0.0.0.0`, `[::]`): nobody can call those.
    public var advertisedClientAddress: String?
    /// How other nodes reach this one, if not by ``peerAddress``; see ``advertisedClientAddress``.
    ///
    /// The join list and the log name the node by it.
    public var advertisedPeerAddress: String?
    /// The peer addresses of all nodes of a new cluster, this one's among them; without
    /// ``bootstrapExpect`` those of some nodes of a cluster that runs, which this one joins.
    ///
    /// A node that is a member finds the others by the log, and ignores it.
    public var join: [String] = []
    /// How many nodes form a new cluster, or nil for a node that joins one.
    ///
    /// A node with data ignores it. One that is to form a cluster alone waits some seconds before, for
    /// a member of a cluster that it was in before it lost its disk.
    public var bootstrapExpect: Int?
    /// Whether a node that joins stays a learner, which receives the log and has no vote; else it
    /// becomes a voter by itself when it has caught up.
    public var joinsAsLearner = false
    /// For tests: how long a member must be silent before a node with its id and address, but
    /// without its disk, takes its place.
    package var replacementSilence = Duration.seconds(10)
    /// For tests: for how long a blank node alone waits for a member that knows it before it forms a
    /// cluster.
    package var formationPatience = Duration.seconds(3)
    /// Who is asked for the addresses of names.
    package var lookUps = NameLookUps(limit: 32)
    /// How long a request waits for its answer; 5 s.
    public var requestTimeout = Duration.seconds(5)
    /// How often a leader is heard when there is nothing to say; 50 ms (Raft §5.2).
    public var heartbeatInterval = Duration.milliseconds(50)
    /// How long a follower waits for its leader before it asks for votes, drawn between this and
    /// twice this; 300 ms.
    ///
    /// Below 150 ms a stalled sync ends a leadership.
    public var electionTimeout = Duration.milliseconds(300)
    /// Who should lead; whoever wins, if not said.
    public var policy: any ElectionPolicy = RandomizedElection()
    /// For tests: for how long the voter that the policy wants to lead must have been fit to.
    package var failbackStableTime: Duration?
    /// Connections of clients beyond which new ones are refused; 10,000, and at the most some three
    /// quarters of the descriptors that the process may have when the replica is opened.
    public var maximumConnections = 10_000
    /// For tests: every so many answers to requests are lost after their commit.
    package var dropAnswersEvery: Int?
    /// How fast, and how often, files that are written no more are read again, to find rot.
    public var scrubbing = ScrubPace()
    /// The sizes of the journal's files.
    public var journal = JournalConfiguration()

    /// When a snapshot is written, and what stays of the log behind it.
    public var snapshots = SnapshotLimits()

    /// Creates a configuration.
    public init(id: String, dataDirectory: String, clientAddress: String, peerAddress: String) {
        self.id = id
        self.dataDirectory = dataDirectory
        self.clientAddress = clientAddress
        self.peerAddress = peerAddress
    }

    /// Checks what can be checked without opening anything.
    ///
    /// - Throws: ``ReplicationError/configuration(_:)``.
    package func validate() throws(ReplicationError) {
        guard NodeIdentity.isValid(id: id) else {
            throw .configuration(
                "the id '\(id)' is not 1 to 32 of letters, digits, '.', '_' and '-'"
            )
        }
        try Self.check("client", listened: clientAddress, advertised: advertisedClientAddress)
        try Self.check("peer", listened: peerAddress, advertised: advertisedPeerAddress)
        for address in join {
            if let fault = Address.fault(of: address) {
                throw .configuration("'\(address)' in the join list \(fault)")
            }
            guard let known = Address(address), known.port != 0, !known.isWildcard else {
                throw .configuration("'\(address)' in the join list can't be called")
            }
        }
        guard heartbeatInterval > .zero, heartbeatInterval < electionTimeout else {
            throw .configuration(
                "the heartbeat interval \(heartbeatInterval) is not shorter than the election timeout"
                    + " \(electionTimeout): every follower would campaign before it hears its leader"
            )
        }
    }

    private static func check(
        _ name: String,
        listened: String,
        advertised: String?
    ) throws(ReplicationError) {
        for (kind, address) in [
            ("\(name) address", listened), ("advertised \(name) address", advertised),
        ] {
            guard let address, let fault = Address.fault(of: address) else { continue }
            throw .configuration("the \(kind) '\(address)' \(fault)")
        }
        guard let called = Address(advertised ?? listened), called.isWildcard else { return }
        throw .configuration(
            "the \(name) address \(called) means all addresses of this machine, and nobody can call"
                + " that: say by which host:port others reach it (--advertise, --peer-advertise)"
        )
    }

    /// How other nodes reach this one, before the system has chosen a port.
    var calledAddress: String { advertisedPeerAddress ?? peerAddress }

    /// Checks what a node without data needs: how its cluster is formed or joined.
    ///
    /// - Throws: ``ReplicationError/configuration(_:)``.
    func validateFormation() throws(ReplicationError) {
        if !join.isEmpty, Address(calledAddress)?.port == 0 {
            throw .configuration(
                "peer port 0 together with a join list: others could not know the port"
            )
        }
        guard let bootstrapExpect else {
            guard join.contains(where: { !Address.isSame($0, calledAddress) }) else {
                throw .configuration(
                    "a new node needs a join list with addresses of the cluster to join, or"
                        + " bootstrap-expect to form a new one: 1 if it is alone, else the number of"
                        + " addresses in the join list"
                )
            }
            return
        }
        if joinsAsLearner {
            throw .configuration("a learner joins a cluster that runs: leave bootstrap-expect out")
        }
        if join.isEmpty {
            guard bootstrapExpect == 1 else {
                throw .configuration(
                    "bootstrap-expect \(bootstrapExpect) needs a join list of as many addresses"
                )
            }
        } else {
            let places = Set(join.map(Address.normal))
            guard places.count == bootstrapExpect, join.count == bootstrapExpect else {
                throw .configuration(
                    "bootstrap-expect is \(bootstrapExpect), but the join list names"
                        + " \(places.count) addresses"
                )
            }
            guard places.contains(Address.normal(calledAddress)) else {
                throw .configuration(
                    "the join list does not name this node's own peer address \(calledAddress)"
                )
            }
        }
    }

    /// Checks that a node with data is where its cluster looks for it.
    ///
    /// - Throws: ``ReplicationError/configuration(_:)``.
    package func validate(with restored: RestoredNode) throws(ReplicationError) {
        guard restored.cluster != nil else { return try validateFormation() }
        // Nobody looks for the only node of a cluster.
        guard restored.membership.all.count > 1,
            let known = restored.membership.member(restored.identity)?.peerAddress,
            !Address.isSame(known, calledAddress)
        else { return }
        throw .configuration(
            "the cluster knows \(restored.identity.id) at \(known), but its peer address is"
                + " \(calledAddress): start it with \(known)"
        )
    }
}
