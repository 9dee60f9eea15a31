package import Storage

/// What a node orders: the shell and the simulator carry it out and decide nothing.
package enum NodeEffect: Sendable {
    /// Write these records in this order and sync; then report the token.
    case persist([JournalRecord], PersistToken)
    /// Have the next batch say that all up to this entry is committed; an idle journal writes one.
    case note(commit: LogIndex)
    /// Make the cluster's id durable in the journal's head; then report `adopted`.
    case adopt(cluster: String)
    /// Read entries back, after one index and through another, at least one; then report
    /// `loaded`, in the order asked.
    case load(after: LogIndex, through: LogIndex, maximumBytes: Int)
    /// Read entries back that are kept behind a damage, at least one; then report `keptLoaded`.
    case loadKept(KeptEntries, after: LogIndex, maximumBytes: Int)
    /// Write a snapshot, on a thread that may take its time; then report `snapshotted` or
    /// `snapshotFailed`. There is one at a time. The closure holds a copy of the state: release it
    /// there.
    case snapshot(SnapshotHead, @Sendable (inout SnapshotWriter) throws(SnapshotError) -> Void)
    /// Remove files of the journal that hold nothing behind an entry; then report `compacted`.
    case compact(through: LogIndex)
    /// Keep these snapshots, and from here on no others that an earlier order named.
    case pinSnapshots([LogPosition])
    /// Do this on the thread that writes snapshots, after what was ordered there before.
    case transfer(SnapshotOrder)
    /// Begin the log anew behind a snapshot, after all that was to be persisted; then report
    /// `logReset`.
    case resetLog(to: LogPosition, membership: LogIndex)
    /// Send a line, and verbatim lines after it, over the connection to an address; dropped if
    /// there is none.
    case send(address: String, line: [UInt8], entries: [[UInt8]])
    /// Send a line, and verbatim lines after it, over a connection of its own to an address that
    /// is dialled, so that they hold nothing else up; made when it is needed.
    case sendBulk(address: String, line: [UInt8], entries: [[UInt8]])
    /// Keep a connection to these addresses, with this hello to each; end others.
    case dial([Dial])
    /// End all dialled connections and dial again: what the hello says has changed.
    case redial
    /// Take the connection: say welcome.
    case welcome(LinkID, Hello)
    /// Take messages of any size over the connection, or again only small ones: who says to speak
    /// there is named by the log or leads, or not.
    case trust(LinkID, Bool)
    /// Refuse the connection: say why, and end it.
    case refuse(LinkID, LinkRefusal)
    /// Answer a request or a query.
    case reply(Ticket, Reply)
    /// Run this on the worker thread; then report `computed`.
    case compute(Ticket, @Sendable () -> Computed)
    /// Do not begin what was to be computed for this ticket: nobody waits for it any more.
    case uncompute(Ticket)
    /// Write events to a stream.
    case stream(Ticket, [StreamItem])
    /// End a stream.
    case endStream(Ticket, Refusal?)
    /// The node cannot go on: stop it, and say why.
    case halt(String)
    /// What is committed here is contradicted: stop the node with a code of its own, and say why.
    case contradicted(String)
    /// Something an operator may want to know.
    case log(LogLevel, String)
}

/// The answer to a request or a query.
package enum Reply: Hashable, Sendable {
    /// A request took effect: the entry's index, the output, the caller's secret.
    case output(LogIndex, [UInt8], secret: [UInt8]?, isRepeated: Bool)
    /// A query's answer, and the applied index that it was taken at.
    case answer(LogIndex, [UInt8])
    /// The state is as new as a query that its client keeps asked for.
    case ready(isConfirmed: Bool)
    /// What became of an operator's order.
    case ordered(OrderOutcome)
    /// The state machine rejected the request.
    case refused(Refusal)
    /// It was not carried out, or nobody knows.
    case failed(RequestFailure, key: String?)
    /// The body is not a request.
    case malformed(LineError)

    /// How long what it holds is.
    var bytes: Int {
        switch self {
        case .output(_, let output, _, _): output.count
        case .answer(_, let answer): answer.count
        case .ready, .ordered, .refused, .failed, .malformed: 0
        }
    }
}

/// What goes into a stream.
package enum StreamItem: Hashable, Sendable {
    /// An event with its id.
    case event(EventID, RenderedEvent)
    /// Only moves the id of a quiet stream.
    case mark(EventID)
    /// The id asked for is out of the window: query at the index, and go on from the id.
    case reset(EventID)

    /// Its id.
    package var id: EventID {
        switch self {
        case .event(let id, _), .mark(let id), .reset(let id): id
        }
    }

    /// The same under another id.
    func with(id: EventID) -> StreamItem {
        switch self {
        case .event(_, let event): .event(id, event)
        case .mark: .mark(id)
        case .reset: .reset(id)
        }
    }
}
