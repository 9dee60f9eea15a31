package import Storage

/// The replicated state as a node sees it: whose machine it is stays behind these calls.
///
/// Requests, queries, operations and outputs pass as JSON. One conformer, ``ReplicatedState``, is
/// generic over the machine; all above and below it is compiled without it.
package protocol HostedState: Sendable {
    /// The last applied entry.
    var applied: LogPosition { get }
    /// The time of the last applied entry.
    var time: Timestamp { get }
    /// Who belonged to the cluster by the last applied entry, and since which.
    var membership: MembershipEntry { get }
    /// Who belonged to it before.
    var formerMembers: MemberHistory { get }
    /// How the newest terms up to the last applied entry began.
    var origins: TermOrigins { get }
    /// What led to this state, in short; nil until it is known.
    var digest: StateDigest? { get }
    /// The newest entry whose keys may have been forgotten.
    var keyFloor: LogIndex { get }
    /// How much it remembers.
    var limits: StateLimits { get }

    /// The state before the first entry.
    init(limits: StateLimits)

    /// Reads a state to the end of a snapshot of which nothing was read yet.
    ///
    /// - Throws: ``SnapshotError`` for lines that are not those of one state, in their order.
    init(from snapshot: inout SnapshotReader) throws(SnapshotError)

    /// What a snapshot of this state says of itself.
    func head(cluster: String) -> SnapshotHead

    /// Writes the state; nothing of it is gathered in memory.
    ///
    /// - Throws: ``SnapshotError`` if the file cannot be written.
    func write(to snapshot: inout SnapshotWriter) throws(SnapshotError)

    /// Applies the next entry; `seal` is the checksum of its line.
    ///
    /// - Throws: ``LineError`` if the operation is not one that this version knows.
    mutating func apply(_ entry: LogEntry, seal: UInt64) throws(LineError) -> AppliedEntry

    /// What a request was answered, if it took effect.
    func record(of request: RequestIdentity) -> ExactlyOnce.Record?

    /// Turns a request into an operation.
    ///
    /// - Throws: ``LineError`` if the body is no request.
    func admit(
        _ body: [UInt8],
        from caller: Caller,
        entropy: Entropy,
        now: Timestamp
    ) throws(LineError) -> HostedAdmission

    /// Who a request claims to come from, even if it would be refused now.
    func claimant(of body: [UInt8], from caller: Caller) -> String?

    /// The rule that a proposal's operation breaks, or nil.
    func fault(of proposal: Proposal) -> String?

    /// The refusal that an output of this version stands for.
    func refusal(in output: [UInt8]) -> Refusal?

    /// Answers a query.
    ///
    /// - Throws: ``LineError`` if the body is no query.
    func answer(
        _ body: [UInt8],
        from caller: Caller,
        now: Timestamp
    ) throws(LineError) -> Result<[UInt8], Refusal>

    /// The scope whose events a caller may stream.
    ///
    /// - Throws: ``Refusal`` if the caller has no session.
    func audience(of caller: Caller) throws(Refusal) -> String

    /// How many events are kept.
    var eventCount: Int { get }
    /// Whether every event after `id` is still here.
    func holdsAllEvents(after id: EventID) -> Bool
    /// The offset of the first event after `id`.
    func eventOffset(after id: EventID) -> Int
    /// The place of the event at an offset.
    func eventID(at offset: Int) -> EventID
    /// The audiences that the event at an offset is for.
    func recipients(at offset: Int) -> [String]
    /// What an audience sees of the event at an offset; nil if it is not for them.
    func render(at offset: Int, for audience: String) -> RenderedEvent?
}

/// What an entry gave, for whoever waits for it.
package enum AppliedEntry: Hashable, Sendable {
    /// It took effect at `index`, now or before.
    case output(LogIndex, [UInt8], isRepeated: Bool)
    /// Its key had been used for another request, so it had no effect.
    case keyReused
    /// Nothing to answer: a membership or a no-op.
    case none
}

/// What became of a request that was to be admitted.
package struct HostedAdmission: Sendable {
    /// An operation that is ready to be logged.
    package struct Admitted: Sendable {
        /// On whose behalf.
        package var by: String
        /// The operation, canonical JSON.
        package var operation: [UInt8]
        /// JSON for the caller of this very request, or nil.
        package var secret: [UInt8]?
    }

    /// How it goes on.
    package enum Outcome: Sendable {
        /// It can be logged at once.
        case propose(Admitted)
        /// Something slow comes first.
        case compute(@Sendable () throws(Refusal) -> Admitted)
        /// The machine refuses it.
        case refused(Refusal)
    }

    /// SHA-256 of the request without its secrets, 64 hex digits.
    package var digest: String
    /// How it goes on.
    package var outcome: Outcome
}
