public import Storage

/// Who should lead, and who waits for whom: a wish, never a promise.
///
/// Leaders win votes by term and log, whatever a policy says. The core clamps each delay and spaces
/// out hand-overs, so that no policy elects two leaders or stops elections for ever. It is asked on
/// the node's loop: answer at once, from what is given.
public protocol ElectionPolicy: Sendable {
    /// How long this node waits beyond its election timeout before it asks for votes.
    ///
    /// - Parameter view: What this node knows.
    /// - Returns: A delay that the core clamps to zero and one election timeout.
    func campaignDelay(_ view: ElectionView) -> Duration

    /// For how long after its leader was lost this node leaves a candidate's first question, would
    /// you vote for me, unanswered.
    ///
    /// - Parameters:
    ///   - candidate: Who asks.
    ///   - view: What this node knows.
    /// - Returns: A delay that the core clamps to zero and one election timeout; afterwards it
    ///   answers as Raft says.
    func voteDelay(for candidate: NodeIdentity, _ view: ElectionView) -> Duration

    /// Who should lead in the place of this leader, if anybody should.
    ///
    /// The core hands over once that voter has been live and close to the end of the log for a
    /// while, and less and less often if the lead comes back.
    ///
    /// - Parameter view: What this leader knows.
    /// - Returns: Another voter; anybody else, and nil, leaves the lead where it is.
    func preferredLeader(_ view: ElectionView) -> NodeIdentity?
}

extension ElectionPolicy {
    /// No delay.
    public func campaignDelay(_ view: ElectionView) -> Duration { .zero }
    /// No delay.
    public func voteDelay(for candidate: NodeIdentity, _ view: ElectionView) -> Duration { .zero }
    /// Nobody.
    public func preferredLeader(_ view: ElectionView) -> NodeIdentity? { nil }
}

/// What an election policy sees.
public struct ElectionView: Hashable, Sendable {
    /// This node.
    public var own: NodeIdentity
    /// The voters, sorted.
    public var voters: [NodeIdentity]
    /// The voters that this leader has heard lately, itself among them, sorted; on others than
    /// the leader all voters.
    public var live: [NodeIdentity]
    /// The leader that was lost last, until another one is followed.
    public var lost: NodeIdentity?
    /// The election timeout.
    public var electionTimeout: Duration

    /// Creates a view.
    public init(
        own: NodeIdentity,
        voters: [NodeIdentity],
        live: [NodeIdentity],
        lost: NodeIdentity? = nil,
        electionTimeout: Duration
    ) {
        self.own = own
        self.voters = voters
        self.live = live
        self.lost = lost
        self.electionTimeout = electionTimeout
    }
}
