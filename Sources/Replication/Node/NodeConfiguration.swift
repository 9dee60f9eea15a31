/// What a node is told when it starts.
package struct NodeConfiguration: Sendable {
    /// Where other nodes reach this one, `host:port`.
    package var peerAddress: String
    /// Where clients reach this one, `host:port`.
    package var clientAddress: String
    /// `--join` and `--bootstrap-expect`.
    package var plan: FormationPlan
    /// Whether a node that joins stays without a vote.
    package var joinsAsLearner = false
    /// How often a node that wants to join asks.
    package var joinInterval = Duration.seconds(1)
    /// How long a member must be silent before another incarnation of its id takes its place.
    package var replacementSilence = Duration.seconds(10)
    /// Limits and timings of the core.
    package var consensus = Consensus.Configuration()
    /// Who should lead.
    package var policy: any ElectionPolicy = RandomizedElection()
    /// How long a request waits for its answer.
    package var requestTimeout = Duration.seconds(5)
    /// How often the creator asks whether all are blank.
    package var formationInterval = Duration.milliseconds(200)
    /// For how long a blank node that is to form a cluster alone waits for a member that knows it.
    ///
    /// Longer than a member pauses between two calls, which is at the most a handshake that fails
    /// and a pause: 2.5 s.
    package var formationPatience = Duration.seconds(3)
    /// How often a leader compares the states of all nodes.
    package var digestInterval = Duration.milliseconds(500)
    /// How often a quiet stream is told where it is.
    package var markInterval = Duration.seconds(15)
    /// The largest line of an entry.
    package var maximumEntryBytes = 128 * 1_024
    /// How many bytes of the newest lines are kept in memory.
    package var cacheBytes = 64 * 1_024 * 1_024
    /// How much the state of a cluster remembers that this node creates; others take what theirs says.
    package var limits = StateLimits()
    /// How often a snapshot is written, and what stays of the log behind it.
    package var snapshots = SnapshotLimits()
    /// Requests without an answer beyond which new ones are refused as overloaded.
    package var maximumPending = 65_536
    /// How much a turn does of what may wait.
    package var turn = TurnLimits()
    /// Bytes of those requests, beyond which new ones are refused as overloaded.
    package var maximumPendingBytes = 64 << 20
    /// Bytes of queries that wait for a state that is new enough, beyond which further ones are
    /// refused as overloaded; their number is bounded by ``maximumPending``.
    package var maximumQueryBytes = 16 << 20
    /// Bytes that a new leader holds of what others forward before its first entry is applied; what
    /// comes then is answered as overloaded.
    package var maximumHeldBytes = 16 << 20
    /// Bytes of forwarded requests that have no answer from the leader, beyond which further ones wait
    /// here: a whole window that is sent again must fit what a connection may have waiting.
    package var forwardWindowBytes = 8 << 20
    /// Randomness for timeouts, keys and the cluster's id; fresh at each start.
    package var seed: UInt64

    /// Creates a configuration.
    package init(
        peerAddress: String,
        clientAddress: String,
        plan: FormationPlan,
        seed: UInt64
    ) {
        self.peerAddress = peerAddress
        self.clientAddress = clientAddress
        self.plan = plan
        self.seed = seed
    }
}
