import Storage

/// One node of a cluster as a value: inputs in, effects out, no I/O, clock or thread.
///
/// It owns the consensus core, the replicated state, the requests and reads that wait, and the
/// streams. The replica and the simulator are two interpreters of the same effects, so what is
/// shown in the simulator is what runs.
package struct Node: Sendable {
    /// Who this node is, and where it is reached.
    let identity: NodeIdentity
    let configuration: NodeConfiguration
    /// The cluster's id, or nil while the node is blank.
    package internal(set) var cluster: String?

    var core: Consensus
    var state: any HostedState
    /// How far the log may be applied.
    var commitIndex = LogIndex.zero
    var cache: EntryCache
    /// Committed lines that were read back from the journal, to be applied.
    var readBack = ReadBack()
    var snapshots: SnapshotSchedule
    /// The snapshots that are sent to others, and of them those that must not be removed.
    var sent = SnapshotsSent()
    var pinned: [LogPosition] = []
    /// The snapshot that comes from the leader.
    var arrival: SnapshotArrival?
    /// Not nil while the state is one that a majority contradicts.
    var divergence: Divergence?
    var digests = DigestWatch()
    var catchUp = CatchUp()
    /// How the terms of the log began.
    var origins: TermOrigins
    /// Not nil once a leader has contradicted what is committed here: this node is about to stop.
    var contradiction: FoundContradiction?
    /// What other members have said that they found, until they are members no more.
    var alarms: [NodeIdentity: Contradiction] = [:]
    /// What the members are known to have acknowledged.
    var acknowledgements = Acknowledgements()
    /// Not nil while entries are missing that a damaged disk lost.
    var repair: Repair?
    /// How many compactions are under way.
    var compactions = 0
    /// The time of the newest line of the log.
    var lastTime: Timestamp
    var clock: ClusterClock

    /// What goes into the journal with the next token.
    var records: [JournalRecord] = []
    /// The newest token that is durable.
    var durable = PersistToken.zero
    /// What the journal knows to be committed.
    var commitNotes: CommitNotes
    /// Messages that wait for a token.
    var gated: [(token: PersistToken, message: Message, to: NodeIdentity)] = []
    /// What the unanswered loads are for, oldest first.
    var loads: [LoadPurpose] = []

    var formation: Formation?
    var creation: Creation?
    var adoption: Adoption?
    var nextFormationRound: Instant

    /// Connections from other nodes, and who speaks there.
    var links: [LinkID: Hello] = [:]
    /// Connections from other nodes over which nothing came yet but the hello.
    var freshLinks: Set<LinkID> = []
    /// Connections from other nodes that may take more memory than one of a stranger.
    var trusted: Set<LinkID> = []
    /// Who answers over the connections to other nodes.
    var routes = PeerRoutes()
    var dialled: [Dial] = []
    /// Where those are, by id, who called an incarnation of this node that is gone: they know the
    /// cluster, and may be elsewhere than the list says that this node was started with.
    var callers: [String: String] = [:]
    /// Which addresses of other nodes that are no members may be dialled.
    var callBacks = CallBacks()
    /// What others can have written to the log again and again.
    var repeated = RepeatedLines()

    /// When each other member was last heard, and since when this node leads.
    var heard: [NodeIdentity: Instant] = [:]
    var leadsSince: Instant
    var joining: JoinAttempts
    /// The entry that removed this node from the cluster, if one did.
    var removal: LogIndex?
    /// For whom the core is asked for a change, while it is stepped.
    var asking: ChangeOrigin?
    /// The change that an order waits for; there is one at a time.
    var awaited: AwaitedChange?

    var pending = PendingRequests()
    var inFlight = ProposalsInFlight()
    var intake: Intake
    var lanes: [UInt64: Lane] = [:]
    var laneOf: [Ticket: UInt64] = [:]
    var admitting: [Ticket: Admitting] = [:]
    /// Added to a ticket on its way to the leader: tickets begin anew with each process, and an
    /// answer to what an earlier one forwarded must not answer a request of this one.
    let forwardOffset: UInt64
    var reads: ReadWaiters
    var queries: [Ticket: PendingQuery] = [:]
    /// Reads that the core was asked for, by this node or by others.
    var readTickets: [ReadTicket: ReadOrigin] = [:]
    var readNumber: UInt64 = 0
    var streams: Streams
    /// Streams that were refused by a state that may be behind.
    var openings: [Ticket: StreamOpening] = [:]
    var isStopping = false
    /// Until when a leader that stops waits for the next one.
    var handOverDeadline: Instant?
    /// Who waits for orders to hand the lead over to end; nobody waits for this node's own.
    var transferOrders: [Ticket?] = []
    /// To whom the lead is being handed over.
    var successor: NodeIdentity?
    /// Why the journal has no space, while it has none.
    var shortage: FileError?
    var keys: UInt64 = 0
    /// Since when no leader is known, and when the commit index last rose; for explanations.
    var leaderlessSince: Instant?
    var committedAt: Instant
    /// The first entry of this leader's term.
    var lastLeaderIndex: LogIndex?
    var didProposeHeld = false

    /// The entries of the append that is stepped, checked.
    var received: [(head: LogEntry.Head, line: [UInt8])] = []
    var effects: [NodeEffect] = []
    /// What waits for its turn, and what is left of this one.
    var inbox = NodeInbox()
    var budget: TurnBudget
    var now: Moment

    /// Creates a node from what its disk holds.
    ///
    /// - Parameters:
    ///   - restored: What its journal holds.
    ///   - state: The state that the log goes on from: a snapshot's, or the one before the first entry.
    ///   - configuration: What it is told.
    ///   - now: The time.
    package init(
        restored: RestoredNode,
        state: any HostedState,
        configuration: NodeConfiguration,
        now: Moment
    ) {
        identity = restored.identity
        self.configuration = configuration
        cluster = restored.cluster
        streams = Streams(of: restored.cluster)
        var restoredCore = Consensus.Restored(
            identity: restored.identity,
            vote: restored.vote,
            log: restored.log,
            memberships: restored.memberships,
            commitIndex: max(state.applied.index, restored.commit),
            lost: restored.lost
        )
        restoredCore.mayHaveAsked = restored.mayHaveAsked
        core = Consensus(
            restoredCore,
            configuration: configuration.consensus,
            policy: configuration.policy,
            seed: configuration.seed,
            now: now.instant
        )
        self.state = state
        var origins = restored.isOriginUnknown ? TermOrigins() : state.origins
        for origin in restored.origins.all { origins.note(origin) }
        self.origins = origins
        commitIndex = core.commitIndex
        commitNotes = CommitNotes(told: core.commitIndex)
        snapshots = SnapshotSchedule(limits: configuration.snapshots, newest: state.applied)
        cache = EntryCache(
            after: restored.log.last.index,
            maximumBytes: configuration.cacheBytes
        )
        intake = Intake(configuration)
        repair = restored.lost.map {
            Repair(
                lost: $0,
                kept: restored.kept,
                begin: now.instant + configuration.consensus.electionTimeout
            )
        }
        lastTime = max(restored.lastTime, state.time)
        clock = ClusterClock(patience: configuration.consensus.electionTimeout)
        var generator = SeededGenerator(seed: configuration.seed)
        forwardOffset = generator.next()
        reads = ReadWaiters(after: generator.next())
        formation =
            restored.cluster == nil
            ? Formation(
                plan: configuration.plan,
                ownAddress: configuration.peerAddress,
                at: now.instant,
                patience: configuration.formationPatience
            ) : nil
        nextFormationRound = now.instant
        leadsSince = now.instant
        joining = JoinAttempts(next: now.instant + configuration.joinInterval)
        removal = state.formerMembers.retirement(of: restored.identity)?.index
        leaderlessSince = now.instant
        committedAt = now.instant
        budget = TurnBudget(configuration.turn)
        self.now = now
    }

    /// Takes one input and says what is to be done; ``turn(_:now:)`` takes all that has arrived.
    package mutating func step(_ input: NodeInput, now: Moment) -> [NodeEffect] {
        self.now = now
        budget = TurnBudget(configuration.turn)
        handle(input)
        return takeEffects()
    }

    mutating func takeEffects() -> [NodeEffect] {
        goOnWithRepair()
        defer { effects = [] }
        return effects
    }

    mutating func handle(_ input: NodeInput) {
        guard contradiction == nil else { return handleContradicted(input) }
        switch input {
        case .timer: timer()
        case .turnEnded: endTurn()
        case .request(let request): take(request)
        case .query(let ticket, let body, let caller, let consistency):
            take(PendingQuery(body: body, caller: caller), ticket, consistency)
        case .prepareQuery(let ticket, let consistency):
            take(PendingQuery(), ticket, consistency)
        case .keptQuery(let ticket, let body, let caller, let isConfirmed):
            answerKept(body, ticket, caller, isConfirmed: isConfirmed)
        case .pauseStream(let ticket): streams.pause(ticket)
        case .resumeStream(let ticket): streams.resume(ticket)
        case .openStream(let ticket, let caller, let after):
            openStream(ticket, StreamOpening(caller: caller, after: after))
        case .order(let ticket, let order): take(order, ticket)
        case .abandon(let ticket): abandon(ticket)
        case .computed(let ticket, let computed): take(computed, for: ticket)
        case .persisted(let token): persisted(token)
        case .adopted: adopted()
        case .loaded(let lines): loaded(lines)
        case .keptLoaded(let lines): keptLoaded(lines)
        case .hello(let link, let hello): take(hello, on: link)
        case .linked(let address, let hello): linkReady(address, hello)
        case .unlinked(let address): unlinked(address)
        case .linkEnded(let link): linkEnded(link)
        case .message(let link, let message, let lines):
            if let hello = links[link] {
                firstMessage(on: link, from: hello)
                take(message, lines, from: hello)
            }
        case .snapshotted(let position, let bytes): snapshotted(position, bytes: bytes)
        case .snapshotFailed(let reason): snapshotFailed(reason)
        case .snapshotRead(let read, let peer): take(read, for: peer)
        case .snapshotReceived(let position, let result): received(position, result)
        case .snapshotChecked(let position, let result): checked(position, result)
        case .logReset(let position): reset(to: position)
        case .compacted(let position): compacted(before: position)
        case .unloadable(let index): unloadable(through: index)
        case .damaged(let index): damaged(through: index)
        case .disk(let space): take(space)
        case .stop: stop()
        }
    }

    /// When the node must take its next turn at the latest.
    package var nextDeadline: Instant {
        if contradiction == nil, hasBacklog { return now.instant }
        var deadline = timerDeadline
        // Paced, so that a reader has a chance to take what a turn writes.
        if streams.hasTurns { deadline = min(deadline, now.instant + .milliseconds(2)) }
        return deadline
    }

    /// Whether something is due at the time of this turn.
    var isTimerDue: Bool { !hasConsensus || timerDeadline <= now.instant }

    /// When something is due.
    private var timerDeadline: Instant {
        if let contradiction { return contradiction.stopsAt }
        var deadline = hasConsensus ? core.nextDeadline : now.instant + .seconds(1)
        if let formation, formation.isAsking, creation == nil, adoption == nil {
            deadline = min(deadline, nextFormationRound)
        }
        if let handOverDeadline, isHandingOver { deadline = min(deadline, handOverDeadline) }
        if seeksAdmission { deadline = min(deadline, joining.next) }
        if let oldest = pending.nextDeadline { deadline = min(deadline, oldest) }
        if let next = repair?.nextDeadline, mayFill { deadline = min(deadline, next) }
        if let next = sent.nextDeadline { deadline = min(deadline, next) }
        if let oldest = reads.nextDeadline { deadline = min(deadline, oldest) }
        if let due = commitNotes.deadline { deadline = min(deadline, due) }
        if !streams.isEmpty { deadline = min(deadline, streams.nextMark) }
        return deadline
    }

    /// Whether time matters to the core: a node that was removed must not campaign.
    private var hasConsensus: Bool { cluster != nil && removal == nil }

    private mutating func timer() {
        if cluster == nil {
            if nextFormationRound <= now.instant { form() }
        } else if hasConsensus, core.nextDeadline <= now.instant {
            stepCore(.timer)
        }
        askToJoin()
        expireRequests()
        routeMore()
        expireReads()
        markStreams()
        repeatPieces()
        snapshotIfDue()
    }

    /// Gives the core an input, and carries out what it says.
    mutating func stepCore(_ input: Input) {
        perform(core.step(input, now: now.instant))
    }

    mutating func log(_ level: LogLevel, _ message: String) {
        effects.append(.log(level, message))
    }

    /// Logs what another node can bring about as often as it likes: one line a minute of each kind.
    mutating func log(_ level: LogLevel, _ message: String, kind: StaticString) {
        guard let line = repeated.line(message, kind: kind, at: now.instant) else { return }
        log(level, line)
    }
}
