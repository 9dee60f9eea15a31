package import Storage

/// Names a request, query or stream of this node's clients; given by the shell, never reused.
package struct Ticket: Hashable, Comparable, Sendable {
    /// The number.
    package var value: UInt64
    /// Creates a ticket.
    package init(_ value: UInt64) { self.value = value }
    /// Orders by number.
    package static func < (left: Ticket, right: Ticket) -> Bool { left.value < right.value }
}

/// A request as it came from a client.
package struct ClientRequest: Sendable {
    /// Under which it is answered.
    package var ticket: Ticket
    /// Requests of one lane take effect in the order given; a connection is a lane.
    package var lane: UInt64
    /// The request, JSON.
    package var body: [UInt8]
    /// Who calls.
    package var caller: Caller
    /// `Idempotency-Key`, 1 to 128 printable ASCII bytes; nil lets the node make one.
    package var key: String?
    /// `Idempotency-Since`.
    package var since: LogIndex?
    /// Fresh randomness for this request.
    package var entropy: Entropy

    /// Creates a request.
    package init(
        ticket: Ticket,
        lane: UInt64,
        body: [UInt8],
        caller: Caller,
        key: String? = nil,
        since: LogIndex? = nil,
        entropy: Entropy
    ) {
        self.ticket = ticket
        self.lane = lane
        self.body = body
        self.caller = caller
        self.key = key
        self.since = since
        self.entropy = entropy
    }
}

/// What a slow computation gave: an operation to propose, or a refusal.
package enum Computed: Sendable {
    /// To be proposed.
    case admitted(HostedAdmission.Admitted)
    /// Refused.
    case refused(Refusal)
    /// Too much waits to be computed: nothing was done.
    case overloaded

    /// Computes it; slow.
    init(_ body: () throws(Refusal) -> HostedAdmission.Admitted) {
        do throws(Refusal) { self = .admitted(try body()) } catch { self = .refused(error) }
    }
}

/// Everything that can happen to a node.
package enum NodeInput: Sendable {
    /// A deadline came; at the latest at ``Node/nextDeadline``.
    case timer
    /// All inputs of this turn were given: what has gathered is proposed together.
    case turnEnded
    /// A client's request.
    case request(ClientRequest)
    /// A client's query.
    case query(Ticket, body: [UInt8], caller: Caller, Consistency)
    /// A client has a query and keeps it: reply `ready` once the state is as new as it asks.
    case prepareQuery(Ticket, Consistency)
    /// Answer a query that its client kept, now that there is room for the answer.
    ///
    /// `isConfirmed` says that the state was found as new as the query: a refusal is then final.
    /// Without it, `ready` may be the reply once more.
    case keptQuery(Ticket, body: [UInt8], caller: Caller, isConfirmed: Bool)
    /// The reader of a stream takes no more for now: nothing is written to it until `resumeStream`.
    case pauseStream(Ticket)
    /// There is room for more of a stream.
    case resumeStream(Ticket)
    /// A client wants events after an id, or from now on.
    case openStream(Ticket, caller: Caller, after: EventID?)
    /// An operator's order; only the leader carries it out.
    case order(Ticket, ClusterOrder)
    /// A client no longer waits.
    case abandon(Ticket)
    /// A slow computation is done.
    case computed(Ticket, Computed)
    /// Everything handed to the journal up to this token is durable.
    case persisted(PersistToken)
    /// The cluster's id is durable.
    case adopted
    /// The lines that the oldest unanswered `load` asked for; empty if they are no longer there.
    case loaded([[UInt8]])
    /// The lines that `loadKept` asked for; empty if the first of them is not good any more.
    case keptLoaded([[UInt8]])
    /// Another node dialled this one and said hello.
    case hello(LinkID, Hello)
    /// A connection that this node dialled is ready: the other side said welcome.
    case linked(address: String, Hello)
    /// A connection that this node dialled ended, or was refused.
    case unlinked(address: String)
    /// A connection from another node ended.
    case linkEnded(LinkID)
    /// A message over a connection from another node, with the lines that follow an append.
    case message(LinkID, PeerMessage, lines: [[UInt8]])
    /// The snapshot that was ordered is durable.
    case snapshotted(LogPosition, bytes: Int)
    /// The snapshot that was ordered could not be written, and why.
    case snapshotFailed(String)
    /// A piece of a snapshot was read for a member.
    case snapshotRead(SnapshotRead, for: NodeIdentity)
    /// How much of a snapshot from the leader is here, or why its piece could not be written.
    case snapshotReceived(LogPosition, Result<Int, SnapshotError>)
    /// A snapshot from the leader has its name, and this is its state; or why it is of no use.
    case snapshotChecked(LogPosition, Result<any HostedState, SnapshotError>)
    /// The log begins behind a snapshot.
    case logReset(to: LogPosition)
    /// The log was compacted: where it begins now.
    case compacted(before: LogPosition)
    /// Of the lines that the oldest unanswered `load` asked for this one can't be read.
    ///
    /// The journal's next compaction through it lets the log begin behind it.
    case unloadable(through: LogIndex)
    /// A closed file of the journal, or a snapshot, was found damaged; it holds nothing behind an
    /// entry.
    case damaged(through: LogIndex)
    /// The journal found no space, or space again.
    case disk(JournalSpace)
    /// The node is about to stop: new requests are refused.
    case stop
}
